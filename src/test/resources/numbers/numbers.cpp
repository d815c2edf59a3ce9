// Checks of the numbers of cuda-kernels/custom and of custom_step.cuh, run by NumbersTest: prints what fails, ends with 1 then. Under nvcc it is
// compiled only.
#ifndef __CUDACC__
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#endif

#include "custom/interface.cuh"
#include "custom/custom_step.cuh"

// Whatever a step may write, so that all of it compiles with Number and with Dual.
template <class R>
__device__ R product(R a, R b) {
  return a * b;
}

template <class Real>
struct Everything {
  Constant<Real> tau = {2.0, atLeast(1.0), atMost(10)};
  Option<Real> flag = {true};
  Learned<Real> beta = {0.5, softplus, perChannel};
  Learned<Real> rho = {0.9, sigmoid};
  State<Real> v = 0.0;
  State<Real> a = 1;

  __device__ Real step(Real x, Spike<Real> spike) {
    v += (x - v) / tau;
    Real s = spike(v - 1 - beta * a);
    a = rho * a + s;
    // conditionals between all kinds
    Real y = v > 3 ? v : x;
    y += v > 3 ? beta : x;
    y += v > 3 ? beta : rho;
    y += v > 3 ? beta : v;
    y += v > 3 ? beta : tau;
    y += v > 3 ? 0 : v;
    y += v > 3 ? 0.0 : v;
    y += v > 3 ? tau : v;
    y += v > 3 ? 1.0f : beta;
    y += (v > 3 ? 1 : 0) * s;
    // operators with literals, constants and each other
    y += 2 * v + v * 2.0 - 2.0f * v + -v + +v + 1 / (v + 9) + 1 / tau + v / 2 + v / tau + 3 - v + tau - v + v - tau;
    y *= 2;
    y *= 0.25;
    y /= tau;
    y -= v;
    y += 1;
    y += tau;
    y *= 1 - s;
    // functions
    y += exp(beta) + exp(tau) + log(beta) + sqrt(beta) + tanh(v) + sigmoid(v) + softplus(v) + sigmoid(tau);
    y += max(v, 0) + max(0, v) + max(v, 0.0) + min(v, a) + min(tau, v) + max(tau, 1.0) + max(1, tau) + min(3, v);
    y += clamp(v, 0, 1) + clamp(v, tau, beta) + relu(v) + abs(v) + fma(v, tau, 3) + fma(2, v, a) + fma(v, v, v);
    y += pow(v, 2) + pow(beta, 1.5) + pow(beta, tau) + pow(beta, beta) + pow(tau, v) + pow(2, v) + pow(tau, 2.0);
    y += where(v > 1, v, 0) + where(v > tau, 1.0, beta) + product(v, x) + product(beta, v) + product(Real(tau), v);
    // conditions and detached numbers
    if (flag && v > 1) {
      y += 3;
    }
    if (v == 1 || v != 2.0 || v <= a || 1 < v || tau >= 2 || tau < v || beta == rho || !flag) {
      y += 1;
    }
    Real w;
    w = y;
    const Real z = floor(detach(v) / 100);
    const int n = int(detach(v) / 100);
    const float f = float(tau);
    auto q = v * tau;
    auto r = tau * 2;
    Real m = {0.5};
    Real e{1};
    w += v * f + n + z + q + r + m + e + fmod(detach(v) / 100, tau) - detach(v) / 100;
    // what came of it counts a little, so that nothing is left out
    a += 1e-3 * w;
    v = v * (1 - s);
    return s;
  }
};

struct Model {
  static constexpr int STATES = 2;
  static constexpr int LEARNED = 2;
  static constexpr int LEARNED_SLOTS = 2;
  static constexpr bool SMOOTH = false;
  template <class Real>
  using Neuron = Everything<Real>;
  KLIF_DEVICE static constexpr int constraint(int i) { return i == 0 ? BY_SOFTPLUS : BY_SIGMOID; }
  KLIF_DEVICE static constexpr float initial(int i) { return i == 0 ? 0.0f : 1.0f; }
  template <class Real>
  KLIF_DEVICE static Neuron<Real> make(const Real* s, const Real* l) {
    return {2.0f, 1.0f, l[0], l[1], s[0], s[1]};
  }
  template <int I, class N>
  KLIF_DEVICE static const auto& state(const N& n) {
    if constexpr (I == 0) {
      return n.v;
    } else {
      return n.a;
    }
  }
};

