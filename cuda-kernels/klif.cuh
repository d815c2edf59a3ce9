// What a neuron file is written with (docs/EXTENDING.md): the kinds of numbers it declares, arithmetic, spike(u), detach(x).
// The same text is compiled by nvcc, by NVRTC and, for the CPU and the stand-in driver, by g++ or clang++; it includes no other
// header.
//
// A step is a template over its number type. Forward that is Number, a float32. Backward it is Dual<N>: the same float32 and its
// derivatives by N numbers (the states, the input, the learned parameters), so that one run of the step gives the Jacobian of the
// step. Both take the same float32 operations in the same order for the value, so backward sees exactly the forward pass.
//
//   Constant<Real>, Option<Real>   Number: no derivative; what is computed from them alone has none either
//   Learned<Real>, State<Real>     Real
//   detach(x)                      Number: x without its derivatives
//
// A Dual knows which of the N numbers it was computed from (PartsOf::seeds), and a number whether it is made of constants alone. A
// derivative by a number that it was not computed from is 0 and is never multiplied: infinity times 0 would be a NaN, as of sqrt(v) at
// 0 in sqrt(v) + w x. This holds on every device, whatever its compiler folds; where it folds, which is nearly everywhere, all of this
// is done at compile time and such derivatives cost nothing.
//
// exp, log, tanh, sigmoid and softplus are polynomials of float32 operations, so every device has the same bits and g++ can vectorise
// them; relative error below 5e-7. At a corner (abs, min, max, relu, clamp) the derivative is that of the constant side: 0.
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

// ---------------------------------------------------------------- derivatives

// What derivatives are multiplied by. The constant 0 leaves none of them, as if nothing had been multiplied.
struct Factor {
  float value;
  bool zero;

  KLIF_DEVICE constexpr Factor(float value) : value(value), zero(false) {}
  KLIF_DEVICE constexpr Factor(float value, bool zero) : value(value), zero(zero) {}
  KLIF_DEVICE constexpr Factor(Number x) : value(x.value), zero(x.constant && x.value == 0.0f) {}
};

template <int I>
struct Part {
  float d;
};

// The N derivatives. Scalars instead of an array, so that compilers keep each in a register of its own.
template <class T>
struct PartsOf;

template <int... I>
struct PartsOf<Indices<I...>> : Part<I>... {
  static_assert(sizeof...(I) <= 32, "seeds has 32 bits");

  unsigned seeds;  // the numbers that it was computed from, bit I for derivative I; the others' derivatives are 0

  KLIF_DEVICE constexpr PartsOf() : Part<I>{0.0f}..., seeds(0u) {}
  KLIF_DEVICE constexpr explicit PartsOf(int one) : Part<I>{I == one ? 1.0f : 0.0f}..., seeds(1u << one) {}

  template <int J>
  KLIF_DEVICE bool has() const {
    return (seeds & (1u << J)) != 0u;
  }

  template <int J>
  KLIF_DEVICE float part() const {
    return this->Part<J>::d;
  }

  // a p
  KLIF_DEVICE static PartsOf times(Factor a, const PartsOf& p) {
    PartsOf r;
    r.seeds = a.zero ? 0u : p.seeds;
    ((r.Part<I>::d = r.template has<I>() ? a.value * p.Part<I>::d : 0.0f), ...);
    return r;
  }

  // a p + q
  KLIF_DEVICE static PartsOf timesPlus(Factor a, const PartsOf& p, const PartsOf& q) {
    PartsOf r;
    r.seeds = a.zero ? 0u : p.seeds;
    ((r.Part<I>::d = !r.template has<I>()   ? q.Part<I>::d
                     : !q.template has<I>() ? a.value * p.Part<I>::d
                                            : fmaOf(a.value, p.Part<I>::d, q.Part<I>::d)),
     ...);
    r.seeds |= q.seeds;
    return r;
  }

  // a p + b q
  KLIF_DEVICE static PartsOf sum(Factor a, const PartsOf& p, Factor b, const PartsOf& q) {
    return timesPlus(a, p, times(b, q));
  }

  KLIF_DEVICE static PartsOf plus(const PartsOf& p, const PartsOf& q) {
    PartsOf r;
    r.seeds = p.seeds | q.seeds;
    ((r.Part<I>::d = !p.template has<I>()   ? q.Part<I>::d
                     : !q.template has<I>() ? p.Part<I>::d
                                            : p.Part<I>::d + q.Part<I>::d),
     ...);
    return r;
  }

  KLIF_DEVICE static PartsOf minus(const PartsOf& p, const PartsOf& q) {
    PartsOf r;
    r.seeds = p.seeds | q.seeds;
    ((r.Part<I>::d = !q.template has<I>()   ? p.Part<I>::d
                     : !p.template has<I>() ? -q.Part<I>::d
                                            : p.Part<I>::d - q.Part<I>::d),
     ...);
    return r;
  }

