// Dual<N>: a float32 and its derivatives by N numbers, carried forward through each operation. The N are the states, the input and the
// learned parameters, so that one run of a neuron's step gives the Jacobian of the step. A value takes the same float32 operations in
// the same order as a Number's (number.cuh), so backward sees exactly the forward pass.
//
// A Dual knows which of the N numbers it was computed from (PartsOf::seeds), and a number whether it is made of constants alone. A
// derivative by a number that it was not computed from is 0 and is never multiplied: infinity times 0 would be a NaN, as of sqrt(v) at
// 0 in sqrt(v) + w x. This holds on every device, whatever its compiler folds; where it folds, which is nearly everywhere, all of this
// is done at compile time and such derivatives cost nothing.
//
// At a corner (abs, min, max, relu, clamp) the derivative is that of the constant side: 0.
#pragma once

#include "custom/number.cuh"

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
