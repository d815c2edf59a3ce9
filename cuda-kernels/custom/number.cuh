// A number of a neuron file that has no derivatives, a float32 (Number), with the float32 functions that it and the dual numbers are
// made of (dual.cuh). The same text is compiled by nvcc, by NVRTC and, for the CPU and the stand-in driver, by g++ or clang++; it
// includes no header of theirs.
//
// exp, log, tanh, sigmoid and softplus are polynomials of float32 operations, so every device has the same bits and g++ can vectorise
// them; relative error below 5e-7.
#pragma once

#ifdef __CUDACC__

#ifndef KLIF_DEVICE
#define KLIF_DEVICE __device__ __forceinline__
#endif
#define KLIF_BUILTIN(name) name
#define KLIF_CONSTANT static constexpr __device__

#else

#ifndef KLIF_DEVICE
#define KLIF_DEVICE inline __attribute__((always_inline))
#endif
#define KLIF_BUILTIN(name) __builtin_##name
#define KLIF_CONSTANT static constexpr
// what users write in front of their functions
#ifndef __device__
#define __device__ inline __attribute__((always_inline))
#endif
#ifndef __host__
#define __host__
#endif
#ifndef __forceinline__
#define __forceinline__
#endif

#endif

// ---------------------------------------------------------------- small templates

template <bool CONDITION>
struct EnableIf {};
template <>
struct EnableIf<true> {
  typedef int type;
};

// Built-in arithmetic types: constants in an expression.
template <class T>
struct IsPlain {
  static constexpr bool value = false;
};
#define KLIF_PLAIN(type)                \
  template <>                           \
  struct IsPlain<type> {                \
    static constexpr bool value = true; \
  };
KLIF_PLAIN(bool)
KLIF_PLAIN(char)
KLIF_PLAIN(signed char)
KLIF_PLAIN(unsigned char)
KLIF_PLAIN(short)
KLIF_PLAIN(unsigned short)
KLIF_PLAIN(int)
KLIF_PLAIN(unsigned)
KLIF_PLAIN(long)
KLIF_PLAIN(unsigned long)
KLIF_PLAIN(long long)
KLIF_PLAIN(unsigned long long)
KLIF_PLAIN(float)
KLIF_PLAIN(double)
#undef KLIF_PLAIN

template <class T>
using IfPlain = typename EnableIf<IsPlain<T>::value>::type;

template <int... I>
struct Indices {};

template <int N, int... I>
struct CountTo : CountTo<N - 1, N - 1, I...> {};
template <int... I>
struct CountTo<0, I...> {
  typedef Indices<I...> type;
};

// ---------------------------------------------------------------- float32 functions, the same on every device

KLIF_DEVICE unsigned bitsOfNumber(float x) {
#ifdef __CUDACC__
  return __float_as_uint(x);
#else
  unsigned bits;
  __builtin_memcpy(&bits, &x, 4);
  return bits;
#endif
}

KLIF_DEVICE float numberOfBits(unsigned bits) {
#ifdef __CUDACC__
  return __uint_as_float(bits);
#else
  float x;
  __builtin_memcpy(&x, &bits, 4);
  return x;
#endif
}

KLIF_DEVICE float fmaOf(float a, float b, float c) { return KLIF_BUILTIN(fmaf)(a, b, c); }
KLIF_DEVICE float absOf(float x) { return KLIF_BUILTIN(fabsf)(x); }
KLIF_DEVICE float sqrtOf(float x) { return KLIF_BUILTIN(sqrtf)(x); }
// with a NaN on either side a NaN
KLIF_DEVICE float maxOf(float a, float b) { return a > b || a != a ? a : b; }
KLIF_DEVICE float minOf(float a, float b) { return a < b || a != a ? a : b; }

