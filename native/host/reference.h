// The reference of `klif kernel check`: a neuron file's step in double precision, and gradients of a whole sequence by finite
// differences. Host only. It shares nothing with the derived backward pass but the user's text: other numbers, the standard library's
// functions, no dual numbers, no sequence kernels.
//
// How differences see what backward takes. The undisturbed run records on a tape what detach(x) returned, every spike with its
// argument, and how every comparison ended. A disturbed run replays it: detached numbers are the recorded ones; a spike is
//     S + g(u) - g(u recorded)
// with g the surrogate's primitive, which is S where nothing is disturbed and has the surrogate's derivative; and where a comparison
// ends otherwise than recorded (a kink or a branch between the points) the gradient is NaN, since none is meant there.
//
// NativeReference.java compiles it: this header, the generated text, then KLIF_REFERENCE_ENTRY(Model, Primitive), where Primitive is
// BuiltInPrimitive or OwnPrimitive<the user's struct>.
#pragma once

#include <math.h>

#include <vector>

#include "custom/custom_step.cuh"

namespace klif_reference {

struct Tape {
  bool replay = false;
  bool flipped = false;
  bool smooth = false;
  bool transparent = false;  // detach(x) is differentiated like x
  int kind = 0;
  double alpha = 0;
  double (*primitive)(double) = nullptr;
  size_t atDetached = 0;
  size_t atBranch = 0;
  size_t atSpike = 0;
  double nearest = INFINITY;  // smallest |u| of a spike
  std::vector<float> detached;
  std::vector<char> branches;
  std::vector<double> arguments;
  std::vector<double> spikes;

  void record() {
    replay = false;
    flipped = false;
    nearest = INFINITY;
    detached.clear();
    branches.clear();
    arguments.clear();
    spikes.clear();
  }

  void again() {
    replay = true;
    atDetached = atBranch = atSpike = 0;
  }

  bool branch(bool taken) {
    if (!replay) {
      branches.push_back(taken);
    } else if (atBranch >= branches.size() || branches[atBranch++] != static_cast<char>(taken)) {
      flipped = true;
    }
    return taken;
  }

  float constant(float x) {
    if (!replay) {
      detached.push_back(x);
      return x;
    }
    return atDetached < detached.size() && !transparent ? detached[atDetached++] : x;
  }
};

inline thread_local Tape* tape = nullptr;

inline double powerOf(double x, int n) { return ::pow(x, n); }

struct Real {
  double value;

  Real() : value(0) {}
  Real(Number x) : value(x.value) {}
  template <class A, class... O, IfDeclared<A, O...> = 0>
  Real(A a, O...) : value(static_cast<double>(a)) {}

  static Real of(double x) {
    Real r;
    r.value = x;
    return r;
  }

  Real& operator+=(Real o) { return *this = *this + o; }
  Real& operator-=(Real o) { return *this = *this - o; }
  Real& operator*=(Real o) { return *this = *this * o; }
  Real& operator/=(Real o) { return *this = *this / o; }

  friend Real operator+(Real a) { return a; }
  friend Real operator-(Real a) { return of(-a.value); }
  friend Real operator+(Real a, Real b) { return of(a.value + b.value); }
  friend Real operator-(Real a, Real b) { return of(a.value - b.value); }
  friend Real operator*(Real a, Real b) { return of(a.value * b.value); }
  friend Real operator/(Real a, Real b) { return of(a.value / b.value); }
  friend bool operator<(Real a, Real b) { return tape->branch(a.value < b.value); }
  friend bool operator>(Real a, Real b) { return tape->branch(a.value > b.value); }
  friend bool operator<=(Real a, Real b) { return tape->branch(a.value <= b.value); }
  friend bool operator>=(Real a, Real b) { return tape->branch(a.value >= b.value); }
  friend bool operator==(Real a, Real b) { return tape->branch(a.value == b.value); }
  friend bool operator!=(Real a, Real b) { return tape->branch(a.value != b.value); }