  // counts as computed from both, so that it need not be asked at run time which it was
  KLIF_DEVICE static PartsOf choose(bool condition, const PartsOf& p, const PartsOf& q) {
    PartsOf r;
    r.seeds = p.seeds | q.seeds;
    ((r.Part<I>::d = condition ? p.Part<I>::d : q.Part<I>::d), ...);
    return r;
  }
};

// A number and its derivatives by N others.
template <int N>
struct Dual {
  typedef PartsOf<typename CountTo<N>::type> Parts;

  float value;
  bool constant;  // as that of Number
  Parts d;

  KLIF_DEVICE constexpr Dual() : value(0.0f), constant(true) {}
  KLIF_DEVICE constexpr Dual(Number x) : value(x.value), constant(x.constant) {}
  KLIF_DEVICE constexpr Dual(float value, bool constant, const Parts& d) : value(value), constant(constant), d(d) {}

  template <class A, class... O, IfDeclared<A, O...> = 0>
  KLIF_DEVICE constexpr Dual(A a, O...) : value(static_cast<float>(a)), constant(true) {}

  // the number by which component I differentiates
  template <int I>
  KLIF_DEVICE static Dual seed(float x) {
    return Dual(x, false, Parts(I));
  }

  template <int I>
  KLIF_DEVICE float part() const {
    return d.template part<I>();
  }

  KLIF_DEVICE constexpr operator Factor() const { return Factor(value, constant && value == 0.0f); }

  // what is computed from this number and others
  KLIF_DEVICE Dual with(float result, const Parts& d) const { return Dual(result, constant, d); }
  template <class B>
  KLIF_DEVICE Dual with(const B& other, float result, const Parts& d) const {
    return Dual(result, constant && other.constant, d);
  }

  template <class T, IfPlain<T> = 0>
  KLIF_DEVICE explicit operator T() const {
    static_assert(
        N < 0,
        "a number that has a gradient cannot become an int, bool or float; write detach(x) first, which makes it a constant, "
        "or compare it, as in x > 0");
    return T();
  }

  template <class A>
  KLIF_DEVICE Dual& operator+=(const A& o) {
    return *this = *this + o;
  }
  template <class A>
  KLIF_DEVICE Dual& operator-=(const A& o) {
    return *this = *this - o;
  }
  template <class A>
  KLIF_DEVICE Dual& operator*=(const A& o) {
    return *this = *this * o;
  }
  template <class A>
  KLIF_DEVICE Dual& operator/=(const A& o) {
    return *this = *this / o;
  }

  KLIF_DEVICE friend Dual operator+(const Dual& a) { return a; }
  KLIF_DEVICE friend Dual operator-(const Dual& a) { return a.with(-a.value, Parts::times(-1.0f, a.d)); }

  KLIF_DEVICE friend Dual operator+(const Dual& a, const Dual& b) { return a.with(b, a.value + b.value, Parts::plus(a.d, b.d)); }
  KLIF_DEVICE friend Dual operator-(const Dual& a, const Dual& b) { return a.with(b, a.value - b.value, Parts::minus(a.d, b.d)); }
  KLIF_DEVICE friend Dual operator*(const Dual& a, const Dual& b) {
    return a.with(b, a.value * b.value, Parts::sum(b, a.d, a, b.d));
  }
  // (a/b)' = (a' - (a/b) b') / b
  KLIF_DEVICE friend Dual operator/(const Dual& a, const Dual& b) {
    const float q = a.value / b.value;
    const float r = 1.0f / b.value;
    return a.with(b, q, Parts::sum(r, a.d, -q * r, b.d));
  }