template <class Real>
struct ConfiguredSurrogate {
  static constexpr bool SMOOTH = true;
  KLIF_DEVICE static float derivative(float u) { return BuiltInSurrogate<1>::derivative(u, 4.0f); }
  KLIF_DEVICE static float primitive(float u) { return BuiltInSurrogate<1>::primitive(u, 4.0); }
};

#ifdef __CUDACC__

extern "C" __global__ void forward(float* state, float x, float* spike) {
  float s[2];
  float u;
  startStates<Model>(s);
  const float learned[2] = {learnedValue<Model>(0, state[0]), learnedValue<Model>(1, state[1])};
  *spike = stepForward<Model>(s, learned, x, u) + u;
  state[0] = s[0];
  state[1] = s[1];
}

extern "C" __global__ void backward(float* state, float x, float* gx) {
  const float s[2] = {state[0], state[1]};
  const float learned[2] = {state[2], state[3]};
  float g[2] = {state[4], state[5]};
  float gLearned[2] = {0.0f, 0.0f};
  *gx = stepBackward<Model>(s, learned, x, 1.0f, g, gLearned) * learnedSlope<Model>(0, state[2]);
  state[0] = g[0] + gLearned[0];
  state[1] = g[1] + gLearned[1];
}

#else

static int failures = 0;

static void fail(const char* what, double x, double found, double expected) {
  std::printf("%s at %.9g: %.9g, expected %.9g\n", what, x, found, expected);
  failures++;
}

static bool sameBits(float a, float b) { return std::memcmp(&a, &b, 4) == 0; }

static void compare(const char* what, double x, double found, double expected, double tolerance) {
  const double scale = std::fabs(expected) > 1e-30 ? std::fabs(expected) : 1;
  if (!(std::fabs(found - expected) <= tolerance * scale)) {
    fail(what, x, found, expected);
  }
}

// function of one number: its bits are the same with and without derivatives; value and derivative against double precision
template <class F, class G>
static void function(const char* what, double from, double to, F f, G reference) {
  // 0.48 of an ulp a step, a dozen steps: 6e-7; derivatives multiply two such values
  const double tolerance = 6e-7;
  for (int i = 0; i <= 4000; i++) {
    const float x = static_cast<float>(from + (to - from) * i / 4000);
    const Number y = f(Number(x));
    const Dual<2> d = f(Dual<2>::seed<1>(x));
    if (!sameBits(y.value, d.value)) {
      fail(what, x, d.value, y.value);
    }
    compare(what, x, y.value, reference(static_cast<double>(x)), tolerance);
    // central difference of fourth order in double precision: truncation and rounding below 1e-9 for these functions
    const double h = 1e-3;
    const double slope = (8 * (reference(x + h) - reference(x - h)) - (reference(x + 2 * h) - reference(x - 2 * h))) / (12 * h);
    const double found = d.part<1>();
    if (!(std::fabs(found - slope) <= 4 * tolerance * std::fmax(std::fabs(slope), 1e-3))) {
      fail((std::string("derivative of ") + what).c_str(), x, found, slope);
    }
    if (d.part<0>() != 0) {
      fail("derivative by another number", x, d.part<0>(), 0);
    }
  }
}

static float infinity() { return numberOfBits(0x7f800000u); }

static void edges() {
  const float nan = numberOfBits(0x7fc00000u);
  compare("exp(-1000)", -1000, expOf(-1000.0f), 1.6458115e-38, 1e-6);
  if (expOf(1000.0f) != infinity() || expOf(infinity()) != infinity() || expOf(88.72f) == infinity()) {
    fail("exp", 88.72, expOf(88.72f), 3.4e38);
  }
  if (logOf(0.0f) != -infinity() || logOf(infinity()) != infinity() || logOf(-1.0f) == logOf(-1.0f)) {
    fail("log", 0, logOf(0.0f), -infinity());
  }
  compare("log of a subnormal", 1e-40, logOf(1e-40f), std::log(static_cast<double>(1e-40f)), 1e-6);
  const float results[] = {expOf(nan), logOf(nan), tanhOf(nan), sigmoidOf(nan), softplusOf(nan),
      relu(Number(nan)).value, max(Number(nan), Number(0)).value, max(Number(0), Number(nan)).value,
      min(Number(nan), Number(0)).value, clamp(Number(nan), 0, 1).value};
  for (float r : results) {
    if (r == r) {
      fail("function of NaN", nan, r, nan);
    }
  }
  float u;
  const Spike<Number> spike = {&u};
  if (!(spike(Number(nan)).value != spike(Number(nan)).value)) {
    fail("smooth spike of NaN", nan, 0, nan);
  }
  // corners: the derivative of the constant side
  if (relu(Dual<1>::seed<0>(0.0f)).part<0>() != 0 || max(Dual<1>::seed<0>(0.0f), 0).part<0>() != 0
      || min(1, Dual<1>::seed<0>(1.0f)).part<0>() != 0 || abs(Dual<1>::seed<0>(0.0f)).part<0>() != 0
      || clamp(Dual<1>::seed<0>(1.0f), 0, 1).part<0>() != 0) {
    fail("derivative at a corner", 0, 1, 0);
  }
}