  friend Number detach(Real x) { return tape->constant(static_cast<float>(x.value)); }
  friend Real exp(Real x) { return of(::exp(x.value)); }
  friend Real log(Real x) { return of(::log(x.value)); }
  friend Real sqrt(Real x) { return of(::sqrt(x.value)); }
  friend Real tanh(Real x) { return of(::tanh(x.value)); }
  friend Real abs(Real x) { return x > 0 ? x : -x; }
  friend Real fabs(Real x) { return abs(x); }
  friend Real relu(Real x) { return x > 0 ? x : Real(); }
  friend Real max(Real a, Real b) { return a > b ? a : b; }
  friend Real min(Real a, Real b) { return a < b ? a : b; }
  friend Real clamp(Real x, Real low, Real high) { return x < low ? low : x > high ? high : x; }
  friend Real fma(Real a, Real b, Real c) { return of(a.value * b.value + c.value); }
  friend Real where(bool condition, Real a, Real b) { return condition ? a : b; }
  friend Real pow(Real x, int n) { return of(powerOf(x.value, n)); }
  friend Real pow(Real x, Real p) { return of(::pow(x.value, p.value)); }
  friend Real pow(Real x, Number p) { return of(::pow(x.value, p.value)); }
  template <class A, IfPlain<A> = 0>
  friend Real pow(Real x, A p) {
    return of(::pow(x.value, static_cast<double>(p)));
  }
  friend Real sigmoidOf(Real x) { return of(1 / (1 + ::exp(-x.value))); }
  friend Real softplusOf(Real x) { return of(::log1p(::exp(-::fabs(x.value))) + (x.value > 0 ? x.value : 0)); }
};

// g(u) of Klif's own surrogates, with the kinks that they have
struct BuiltInPrimitive {
  static double of(double u) {
    const double z = tape->alpha * u;
    switch (tape->kind) {
      case 0:
        return atan(M_PI / 2 * z) / M_PI + 0.5;
      case 1:
        return 1 / (1 + exp(-z));
      case 2: {
        tape->branch(z > 0);
        const bool below = tape->branch(z < -1);
        const bool above = tape->branch(z > 1);
        return below ? 0 : above ? 1 : z - 0.5 * z * fabs(z) + 0.5;
      }
      case 3: {
        const bool below = tape->branch(z < -0.5);
        const bool above = tape->branch(z > 0.5);
        return below ? 0 : above ? 1 : z + 0.5;
      }
      case 4:
        return 0.5 * erfc(-z);
      default:
        return 0.5 * (z / (1 + fabs(z)) + 1);
    }
  }
};

// g(u) of a user's surrogate
template <class T>
struct OwnPrimitive {
  static double of(double u) { return T().primitive(Real::of(u), Real::of(tape->alpha)).value; }
};

inline double fire(double u) {
  const double g = tape->primitive(u);
  if (tape->smooth) {
    return g;
  }
  if (!tape->replay) {
    tape->nearest = fmin(tape->nearest, fabs(u));
    tape->arguments.push_back(g);
    tape->spikes.push_back(u >= 0 ? 1 : 0);
    return tape->spikes.back();
  }
  if (tape->atSpike >= tape->spikes.size()) {
    tape->flipped = true;
    return 0;
  }
  const size_t i = tape->atSpike++;
  return tape->spikes[i] + g - tape->arguments[i];
}

}  // namespace klif_reference

template <>
struct Spike<klif_reference::Real> {
  double* argument;

  klif_reference::Real operator()(klif_reference::Real u) const {
    *argument = u.value;
    return klif_reference::Real::of(klif_reference::fire(u.value));
  }
};