// docs/MATH.md, "exp(x) is ours", and above 0 too: infinity from 88.72284 on; below -87 as at -87.
KLIF_DEVICE float expOf(float x) {
  const float low = x < -87.0f ? -87.0f : x;
  const float c = low > 88.72284f ? 88.72284f : low;
  // adding 1.5 2^23 rounds to the nearest integer and leaves it in the low bits
  const float shifted = fmaOf(c, static_cast<float>(1.4426950408889634), 12582912.0f);
  const float n = shifted - 12582912.0f;
  float f = fmaOf(n, static_cast<float>(-0.693359375), c);
  f = fmaOf(n, static_cast<float>(2.121944400546905e-4), f);
  float p = fmaOf(f, 1.0f / 720, 1.0f / 120);
  p = fmaOf(p, f, 1.0f / 24);
  p = fmaOf(p, f, 1.0f / 6);
  p = fmaOf(p, f, 0.5f);
  p = fmaOf(p, f, 1.0f);
  p = fmaOf(p, f, 1.0f);
  // 2^(n-1), as 2^128 is no float32, and twice that
  const float half = numberOfBits((bitsOfNumber(shifted) << 23) + 0x3f000000u);
  const float result = p * half * 2.0f;
  return x > 88.72284f ? numberOfBits(0x7f800000u) : result;
}

// exp(x) for x up to 0, as the surrogates have it
KLIF_DEVICE float expOfNegativeNumber(float x) {
  const float c = x < -87.0f ? -87.0f : x;
  const float shifted = fmaOf(c, static_cast<float>(1.4426950408889634), 12582912.0f);
  const float n = shifted - 12582912.0f;
  float f = fmaOf(n, static_cast<float>(-0.693359375), c);
  f = fmaOf(n, static_cast<float>(2.121944400546905e-4), f);
  float p = fmaOf(f, 1.0f / 720, 1.0f / 120);
  p = fmaOf(p, f, 1.0f / 24);
  p = fmaOf(p, f, 1.0f / 6);
  p = fmaOf(p, f, 0.5f);
  p = fmaOf(p, f, 1.0f);
  p = fmaOf(p, f, 1.0f);
  return p * numberOfBits((bitsOfNumber(shifted) << 23) + 0x3f800000u);
}

// log(m) = 2 artanh(s), s = (m - 1)/(m + 1), by its series; m in [0.7, 1.42) after the power of two is taken off
KLIF_DEVICE float logOf(float x) {
  const bool tiny = x < 1.17549435e-38f;
  const float scaled = tiny ? x * 8388608.0f : x;
  const unsigned bits = bitsOfNumber(scaled);
  // the exponent of x / 0.7071, so that m lies on both sides of 1
  const int e = static_cast<int>(bits - 0x3f3504f3u) >> 23;
  const float m = numberOfBits(bits - (static_cast<unsigned>(e) << 23));
  const float n = static_cast<float>(e) - (tiny ? 23.0f : 0.0f);
  const float s = (m - 1.0f) / (m + 1.0f);
  const float z = s * s;
  float p = fmaOf(z, 1.0f / 9, 1.0f / 7);
  p = fmaOf(p, z, 1.0f / 5);
  p = fmaOf(p, z, 1.0f / 3);
  p = fmaOf(p * z, s, s);
  const float r = fmaOf(n, static_cast<float>(0.693359375), fmaOf(n, static_cast<float>(-2.121944400546905e-4), 2.0f * p));
  const float infinity = numberOfBits(0x7f800000u);
  const float edge = x == 0.0f ? -infinity : (x == infinity ? infinity : numberOfBits(0x7fc00000u));
  return x > 0.0f && x < infinity ? r : edge;
}

// log(1 + e) for e in [0, 1]
KLIF_DEVICE float logOfOnePlus(float e) {
  const float s = e / (e + 2.0f);
  const float z = s * s;
  float p = fmaOf(z, 1.0f / 15, 1.0f / 13);
  p = fmaOf(p, z, 1.0f / 11);
  p = fmaOf(p, z, 1.0f / 9);
  p = fmaOf(p, z, 1.0f / 7);
  p = fmaOf(p, z, 1.0f / 5);
  p = fmaOf(p, z, 1.0f / 3);
  return 2.0f * fmaOf(p * z, s, s);
}