  KLIF_DEVICE friend Dual operator+(const Dual& a, Number b) { return a.with(b, a.value + b.value, a.d); }
  KLIF_DEVICE friend Dual operator+(Number a, const Dual& b) { return b.with(a, a.value + b.value, b.d); }
  KLIF_DEVICE friend Dual operator-(const Dual& a, Number b) { return a.with(b, a.value - b.value, a.d); }
  KLIF_DEVICE friend Dual operator-(Number a, const Dual& b) { return b.with(a, a.value - b.value, Parts::times(-1.0f, b.d)); }
  KLIF_DEVICE friend Dual operator*(const Dual& a, Number b) { return a.with(b, a.value * b.value, Parts::times(b, a.d)); }
  KLIF_DEVICE friend Dual operator*(Number a, const Dual& b) { return b.with(a, a.value * b.value, Parts::times(a, b.d)); }
  KLIF_DEVICE friend Dual operator/(const Dual& a, Number b) {
    return a.with(b, a.value / b.value, Parts::times(1.0f / b.value, a.d));
  }
  KLIF_DEVICE friend Dual operator/(Number a, const Dual& b) {
    const float q = a.value / b.value;
    return b.with(a, q, Parts::times(-q / b.value, b.d));
  }

// an int or a float beside a Dual; templates, so that it never is a choice between two conversions
#define KLIF_WITH_PLAIN(result, op)                                 \
  template <class A, IfPlain<A> = 0>                                \
  KLIF_DEVICE friend result operator op(const Dual& a, A b) {       \
    return a op Number(b);                                          \
  }                                                                 \
  template <class A, IfPlain<A> = 0>                                \
  KLIF_DEVICE friend result operator op(A a, const Dual& b) {       \
    return Number(a) op b;                                          \
  }
  KLIF_WITH_PLAIN(Dual, +)
  KLIF_WITH_PLAIN(Dual, -)
  KLIF_WITH_PLAIN(Dual, *)
  KLIF_WITH_PLAIN(Dual, /)

#define KLIF_COMPARE(op)                                                                                  \
  KLIF_DEVICE friend bool operator op(const Dual& a, const Dual& b) { return a.value op b.value; }        \
  KLIF_DEVICE friend bool operator op(const Dual& a, Number b) { return a.value op b.value; }             \
  KLIF_DEVICE friend bool operator op(Number a, const Dual& b) { return a.value op b.value; }             \
  KLIF_WITH_PLAIN(bool, op)
  KLIF_COMPARE(<)
  KLIF_COMPARE(>)
  KLIF_COMPARE(<=)
  KLIF_COMPARE(>=)
  KLIF_COMPARE(==)
  KLIF_COMPARE(!=)
#undef KLIF_COMPARE
#undef KLIF_WITH_PLAIN

  KLIF_DEVICE friend Number detach(const Dual& x) { return Number(x.value, x.constant); }

  KLIF_DEVICE friend Dual exp(const Dual& x) {
    const float e = expOf(x.value);
    return x.with(e, Parts::times(e, x.d));
  }
  KLIF_DEVICE friend Dual log(const Dual& x) { return x.with(logOf(x.value), Parts::times(1.0f / x.value, x.d)); }
  KLIF_DEVICE friend Dual sqrt(const Dual& x) {
    const float r = sqrtOf(x.value);
    return x.with(r, Parts::times(0.5f / r, x.d));
  }
  KLIF_DEVICE friend Dual tanh(const Dual& x) {
    // 1 - tanh(x)^2 = 4 sigmoid'(2x)
    return x.with(tanhOf(x.value), Parts::times(4.0f * sigmoidSlope(2.0f * x.value), x.d));
  }
  KLIF_DEVICE friend Dual abs(const Dual& x) {
    return x.with(absOf(x.value), Parts::times(x.value > 0.0f ? 1.0f : (x.value < 0.0f ? -1.0f : 0.0f), x.d));
  }
  KLIF_DEVICE friend Dual fabs(const Dual& x) { return abs(x); }
  KLIF_DEVICE friend Dual relu(const Dual& x) {
    return x.with(x.value <= 0.0f ? 0.0f : x.value, Parts::choose(x.value <= 0.0f, Parts(), x.d));
  }

  KLIF_DEVICE friend Dual max(const Dual& a, const Dual& b) {
    return a.with(b, maxOf(a.value, b.value), Parts::choose(a.value > b.value || a.value != a.value, a.d, b.d));
  }
  KLIF_DEVICE friend Dual max(const Dual& a, Number b) {
    return a.with(b, maxOf(a.value, b.value), Parts::choose(a.value > b.value || a.value != a.value, a.d, Parts()));
  }
  KLIF_DEVICE friend Dual max(Number a, const Dual& b) { return max(b, a); }
  KLIF_DEVICE friend Dual min(const Dual& a, const Dual& b) {
    return a.with(b, minOf(a.value, b.value), Parts::choose(a.value < b.value || a.value != a.value, a.d, b.d));
  }
  KLIF_DEVICE friend Dual min(const Dual& a, Number b) {
    return a.with(b, minOf(a.value, b.value), Parts::choose(a.value < b.value || a.value != a.value, a.d, Parts()));
  }
  KLIF_DEVICE friend Dual min(Number a, const Dual& b) { return min(b, a); }
  template <class A, IfPlain<A> = 0>
  KLIF_DEVICE friend Dual max(const Dual& a, A b) {
    return max(a, Number(b));
  }
  template <class A, IfPlain<A> = 0>
  KLIF_DEVICE friend Dual max(A a, const Dual& b) {
    return max(b, Number(a));
  }
  template <class A, IfPlain<A> = 0>
  KLIF_DEVICE friend Dual min(const Dual& a, A b) {
    return min(a, Number(b));
  }
  template <class A, IfPlain<A> = 0>
  KLIF_DEVICE friend Dual min(A a, const Dual& b) {
    return min(b, Number(a));
  }