namespace klif_reference {

template <class M, class I>
struct Step;

template <class M, int... S>
struct Step<M, Indices<S...>> {
  template <int... L>
  static double run(Indices<L...>, double* state, const double* learned, double x, double& u) {
    const Real before[M::STATES] = {Real::of(state[S])...};
    const Real values[M::LEARNED_SLOTS] = {Real::of(learned[L])...};
    auto neuron = M::template make<Real>(before, values);
    const double spike = neuron.step(Real::of(x), Spike<Real>{&u}).value;
    ((state[S] = M::template state<S>(neuron).value), ...);
    return spike;
  }
};

// One neuron's sequence; everything but its own numbers is the caller's.
template <class M>
struct Sequence {
  static constexpr int S = M::STATES;
  static constexpr int L = M::LEARNED;
  int steps;
  std::vector<double> x, initial, raw, gSpikes, gLast;

  static double value(int parameter, double raw) {
    switch (M::constraint(parameter)) {
      case BY_SIGMOID:
        return sigmoidOf(Real::of(raw)).value;
      case BY_SOFTPLUS:
        return softplusOf(Real::of(raw)).value;
      default:
        return raw;
    }
  }

  // the loss; spikes, arguments (steps), states (steps, S) are written where they are not null
  double run(double* spikes, double* arguments, double* states) const {
    double state[S];
    double learned[M::LEARNED_SLOTS];
    for (int s = 0; s < S; s++) {
      state[s] = initial[s];
    }
    for (int l = 0; l < L; l++) {
      learned[l] = value(l, raw[l]);
    }
    double loss = 0;
    for (int t = 0; t < steps; t++) {
      double u = 0;
      const double spike = Step<M, typename CountTo<S>::type>::run(typename CountTo<L>::type(), state, learned, x[t], u);
      loss += gSpikes[t] * spike;
      if (spikes != nullptr) {
        spikes[t] = spike;
        arguments[t] = u;
        for (int s = 0; s < S; s++) {
          states[t * S + s] = state[s];
        }
      }
    }
    for (int s = 0; s < S; s++) {
      loss += gLast[s] * state[s];
    }
    return loss;
  }

  double disturbed(double& number, double shift) const {
    const double kept = number;
    number = kept + shift;
    tape->again();
    const double loss = run(nullptr, nullptr, nullptr);
    number = kept;
    return loss;
  }

  // four points: the error is of order step^4
  double derivative(double& number) const {
    const double step = 1e-4;
    tape->flipped = false;
    const double inner = (disturbed(number, step) - disturbed(number, -step)) / (2 * step);
    const double outer = (disturbed(number, 2 * step) - disturbed(number, -2 * step)) / (4 * step);
    return tape->flipped ? NAN : (4 * inner - outer) / 3;
  }
};

// All neurons, each with its own numbers; arrays are (steps, neurons), (states, neurons), (learned, neurons), states over time
// (steps, states, neurons). A gradient is NaN where a kink or a branch lies within its differences.
template <class M, class P>
void check(
    int kind, double alpha, int smooth, int transparent, int neurons, int steps, const double* x, const double* initial, const double* raw,
    const double* gSpikes, const double* gLast, double* spikes, double* arguments, double* states, double* gx, double* gInitial,
    double* gRaw, double* nearest) {
  Tape own;
  own.kind = kind;
  own.alpha = alpha;
  own.smooth = smooth != 0;
  own.transparent = transparent != 0;
  own.primitive = P::of;
  tape = &own;
  Sequence<M> one;
  constexpr int S = M::STATES;
  constexpr int L = M::LEARNED;
  one.steps = steps;
  one.x.resize(steps);
  one.gSpikes.resize(steps);
  one.initial.resize(S);
  one.gLast.resize(S);
  one.raw.resize(L);
  std::vector<double> fired(steps), u(steps), after(static_cast<size_t>(steps) * S);
  for (int i = 0; i < neurons; i++) {
    for (int t = 0; t < steps; t++) {
      one.x[t] = x[static_cast<size_t>(t) * neurons + i];
      one.gSpikes[t] = gSpikes[static_cast<size_t>(t) * neurons + i];
    }
    for (int s = 0; s < S; s++) {
      one.initial[s] = initial[static_cast<size_t>(s) * neurons + i];
      one.gLast[s] = gLast[static_cast<size_t>(s) * neurons + i];
    }
    for (int l = 0; l < L; l++) {
      one.raw[l] = raw[static_cast<size_t>(l) * neurons + i];
    }
    own.record();
    one.run(fired.data(), u.data(), after.data());
    for (int t = 0; t < steps; t++) {
      spikes[static_cast<size_t>(t) * neurons + i] = fired[t];
      arguments[static_cast<size_t>(t) * neurons + i] = u[t];
      for (int s = 0; s < S; s++) {
        states[(static_cast<size_t>(t) * S + s) * neurons + i] = after[static_cast<size_t>(t) * S + s];
      }
    }
    nearest[i] = own.nearest;
    for (int t = 0; t < steps; t++) {
      gx[static_cast<size_t>(t) * neurons + i] = one.derivative(one.x[t]);
    }
    for (int s = 0; s < S; s++) {
      gInitial[static_cast<size_t>(s) * neurons + i] = one.derivative(one.initial[s]);
    }
    for (int l = 0; l < L; l++) {
      gRaw[static_cast<size_t>(l) * neurons + i] = one.derivative(one.raw[l]);
    }
  }
  tape = nullptr;
}

}  // namespace klif_reference

