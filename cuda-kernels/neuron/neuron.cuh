// The neuron models (docs/MATH.md), one struct each: the learned numbers of one neuron, one step forward and one
// step backward, written by hand. sequence.cuh carries such a struct through time; a struct of the same form is
// all that another model needs.
//
//   rate(c, parameter)         what is the same for all neurons: the decay r
//   load(c, parameter, index)  the numbers of the neuron whose parameter has this index
//   charge(c, r, x, v)         H from the current X and the potential V
//   scale(c, h)                F from H, KLIF: max(k H, 0); the neuron fires where F >= threshold
//   reset(c, f, s)             V from F and the spike S
//   backward(c, r, step, g, parameterGradient)
//       from dL/dV[t] in g and dL/dS[t] in step to gH = dL/dH[t], which is returned, and dL/dV[t-1], which is
//       left in g; adds to the gradient of the parameter
//   LEARNS_RATE                rate depends on the parameter
//   NEEDS_INPUT                backward reads step.x and step.before
#pragma once

#include "common/platform.cuh"

// What a launch says of a model; written by NeuronArguments.java.
struct NeuronConstants {
  double alpha;         // the surrogate's steepness
  int surrogate;        // SurrogateKind
  float decayed;        // 1 where the current is multiplied by r, else 0
  float plain;          // 1 - decayed
  float r;              // 1/tau (PLIF: unused)
  float rest;           // resting potential in the charge
  float threshold;
  float hard;           // 1 for a hard reset, 0 for a soft one
  float hardReset;      // potential after a hard reset, else 0
  float softThreshold;  // threshold for a soft reset, else 0
  float attached;       // 1 where the gradient flows through the spike in the reset, else 0
  float scaleReset;     // 1 where the reset is divided by k, else 0
  float floor;          // KLIF: 0 with its ReLU, else -infinity
};

// One step as backward sees it.
struct NeuronStep {
  float x;       // X[t]
  float before;  // V[t-1]
  float h;       // H[t]
  float s;       // S[t]
  float sg;      // g'(F - threshold)
  float gS;      // dL/dS[t]
};

KLIF_DEVICE float leakyCharge(const NeuronConstants& c, float r, float x, float v) {
  const float d = fmaf(c.decayed, x, -(v - c.rest));
  return fmaf(c.plain, x, fmaf(d, r, v));
}

// V from F, S and q = 1/k or 1
KLIF_DEVICE float potentialAfter(const NeuronConstants& c, float q, float f, float s) {
  const float afterSpike = fmaf(-c.softThreshold, q, c.hardReset);
  return fmaf(s, afterSpike, f * q * fmaf(-c.hard, s, 1.0f));
}

// dL/dF, before any rectification
KLIF_DEVICE float gradientOfFired(const NeuronConstants& c, float q, float f, const NeuronStep& step, float g) {
  const float keep = q * fmaf(-c.hard, step.s, 1.0f);
  const float drop = fmaf(-c.softThreshold, q, c.hardReset);
  const float throughSpike = fmaf(-c.hard * q * c.attached, f, drop * c.attached);
  const float total = fmaf(g, throughSpike, step.gS);
  return fmaf(total, step.sg, g * keep);
}

// F = max(k H, floor), k learned. SCALES: the reset is divided by k where the launch says so; else never.
template <bool SCALES>
struct Klif {
  static constexpr bool LEARNS_RATE = false;
  static constexpr bool NEEDS_INPUT = false;
  float k;
  float q;

  KLIF_DEVICE static float rate(const NeuronConstants& c, const float*) { return c.r; }

  KLIF_DEVICE static Klif load(const NeuronConstants& c, const float* parameter, int index) {
    const float k = parameter[index];
    return {k, SCALES && c.scaleReset != 0.0f ? 1.0f / k : 1.0f};
  }

  KLIF_DEVICE float charge(const NeuronConstants& c, float r, float x, float v) const {
    return leakyCharge(c, r, x, v);
  }

  KLIF_DEVICE float scale(const NeuronConstants& c, float h) const {
    return largerOrNaN(h * k, c.floor);
  }