// stepBackward against central differences of stepForward, the spike smooth
static void steps() {
  const float point[] = {0.4f, 0.8f, 0.7f, 0.9f, 1.3f};  // v, a, beta, rho, x
  const float g[] = {0.3f, -0.8f};
  const float gSpike = 1.7f;
  auto loss = [&](const float* p) {
    float state[2] = {p[0], p[1]};
    const float learned[2] = {p[2], p[3]};
    float u;
    const float s = stepForward<Model>(state, learned, p[4], u);
    return static_cast<double>(g[0]) * state[0] + static_cast<double>(g[1]) * state[1] + static_cast<double>(gSpike) * s;
  };
  const float before[2] = {point[0], point[1]};
  const float learned[2] = {point[2], point[3]};
  float back[2] = {g[0], g[1]};
  float gLearned[2] = {10.0f, 20.0f};  // they are added to
  const float gx = stepBackward<Model>(before, learned, point[4], gSpike, back, gLearned);
  const double found[] = {back[0], back[1], gLearned[0] - 10.0, gLearned[1] - 20.0, gx};
  for (int i = 0; i < 5; i++) {
    float high[5];
    float low[5];
    std::memcpy(high, point, sizeof(point));
    std::memcpy(low, point, sizeof(point));
    high[i] += 4e-3f;
    low[i] -= 4e-3f;
    const double expected = (loss(high) - loss(low)) / (static_cast<double>(high[i]) - low[i]);
    // float32 differences: 1e-6 / 8e-3 of rounding, as much of curvature
    compare("gradient of a step", i, found[i], expected, 1e-3);
  }
  float start[2];
  startStates<Model>(start);
  compare("initial state", 0, start[0], 0, 0);
  compare("initial state", 1, start[1], 1, 0);
  compare("softplus", 0.3, learnedValue<Model>(0, 0.3f), std::log1p(std::exp(0.3)), 1e-6);
  compare("slope of softplus", 0.3, learnedSlope<Model>(0, 0.3f), 1 / (1 + std::exp(-0.3)), 1e-6);
  compare("sigmoid", 0.3, learnedValue<Model>(1, 0.3f), 1 / (1 + std::exp(-0.3)), 1e-6);
}

// f(r) beside a number that r has nothing to do with: whatever f's derivative is, that number's is what it is without r. The
// second of the steps is taken in a branch.
template <class F>
static void apart(const char* what, float at, F f) {
  const Dual<2> r = Dual<2>::seed<0>(at);
  const Dual<2> w = Dual<2>::seed<1>(0.5f);
  const Dual<2> y = f(r);
  if (y.part<0>() - y.part<0>() == 0) {
    fail((std::string("not sharp: ") + what).c_str(), at, y.part<0>(), infinity());
  }
  Dual<2> branch = 3 * w;
  if (w > 0) {
    branch += y;
  }
  const float found[] = {(y + w).part<1>(), (w - y).part<1>(), fma(y, 2, w).part<1>(), branch.part<1>(), where(w > 0, w, y).part<1>()};
  const float expected[] = {1, 1, 1, 3, 1};
  for (int i = 0; i < 5; i++) {
    if (found[i] != expected[i]) {
      fail((std::string("derivative beside ") + what).c_str(), at, found[i], expected[i]);
    }
  }
  // the product's is y itself, which may be infinite
  if (!sameBits((y * w).part<1>(), y.value)) {
    fail((std::string("derivative of a product with ") + what).c_str(), at, (y * w).part<1>(), y.value);
  }
  // nothing is left of what the constant 0 multiplies
  const Dual<2> none[] = {y * 0, 0.0 * y, Number(0) * y, y * Number(0), Dual<2>(0) * y, y * Dual<2>(0), pow(r, 0) + 0, fma(0, y, w)};
  for (const Dual<2>& n : none) {
    if (n.part<0>() != 0) {
      fail((std::string("derivative of 0 times ") + what).c_str(), at, n.part<0>(), 0);
    }
  }
}

