// The surrogates (docs/MATH.md): g'(u), which stands for the derivative of the step function, in float32 and in
// the order of operations that all devices keep; and their primitives g(u) in double precision, which take the
// step's place in gradient checks ("smooth").
#pragma once

#include "common/platform.cuh"

// NeuronArguments.java knows these numbers
enum SurrogateKind { ANY = -1, ATAN, SIGMOID, TRIANGLE, RECTANGLE, GAUSSIAN, SOFTSIGN };

// exp(x) for x up to 0: 2^n times a polynomial of degree 6; relative error below 3e-7, under -87 as -87.
KLIF_DEVICE float expOfNegative(float x) {
  const float c = x < -87.0f ? -87.0f : x;
  // adding 1.5 2^23 rounds to the nearest integer and leaves it in the low bits
  const float shifted = fmaf(c, static_cast<float>(1.4426950408889634), 12582912.0f);
  const float n = shifted - 12582912.0f;
  float f = fmaf(n, static_cast<float>(-0.693359375), c);
  f = fmaf(n, static_cast<float>(2.121944400546905e-4), f);
  float p = fmaf(f, 1.0f / 720, 1.0f / 120);
  p = fmaf(p, f, 1.0f / 24);
  p = fmaf(p, f, 1.0f / 6);
  p = fmaf(p, f, 0.5f);
  p = fmaf(p, f, 1.0f);
  p = fmaf(p, f, 1.0f);
  return p * __uint_as_float((__float_as_uint(shifted) << 23) + 0x3f800000u);
}

// KIND is compiled in; with ANY the launch says which it is.
template <int KIND>
struct Surrogate {
  int kind;
  float a;  // argument
  float b;  // height

  KLIF_DEVICE Surrogate(int given, float alpha) : kind(KIND == ANY ? given : KIND), a(alpha), b(alpha) {
    switch (kind) {
      case ATAN:
        a = static_cast<float>(1.5707963267948966) * alpha;
        b = 0.5f * alpha;
        break;
      case TRIANGLE:
        a = -alpha * alpha;
        break;
      case RECTANGLE:
        a = 0.5f / alpha;
        break;
      case GAUSSIAN:
        b = alpha * static_cast<float>(0.5641895835477563);
        break;
      case SOFTSIGN:
        b = 0.5f * alpha;
        break;
      default:
        break;
    }
  }

  // g' of each lane; the switch is the same for all threads, and outside the lanes
  template <int LANES>
  KLIF_DEVICE void derivative(const float (&u)[LANES], float (&sg)[LANES]) const {
    switch (kind) {
      case ATAN:
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          const float z = a * u[i];
          sg[i] = b * approximateReciprocal(fmaf(z, z, 1.0f));
        }
        break;
      case SIGMOID:
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          const float e = expOfNegative(-fabsf(a * u[i]));
          const float d = 1.0f + e;
          sg[i] = b * e / (d * d);
        }
        break;
      case TRIANGLE:
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          sg[i] = fmaxf(fmaf(a, fabsf(u[i]), b), 0.0f);
        }
        break;
      case RECTANGLE:
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          sg[i] = fabsf(u[i]) < a ? b : 0.0f;
        }
        break;
      case GAUSSIAN:
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          const float z = a * u[i];
          sg[i] = b * expOfNegative(-(z * z));
        }
        break;
      default:
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          const float d = 1.0f + fabsf(a * u[i]);
          sg[i] = b / (d * d);
        }
        break;
    }
  }
};

// g(u)
KLIF_DEVICE float smoothSpike(int kind, double alpha, float u) {
  const double z = alpha * u;
  switch (kind) {
    case ATAN:
      return static_cast<float>(atan(1.5707963267948966 * z) / 3.141592653589793 + 0.5);
    case SIGMOID:
      return static_cast<float>(1.0 / (1.0 + exp(-z)));
    case TRIANGLE:
      return static_cast<float>(fabs(z) <= 1.0 ? z - 0.5 * z * fabs(z) + 0.5 : (z > 0.0 ? 1.0 : 0.0));
    case RECTANGLE:
      return static_cast<float>(z < -0.5 ? 0.0 : (z > 0.5 ? 1.0 : z + 0.5));
    case GAUSSIAN:
      return static_cast<float>(0.5 * erfc(-z));
    default:
      return static_cast<float>(0.5 * (z / (1.0 + fabs(z)) + 1.0));
  }
}