  KLIF_DEVICE float reset(const NeuronConstants& c, float f, float s) const { return potentialAfter(c, q, f, s); }

  KLIF_DEVICE float backward(
      const NeuronConstants& c, float r, const NeuronStep& step, float& g, float& parameterGradient) const {
    const float f = scale(c, step.h);
    float gF = gradientOfFired(c, q, f, step, g);
    gF = f > c.floor ? gF : 0.0f;
    if constexpr (SCALES) {
      const float keep = q * fmaf(-c.hard, step.s, 1.0f);
      const float withoutReset = fmaf(step.s * -c.softThreshold, q, f * keep);
      parameterGradient = fmaf(-c.scaleReset * g * q, withoutReset, parameterGradient);
    }
    parameterGradient = fmaf(gF, step.h, parameterGradient);
    const float gH = k * gF;
    g = gH * (1.0f - r);
    return gH;
  }
};

// F = H
struct Lif {
  static constexpr bool LEARNS_RATE = false;
  static constexpr bool NEEDS_INPUT = false;

  KLIF_DEVICE static float rate(const NeuronConstants& c, const float*) { return c.r; }

  KLIF_DEVICE static Lif load(const NeuronConstants&, const float*, int) { return {}; }

  KLIF_DEVICE float charge(const NeuronConstants& c, float r, float x, float v) const {
    return leakyCharge(c, r, x, v);
  }

  KLIF_DEVICE float scale(const NeuronConstants&, float h) const { return h; }

  KLIF_DEVICE float reset(const NeuronConstants& c, float f, float s) const { return potentialAfter(c, 1.0f, f, s); }

  KLIF_DEVICE float backward(
      const NeuronConstants& c, float r, const NeuronStep& step, float& g, float&) const {
    const float gH = gradientOfFired(c, 1.0f, step.h, step, g);
    g = gH * (1.0f - r);
    return gH;
  }
};

// F = H, r = sigmoid(w), w learned
struct Plif {
  static constexpr bool LEARNS_RATE = true;
  static constexpr bool NEEDS_INPUT = true;

  KLIF_DEVICE static float rate(const NeuronConstants&, const float* parameter) {
    return static_cast<float>(1.0 / (1.0 + exp(-static_cast<double>(parameter[0]))));
  }

  KLIF_DEVICE static Plif load(const NeuronConstants&, const float*, int) { return {}; }

  KLIF_DEVICE float charge(const NeuronConstants& c, float r, float x, float v) const {
    return leakyCharge(c, r, x, v);
  }

  KLIF_DEVICE float scale(const NeuronConstants&, float h) const { return h; }

  KLIF_DEVICE float reset(const NeuronConstants& c, float f, float s) const { return potentialAfter(c, 1.0f, f, s); }

  // adds to the gradient of r; that of w is r (1 - r) times it
  KLIF_DEVICE float backward(
      const NeuronConstants& c, float r, const NeuronStep& step, float& g, float& parameterGradient) const {
    const float gH = gradientOfFired(c, 1.0f, step.h, step, g);
    const float d = fmaf(c.decayed, step.x, -(step.before - c.rest));
    parameterGradient = fmaf(gH, d, parameterGradient);
    g = gH * (1.0f - r);
    return gH;
  }
};

// H = V + X, F = H
struct If {
  static constexpr bool LEARNS_RATE = false;
  static constexpr bool NEEDS_INPUT = false;

  KLIF_DEVICE static float rate(const NeuronConstants&, const float*) { return 0.0f; }

  KLIF_DEVICE static If load(const NeuronConstants&, const float*, int) { return {}; }

  KLIF_DEVICE float charge(const NeuronConstants&, float, float x, float v) const { return x + v; }

  KLIF_DEVICE float scale(const NeuronConstants&, float h) const { return h; }

  KLIF_DEVICE float reset(const NeuronConstants& c, float f, float s) const { return potentialAfter(c, 1.0f, f, s); }

  KLIF_DEVICE float backward(const NeuronConstants& c, float, const NeuronStep& step, float& g, float&) const {
    g = gradientOfFired(c, 1.0f, step.h, step, g);
    return g;
  }
};