KLIF_DEVICE float sigmoidOf(float x) {
  const float e = expOfNegativeNumber(-absOf(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

// its derivative, y (1 - y) without the cancellation near 1
KLIF_DEVICE float sigmoidSlope(float x) {
  const float e = expOfNegativeNumber(-absOf(x));
  return e / ((1.0f + e) * (1.0f + e));
}

KLIF_DEVICE float softplusOf(float x) {
  const float positive = x < 0.0f ? 0.0f : x;
  return positive + logOfOnePlus(expOfNegativeNumber(-absOf(x)));
}

// a continued fraction near 0, where 1 - 2/(exp(2x) + 1) would cancel
KLIF_DEVICE float tanhOf(float x) {
  const float z = x * x;
  const float up = fmaOf(z, fmaOf(z, z + 378.0f, 17325.0f), 135135.0f);
  const float down = fmaOf(z, fmaOf(z, fmaOf(z, 28.0f, 3150.0f), 62370.0f), 135135.0f);
  const float small = x * (up / down);
  const float e = expOfNegativeNumber(-2.0f * absOf(x));
  const float size = (1.0f - e) / (1.0f + e);
  return absOf(x) < 0.75f ? small : (x < 0.0f ? -size : size);
}

// x to a whole power by squaring
KLIF_DEVICE float powerOf(float x, int n) {
  float result = 1.0f;
  float base = x;
  for (unsigned left = n < 0 ? 0u - static_cast<unsigned>(n) : static_cast<unsigned>(n); left != 0; left >>= 1) {
    if (left & 1u) {
      result *= base;
    }
    base *= base;
  }
  return n < 0 ? 1.0f / result : result;
}

// ---------------------------------------------------------------- options of a declaration; Java reads them, C++ only accepts them

struct DeclaredBound {};
struct DeclaredPerChannel {};

template <class A>
KLIF_DEVICE constexpr DeclaredBound atLeast(A) {
  return {};
}
template <class A>
KLIF_DEVICE constexpr DeclaredBound atMost(A) {
  return {};
}
KLIF_CONSTANT DeclaredPerChannel perChannel = {};

struct Sigmoid;
struct Softplus;

template <class T>
struct IsDeclaration {
  static constexpr bool value = false;
};
template <>
struct IsDeclaration<DeclaredBound> {
  static constexpr bool value = true;
};
template <>
struct IsDeclaration<DeclaredPerChannel> {
  static constexpr bool value = true;
};
template <>
struct IsDeclaration<Sigmoid> {
  static constexpr bool value = true;
};
template <>
struct IsDeclaration<Softplus> {
  static constexpr bool value = true;
};

template <class A, class... O>
using IfDeclared = typename EnableIf<IsPlain<A>::value && (IsDeclaration<O>::value && ...)>::type;

// ---------------------------------------------------------------- a number without derivatives

struct Number {
  float value;
  bool constant;  // made of literals and constants alone; a plain number counts as one

  KLIF_DEVICE constexpr Number() : value(0.0f), constant(true) {}
  KLIF_DEVICE constexpr Number(float value, bool constant) : value(value), constant(constant) {}

  template <class A, class... O, IfDeclared<A, O...> = 0>
  KLIF_DEVICE constexpr Number(A a, O...) : value(static_cast<float>(a)), constant(true) {}

  // conditions on options, indices from constants
  template <class T, IfPlain<T> = 0>
  KLIF_DEVICE constexpr explicit operator T() const {
    return static_cast<T>(value);
  }

  // what is computed from this number
  KLIF_DEVICE Number with(float result) const { return Number(result, constant); }
  KLIF_DEVICE Number with(Number other, float result) const { return Number(result, constant && other.constant); }

  KLIF_DEVICE Number& operator+=(Number o) { return *this = *this + o; }
  KLIF_DEVICE Number& operator-=(Number o) { return *this = *this - o; }
  KLIF_DEVICE Number& operator*=(Number o) { return *this = *this * o; }
  KLIF_DEVICE Number& operator/=(Number o) { return *this = *this / o; }

  KLIF_DEVICE friend Number operator+(Number a) { return a; }
  KLIF_DEVICE friend Number operator-(Number a) { return a.with(-a.value); }
  KLIF_DEVICE friend Number operator+(Number a, Number b) { return a.with(b, a.value + b.value); }
  KLIF_DEVICE friend Number operator-(Number a, Number b) { return a.with(b, a.value - b.value); }
  KLIF_DEVICE friend Number operator*(Number a, Number b) { return a.with(b, a.value * b.value); }
  KLIF_DEVICE friend Number operator/(Number a, Number b) { return a.with(b, a.value / b.value); }
  KLIF_DEVICE friend bool operator<(Number a, Number b) { return a.value < b.value; }
  KLIF_DEVICE friend bool operator>(Number a, Number b) { return a.value > b.value; }
  KLIF_DEVICE friend bool operator<=(Number a, Number b) { return a.value <= b.value; }
  KLIF_DEVICE friend bool operator>=(Number a, Number b) { return a.value >= b.value; }
  KLIF_DEVICE friend bool operator==(Number a, Number b) { return a.value == b.value; }
  KLIF_DEVICE friend bool operator!=(Number a, Number b) { return a.value != b.value; }

  KLIF_DEVICE friend Number detach(Number x) { return x; }
  KLIF_DEVICE friend Number exp(Number x) { return x.with(expOf(x.value)); }
  KLIF_DEVICE friend Number log(Number x) { return x.with(logOf(x.value)); }
  KLIF_DEVICE friend Number sqrt(Number x) { return x.with(sqrtOf(x.value)); }
  KLIF_DEVICE friend Number tanh(Number x) { return x.with(tanhOf(x.value)); }
  KLIF_DEVICE friend Number abs(Number x) { return x.with(absOf(x.value)); }
  KLIF_DEVICE friend Number fabs(Number x) { return x.with(absOf(x.value)); }
  KLIF_DEVICE friend Number relu(Number x) { return x.with(x.value <= 0.0f ? 0.0f : x.value); }
  KLIF_DEVICE friend Number max(Number a, Number b) { return a.with(b, maxOf(a.value, b.value)); }
  KLIF_DEVICE friend Number min(Number a, Number b) { return a.with(b, minOf(a.value, b.value)); }
  KLIF_DEVICE friend Number clamp(Number x, Number low, Number high) {
    const float result = x.value < low.value ? low.value : (x.value > high.value ? high.value : x.value);
    return Number(result, x.constant && low.constant && high.constant);
  }
  KLIF_DEVICE friend Number fma(Number a, Number b, Number c) {
    return Number(fmaOf(a.value, b.value, c.value), a.constant && b.constant && c.constant);
  }
  KLIF_DEVICE friend Number where(bool condition, Number a, Number b) { return a.with(b, condition ? a.value : b.value); }
  KLIF_DEVICE friend Number pow(Number x, int n) { return x.with(powerOf(x.value, n)); }
  KLIF_DEVICE friend Number pow(Number x, Number p) { return x.with(p, expOf(p.value * logOf(x.value))); }
  template <class A, IfPlain<A> = 0>
  KLIF_DEVICE friend Number pow(Number x, A p) {
    return pow(x, Number(p));
  }

  // no derivative, so these are for constants and detached numbers only
  KLIF_DEVICE friend Number floor(Number x) { return x.with(KLIF_BUILTIN(floorf)(x.value)); }
  KLIF_DEVICE friend Number ceil(Number x) { return x.with(KLIF_BUILTIN(ceilf)(x.value)); }
  KLIF_DEVICE friend Number round(Number x) { return x.with(KLIF_BUILTIN(roundf)(x.value)); }
  KLIF_DEVICE friend Number rint(Number x) { return x.with(KLIF_BUILTIN(rintf)(x.value)); }
  KLIF_DEVICE friend Number trunc(Number x) { return x.with(KLIF_BUILTIN(truncf)(x.value)); }
  KLIF_DEVICE friend Number fmod(Number x, Number y) { return x.with(y, KLIF_BUILTIN(fmodf)(x.value, y.value)); }
};