  // on the border and outside there is no gradient of x
  KLIF_DEVICE friend Dual clamp(const Dual& x, const Dual& low, const Dual& high) {
    const Parts above = Parts::choose(x.value >= high.value, high.d, x.d);
    return Dual(
        x.value < low.value ? low.value : (x.value > high.value ? high.value : x.value),
        x.constant && low.constant && high.constant,
        Parts::choose(x.value <= low.value, low.d, above));
  }

  KLIF_DEVICE friend Dual fma(const Dual& a, const Dual& b, const Dual& c) {
    return Dual(
        fmaOf(a.value, b.value, c.value),
        a.constant && b.constant && c.constant,
        Parts::plus(Parts::sum(b, a.d, a, b.d), c.d));
  }

  KLIF_DEVICE friend Dual where(bool condition, const Dual& a, const Dual& b) {
    return a.with(b, condition ? a.value : b.value, Parts::choose(condition, a.d, b.d));
  }

  KLIF_DEVICE friend Dual pow(const Dual& x, int n) {
    return x.with(powerOf(x.value, n), Parts::times(Factor(static_cast<float>(n) * powerOf(x.value, n - 1), n == 0), x.d));
  }
  KLIF_DEVICE friend Dual pow(const Dual& x, Number p) {
    const float l = logOf(x.value);
    const Factor slope(p.value * expOf((p.value - 1.0f) * l), Factor(p).zero);
    return x.with(p, expOf(p.value * l), Parts::times(slope, x.d));
  }
  template <class A, IfPlain<A> = 0>
  KLIF_DEVICE friend Dual pow(const Dual& x, A p) {
    return pow(x, Number(p));
  }
  KLIF_DEVICE friend Dual pow(Number x, const Dual& p) { return pow(Dual(x), p); }
  template <class A, IfPlain<A> = 0>
  KLIF_DEVICE friend Dual pow(A x, const Dual& p) {
    return pow(Dual(x), p);
  }
  KLIF_DEVICE friend Dual pow(const Dual& x, const Dual& p) {
    const float l = logOf(x.value);
    const float y = expOf(p.value * l);
    const Factor slope(p.value * expOf((p.value - 1.0f) * l), Factor(p).zero);
    return x.with(p, y, Parts::sum(slope, x.d, y * l, p.d));
  }

// instantiated where a step uses it, and only there
#define KLIF_REFUSE(name)                                                                                               \
  KLIF_DEVICE friend Number name(const Dual& x) {                                                                       \
    static_assert(N < 0, #name "(x) has no gradient; write " #name "(detach(x)), which is a constant for the gradient"); \
    return x.value;                                                                                                     \
  }
  KLIF_REFUSE(floor)
  KLIF_REFUSE(ceil)
  KLIF_REFUSE(round)
  KLIF_REFUSE(rint)
  KLIF_REFUSE(trunc)
#undef KLIF_REFUSE
#define KLIF_REFUSE(name)                                                                                              \
  KLIF_DEVICE friend Number name(const Dual& x) {                                                                      \
    static_assert(N < 0, #name "(x) is not offered; there are exp, log, sqrt, tanh, sigmoid, softplus, pow, relu, abs, " \
                               "min, max, clamp, fma and where");                                                      \
    return x.value;                                                                                                    \
  }
  KLIF_REFUSE(sin)
  KLIF_REFUSE(cos)
  KLIF_REFUSE(tan)
  KLIF_REFUSE(asin)
  KLIF_REFUSE(acos)
  KLIF_REFUSE(atan)
  KLIF_REFUSE(sinh)
  KLIF_REFUSE(cosh)
  KLIF_REFUSE(erf)
  KLIF_REFUSE(expm1)
  KLIF_REFUSE(log1p)
  KLIF_REFUSE(cbrt)
#undef KLIF_REFUSE
  template <class A>
  KLIF_DEVICE friend Number fmod(const Dual& x, const A&) {
    static_assert(N < 0, "fmod(x, y) has no gradient; write fmod(detach(x), detach(y)), which is a constant for the gradient");
    return x.value;
  }
  template <class A>
  KLIF_DEVICE friend Number operator%(const Dual& x, const A&) {
    static_assert(N < 0, "x % y has no gradient; write fmod(detach(x), detach(y)), which is a constant for the gradient");
    return x.value;
  }
};

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
