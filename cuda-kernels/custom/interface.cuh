// What a neuron file is written with (docs/EXTENDING.md): the kinds of numbers that it declares, arithmetic, spike(u), detach(x). A file
// may include it as klif.cuh; it stands in front of every file anyway.
//
// A step is a template over its number type. Forward that is Number, a float32. Backward it is Dual<N>, the same float32 with its
// derivatives.
//
//   Constant<Real>, Option<Real>   Number: no derivative; what is computed from them alone has none either
//   Learned<Real>, State<Real>     Real
//   detach(x)                      Number: x without its derivatives
#pragma once

#include "custom/dual.cuh"

// ---------------------------------------------------------------- sigmoid and softplus: a function, and an option of Learned

struct Sigmoid {
  KLIF_DEVICE Number operator()(Number x) const { return x.with(sigmoidOf(x.value)); }
  template <int N>
  KLIF_DEVICE Dual<N> operator()(const Dual<N>& x) const {
    return x.with(sigmoidOf(x.value), Dual<N>::Parts::times(sigmoidSlope(x.value), x.d));
  }
  // a number type of its own kind, as that of native/host/reference.h
  template <class Real>
  KLIF_DEVICE Real operator()(const Real& x) const {
    return sigmoidOf(x);
  }
};

struct Softplus {
  KLIF_DEVICE Number operator()(Number x) const { return x.with(softplusOf(x.value)); }
  template <int N>
  KLIF_DEVICE Dual<N> operator()(const Dual<N>& x) const {
    return x.with(softplusOf(x.value), Dual<N>::Parts::times(sigmoidOf(x.value), x.d));
  }
  // a number type of its own kind, as that of native/host/reference.h
  template <class Real>
  KLIF_DEVICE Real operator()(const Real& x) const {
    return softplusOf(x);
  }
};

KLIF_CONSTANT Sigmoid sigmoid = {};
KLIF_CONSTANT Softplus softplus = {};

// ---------------------------------------------------------------- what a neuron declares; const: a step changes states only

template <class Real>
using Constant = const Number;
template <class Real>
using Option = const Number;
template <class Real>
using Learned = const Real;
template <class Real>
using State = Real;

// ---------------------------------------------------------------- spikes

// docs/MATH.md, "Surrogates": KIND by the order of Surrogate.Kind. derivative has the float32 order that all devices keep.
template <int KIND>
struct BuiltInSurrogate {
  static_assert(KIND >= 0 && KIND < 6, "unknown surrogate");

  KLIF_DEVICE static float derivative(float u, float alpha) {
    if constexpr (KIND == 0) {
      const float z = static_cast<float>(1.5707963267948966) * alpha * u;
      return 0.5f * alpha / fmaOf(z, z, 1.0f);
    } else if constexpr (KIND == 1) {
      const float e = expOfNegativeNumber(-absOf(alpha * u));
      const float d = 1.0f + e;
      return alpha * e / (d * d);
    } else if constexpr (KIND == 2) {
      const float g = fmaOf(-alpha * alpha, absOf(u), alpha);
      return g <= 0.0f ? 0.0f : g;
    } else if constexpr (KIND == 3) {
      return absOf(u) < 0.5f / alpha ? alpha : 0.0f;
    } else if constexpr (KIND == 4) {
      const float z = alpha * u;
      return alpha * static_cast<float>(0.5641895835477563) * expOfNegativeNumber(-(z * z));
    } else {
      const float d = 1.0f + absOf(alpha * u);
      return 0.5f * alpha / (d * d);
    }
  }

  KLIF_DEVICE static float primitive(float u, double alpha) {
    const double z = alpha * u;
    const double size = z < 0 ? -z : z;
    if constexpr (KIND == 0) {
      return static_cast<float>(KLIF_BUILTIN(atan)(1.5707963267948966 * z) / 3.141592653589793 + 0.5);
    } else if constexpr (KIND == 1) {
      return static_cast<float>(1.0 / (1.0 + KLIF_BUILTIN(exp)(-z)));
    } else if constexpr (KIND == 2) {
      return static_cast<float>(size <= 1.0 ? z - 0.5 * z * size + 0.5 : (z > 0.0 ? 1.0 : 0.0));
    } else if constexpr (KIND == 3) {
      return static_cast<float>(z < -0.5 ? 0.0 : (z > 0.5 ? 1.0 : z + 0.5));
    } else if constexpr (KIND == 4) {
      return static_cast<float>(0.5 * KLIF_BUILTIN(erfc)(-z));
    } else {
      return static_cast<float>(0.5 * (z / (1.0 + size) + 1.0));
    }
  }
};

// The surrogate of this compilation, written behind the neuron file: SMOOTH, derivative(u), primitive(u).
template <class Real>
struct ConfiguredSurrogate;

// spike(u): 1 where u >= 0, else (a NaN too) 0; its derivative is the surrogate's. In gradient checks ("smooth") it is the surrogate's
// primitive, so that finite differences see the function whose derivative backward takes.
template <class Real>
struct Spike {
  float* argument;  // of the last call

  KLIF_DEVICE float fire(float u) const {
    *argument = u;
    if constexpr (ConfiguredSurrogate<Real>::SMOOTH) {
      return ConfiguredSurrogate<Real>::primitive(u);
    } else {
      return u >= 0.0f ? 1.0f : 0.0f;
    }
  }

  KLIF_DEVICE Number operator()(Number u) const { return u.with(fire(u.value)); }

  template <int N>
  KLIF_DEVICE Dual<N> operator()(const Dual<N>& u) const {
    return u.with(fire(u.value), Dual<N>::Parts::times(ConfiguredSurrogate<Real>::derivative(u.value), u.d));
  }
};