#define KLIF_REFERENCE_ENTRY(M, P)                                                                                              \
  extern "C" __attribute__((visibility("default"))) void klifReference(                                                         \
      int kind, double alpha, int smooth, int transparent, int neurons, int steps, const double* x, const double* initial,      \
      const double* raw, const double* gSpikes, const double* gLast, double* spikes, double* arguments, double* states,         \
      double* gx, double* gInitial, double* gRaw, double* nearest) {                                                            \
    klif_reference::check<M, P>(                                                                                                \
        kind, alpha, smooth, transparent, neurons, steps, x, initial, raw, gSpikes, gLast, spikes, arguments, states, gx,       \
        gInitial, gRaw, nearest);                                                                                               \
  }

// A user's surrogate at n points: primitive g, derivative d, differences of g, and d as kernels compute it, in float32. smoothHere: 0
// where g has a kink within the differences.
template <class T>
void checkSurrogate(
    double alpha, int n, const double* u, double* g, double* d, double* difference, double* d32, signed char* smoothHere) {
  using klif_reference::Real;
  klif_reference::Tape own;
  klif_reference::tape = &own;
  const double step = 1e-4;
  const auto at = [&](double x) {
    own.again();
    return T().primitive(Real::of(x), Real::of(alpha)).value;
  };
  for (int i = 0; i < n; i++) {
    own.record();
    g[i] = T().primitive(Real::of(u[i]), Real::of(alpha)).value;
    const double inner = (at(u[i] + step) - at(u[i] - step)) / (2 * step);
    const double outer = (at(u[i] + 2 * step) - at(u[i] - 2 * step)) / (4 * step);
    difference[i] = (4 * inner - outer) / 3;
    smoothHere[i] = own.flipped ? 0 : 1;
    own.record();
    d[i] = T().derivative(Real::of(u[i]), Real::of(alpha)).value;
    d32[i] = T().derivative(Number(static_cast<float>(u[i])), Number(static_cast<float>(alpha))).value;
  }
  klif_reference::tape = nullptr;
}

#define KLIF_SURROGATE_ENTRY(T)                                                                                               \
  extern "C" __attribute__((visibility("default"))) void klifSurrogate(                                                       \
      double alpha, int n, const double* u, double* g, double* d, double* difference, double* d32, signed char* smoothHere) { \
    checkSurrogate<T>(alpha, n, u, g, d, difference, d32, smoothHere);                                                        \
  }
