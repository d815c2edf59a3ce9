// Number formats of the stand-in libraries: float32, TF32 (float32 in memory, rounded to 10 bits of
// mantissa before a product), bfloat16 and float16. Products are float32 throughout.
#ifndef KLIF_SIM_NUMBER_H
#define KLIF_SIM_NUMBER_H

#include <cstdint>
#include <cstring>

namespace klif_sim {

enum class Number { F32, TF32, BF16, F16 };

/** Bytes of one element in memory. */
inline int bytesOf(Number n) { return n == Number::F32 || n == Number::TF32 ? 4 : 2; }

inline std::uint32_t bitsOf(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, 4);
  return bits;
}

inline float floatOf(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, 4);
  return x;
}

/** Rounds to 10 bits of mantissa, to nearest, ties away from zero, as the tensor cores' conversion does. */
inline float roundToTf32(float x) {
  std::uint32_t bits = bitsOf(x);
  if ((bits & 0x7f800000u) == 0x7f800000u) {
    return x;  // infinite or NaN
  }
  return floatOf((bits + 0x1000u) & ~0x1fffu);
}

inline float fromBf16(std::uint16_t x) { return floatOf(static_cast<std::uint32_t>(x) << 16); }

inline std::uint16_t toBf16(float x) {
  std::uint32_t bits = bitsOf(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0x7fff;
  }
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

inline float fromF16(std::uint16_t x) {
  std::uint32_t sign = static_cast<std::uint32_t>(x & 0x8000u) << 16;
  std::uint32_t rest = x & 0x7fffu;
  if (rest >= 0x7c00u) {
    return floatOf(sign | 0x7f800000u | ((rest & 0x3ffu) << 13));
  }
  // the product with 2^112 sets the exponent's bias right, subnormal numbers too
  return floatOf(bitsOf(floatOf(rest << 13) * floatOf(0x77800000u)) | sign);
}

inline std::uint16_t toF16(float x) {
  std::uint32_t bits = bitsOf(x);
  std::uint16_t sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  std::uint32_t rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) {
    return 0x7fff;
  }
  if (rest >= 0x477ff000u) {
    return sign | 0x7c00u;  // 65520 and more round to infinity
  }
  if (rest < 0x38800000u) {
    // subnormal: adding 0.5 moves the 10 bits to the mantissa's end, rounded to nearest even
    return sign | static_cast<std::uint16_t>(bitsOf(floatOf(rest) + 0.5f) - 0x3f000000u);
  }
  return sign | static_cast<std::uint16_t>((rest - 0x38000000u + 0xfffu + ((rest >> 13) & 1u)) >> 13);
}

/** How an element is read for a product, one struct a format. */
struct ReadF32 {
  using Stored = float;
  static float value(float x) { return x; }
};
struct ReadTf32 {
  using Stored = float;
  static float value(float x) { return roundToTf32(x); }
};
struct ReadBf16 {
  using Stored = std::uint16_t;
  static float value(std::uint16_t x) { return fromBf16(x); }
};
struct ReadF16 {
  using Stored = std::uint16_t;
  static float value(std::uint16_t x) { return fromF16(x); }
};

/** Calls work(reader) with the reader of a format. */
template <typename Work>
void withReader(Number n, Work work) {
  switch (n) {
    case Number::F32: work(ReadF32()); break;
    case Number::TF32: work(ReadTf32()); break;
    case Number::BF16: work(ReadBf16()); break;
    case Number::F16: work(ReadF16()); break;
  }
}

/** target[at] = alpha value + beta target[at], rounded once to the format (TF32 keeps float32). */
inline void storeScaled(Number n, void* target, long long at, float value, float alpha, float beta) {
  float scaled = alpha * value;
  if (n == Number::F32 || n == Number::TF32) {
    float* cell = static_cast<float*>(target) + at;
    *cell = beta == 0 ? scaled : scaled + beta * *cell;
    return;
  }
  std::uint16_t* cell = static_cast<std::uint16_t*>(target) + at;
  if (n == Number::BF16) {
    *cell = toBf16(beta == 0 ? scaled : scaled + beta * fromBf16(*cell));
  } else {
    *cell = toF16(beta == 0 ? scaled : scaled + beta * fromF16(*cell));
  }
}

}  // namespace klif_sim

#endif