static void zeros() {
  apart("sqrt", 0, [](auto r) { return sqrt(r); });
  apart("log", 0, [](auto r) { return log(r); });
  apart("a power", 0, [](auto r) { return pow(r, 0.5); });
  apart("a whole power", 0, [](auto r) { return pow(r, -2); });
  apart("a power of its own", 0, [](auto r) { return pow(r, r); });
  apart("a power of 2", 200, [](auto r) { return pow(2, r); });
  apart("inverse", 0, [](auto r) { return 1 / r; });
  apart("quotient", 0, [](auto r) { return (r + 1) / r; });
  apart("quotient by a constant 0", 1, [](auto r) { return r / 0; });
  apart("inverse root", 0, [](auto r) { return 1 / sqrt(r); });
  apart("exp", 100, [](auto r) { return exp(r); });
  apart("inverse of exp", 100, [](auto r) { return 1 / exp(r); });
  apart("tanh", 0, [](auto r) { return tanh(1 / r); });
  apart("sigmoid", 0, [](auto r) { return sigmoid(1 / r); });
  apart("softplus", 0, [](auto r) { return softplus(log(r)); });
  apart("abs", 0, [](auto r) { return abs(log(r)); });
  apart("relu", 0, [](auto r) { return relu(1 / r); });
  apart("max", 0, [](auto r) { return max(sqrt(r), r - 1); });
  apart("min", 0, [](auto r) { return min(sqrt(r), r + 1); });
  apart("clamp", 0, [](auto r) { return clamp(sqrt(r), -1, 1); });
  apart("fma", 0, [](auto r) { return fma(sqrt(r), r, r); });
  apart("where", 0, [](auto r) { return where(r > 0, r, sqrt(r)); });
  apart("spike", 0, [](auto r) {
    float u;
    return Spike<decltype(r)>{&u}(sqrt(r));
  });
}

// every surrogate's derivative against differences of its primitive
template <int KIND>
static void surrogate(double alpha) {
  for (int i = -200; i <= 200; i++) {
    const double u = i / 64.0 + 1e-3;
    const double h = 1e-3;
    const double slope =
        (static_cast<double>(BuiltInSurrogate<KIND>::primitive(static_cast<float>(u + h), alpha))
            - BuiltInSurrogate<KIND>::primitive(static_cast<float>(u - h), alpha))
        / (static_cast<double>(static_cast<float>(u + h)) - static_cast<float>(u - h));
    const double found = BuiltInSurrogate<KIND>::derivative(static_cast<float>(u), static_cast<float>(alpha));
    // the primitive is a float32: 6e-8 / 2e-3 of rounding, as much of curvature
    if (!(std::fabs(found - slope) <= 2e-4)) {
      fail("surrogate", u, found, slope);
    }
  }
}

int main() {
  function("exp", -80, 85, [](auto x) { return exp(x); }, [](double x) { return std::exp(x); });
  function("log", 0.05, 50, [](auto x) { return log(x); }, [](double x) { return std::log(x); });
  function("sqrt", 0.05, 50, [](auto x) { return sqrt(x); }, [](double x) { return std::sqrt(x); });
  function("tanh", -4, 4, [](auto x) { return tanh(x); }, [](double x) { return std::tanh(x); });
  function("sigmoid", -20, 8, [](auto x) { return sigmoid(x); }, [](double x) { return 1 / (1 + std::exp(-x)); });
  function("softplus", -20, 30, [](auto x) { return softplus(x); }, [](double x) { return std::log1p(std::exp(x)); });
  function("square", -3, 3, [](auto x) { return pow(x, 2) + x * x; }, [](double x) { return 2 * x * x; });
  function("root", 0.5, 4, [](auto x) { return pow(x, 0.5); }, [](double x) { return std::sqrt(x); });
  function("inverse cube", 0.5, 4, [](auto x) { return pow(x, -3); }, [](double x) { return 1 / (x * x * x); });
  function("power of two", -3, 3, [](auto x) { return pow(2, x); }, [](double x) { return std::exp2(x); });
  function("rational", 0.5, 2.5, [](auto x) { return (2 * x - 1) / (x * x + 3) + x / 7 + 1 / x; },
      [](double x) { return (2 * x - 1) / (x * x + 3) + x / 7 + 1 / x; });
  function("fma", -2, 2, [](auto x) { return fma(x, x, 3) - fma(0.5, x, x); }, [](double x) { return x * x + 3 - 1.5 * x; });
  edges();
  steps();
  zeros();
  surrogate<0>(2);
  surrogate<1>(4);
  surrogate<2>(0.3);
  surrogate<4>(2);
  surrogate<5>(2);
  return failures == 0 ? 0 : 1;
}

#endif
