/*
 * One update of all parameters: every segment of the flat buffers in one launch (docs/MATH.md).
 *
 * Equation     g = gradient clip [+ decay p];  SGD: b = momentum b + g (first b = g), p -= rate b;  Nesterov: p -= rate (g + momentum b)
 *              Adam: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g g, p -= rate (m c1) / (sqrt(v c2) + eps)
 *              AdamW: as Adam after p -= rate decay p.  clip holds min(1, clipNorm / norm) and 1 / loss scale.
 * Ownership    segments are cut into pieces of at most 4096 elements, a block takes one piece, a thread 16 elements of it. The
 *              norm: a partial sum a piece, added by one block, which also decides whether the step is skipped and sets the
 *              next loss scale. Nothing comes back to the host. Where the update depends on the norm (clipping, loss scaling)
 *              the squares are a pass ahead of it; elsewhere the update sums them as it reads the gradient. It also writes p
 *              rounded to 16 bits, which products read, where there is such a copy.
 * Bytes moved  per parameter: SGD 20; Adam, AdamW 28; the copy 2 more; squares in a pass of their own 4 more.
 */
#include "common/loops.cuh"
#include "common/sums.cuh"

constexpr int kThreads = 256;
constexpr int kWidth = 4;

/** A part of a segment: one block's work. */
struct Piece {
  long long offset;
  int size;
  int segment;
};

/** A segment's options. */
struct Segment {
  double rateFactor;
  float decay;
  float smallest;
  float lower;
  float upper;
};

/** What the norm's kernel leaves for the update. */
enum Number { kClip, kCorrection1, kCorrection2, kFirst, kSkip };

enum Rule { kSgd, kAdam, kAdamW, kNesterov };

/** What parameters are rounded to for their copy. */
enum Copy { kNone, kBf16, kF16 };

/** Calls body(Width<W>, i) for the elements of a piece that are this thread's. */
template <typename Body>
KLIF_DEVICE void forEachOf(const Piece& piece, bool packed, Body body) {
  int packs = packed ? piece.size / kWidth : 0;
  for (int p = threadIdx.x; p < packs; p += kThreads) {
    body(Width<kWidth>(), piece.offset + p * kWidth);
  }
  for (int i = packs * kWidth + threadIdx.x; i < piece.size; i += kThreads) {
    body(Width<1>(), piece.offset + i);
  }
}

KLIF_DEVICE bool isNumber(float value) { return (__float_as_uint(value) & 0x7f800000u) != 0x7f800000u; }

/** Scale, good steps in a row, skipped steps: after a step. */
KLIF_DEVICE void adjust(float* lossScale, bool good, float smallest, float largest, float stepsToGrow) {
  if (!good) {
    lossScale[0] = fmaxf(lossScale[0] / 2.0f, smallest);
    lossScale[1] = 0.0f;
    lossScale[2] += 1.0f;
  } else if (lossScale[1] + 1.0f < stepsToGrow) {
    lossScale[1] += 1.0f;
  } else {
    lossScale[0] = fminf(2.0f * lossScale[0], largest);
    lossScale[1] = 0.0f;
  }
}

/** The numbers of one element's update. */
struct Update {
  int rule;
  float rate;
  float momentum;
  float beta2;
  float eps;
  float decay;
  float smallest;
  float lower;
  float upper;
  float clip;
  float correction1;
  float correction2;
  bool first;
};

KLIF_DEVICE float heldFromZero(float value, float smallest) {
  return fabsf(value) < smallest ? copysignf(smallest, value) : value;
}

/** Away from zero and within the bounds; a NaN stays one. */
KLIF_DEVICE float held(const Update& u, float value) {
  float w = heldFromZero(value, u.smallest);
  return w < u.lower ? u.lower : w > u.upper ? u.upper : w;
}

KLIF_DEVICE float sgd(const Update& u, float w, float g, float& m) {
  float gradient = fmaf(u.decay, w, g * u.clip);
  m = u.first ? gradient : fmaf(u.momentum, m, gradient);
  float along = u.rule == kNesterov ? fmaf(u.momentum, m, gradient) : m;
  return fmaf(-u.rate, along, w);
}

KLIF_DEVICE float adam(const Update& u, float w, float g, float& m, float& v) {
  bool decoupled = u.rule == kAdamW;
  float clipped = g * u.clip;
  float gradient = decoupled ? clipped : fmaf(u.decay, w, clipped);
  float kept = decoupled ? fmaf(-u.rate * u.decay, w, w) : w;
  m = fmaf(1.0f - u.momentum, gradient, u.momentum * m);
  v = fmaf(1.0f - u.beta2, gradient * gradient, u.beta2 * v);
  float root = sqrtf(v * u.correction2) + u.eps;
  return fmaf(-u.rate, m * u.correction1 / root, kept);
}

/** sum + the squares of some gradients. */
template <int W>
KLIF_DEVICE float withSquares(float sum, const Pack<float, W>& g) {
  KLIF_UNROLL
  for (int j = 0; j < W; j++) {
    sum = fmaf(g.v[j], g.v[j], sum);
  }
  return sum;
}

/** partials[piece] = sum of the squares of its gradients: float32 over a thread's 16, float64 over those. */
KLIF_DEVICE void sumSquares(SharedPointer<double> values, float sum, double* partials) {
  const double total = sumBlock<double>(values, threadIdx.x, kThreads, static_cast<double>(sum));
  if (threadIdx.x == 0) {
    partials[blockIdx.x] = total;
  }
}

KLIF_KERNEL_BARRIER void optimizer_squares(const float* gradients, const Piece* pieces, double* partials) {
  KLIF_SHARED(double, values, kThreads);
  Piece piece = pieces[blockIdx.x];
  float sum = 0.0f;
  forEachOf(piece, aligned(gradients) && piece.offset % kWidth == 0, [&](auto width, long long i) {
    constexpr int W = decltype(width)::value;
    sum = withSquares<W>(sum, loadPack<float, W>(gradients + i));
  });
  sumSquares(values, sum, partials);
}

/*
 * One block: norm of all gradients over the loss scale; clip, bias corrections, skip; the next loss scale. Without clipping and loss
 * scaling it is launched twice: ahead of the update for its numbers, of no pieces, and behind it for the norm.
 */
KLIF_KERNEL_BARRIER void optimizer_norm(
    const double* partials, int pieces, const float* schedule, float* lossScale, double momentum, double beta2,
    double clipNorm, float smallestScale, float largestScale, float stepsToGrow, float* norm, float* numbers) {
  KLIF_SHARED(double, values, kThreads);
  double sum = 0.0;
  for (int i = threadIdx.x; i < pieces; i += kThreads) {
    sum += partials[i];
  }
  const double total = sumBlock<double>(values, threadIdx.x, kThreads, sum);
  if (threadIdx.x != 0) {
    return;
  }
  float scale = lossScale == nullptr ? 1.0f : lossScale[0];
  float skipped = lossScale == nullptr ? 0.0f : lossScale[2];
  float length = static_cast<float>(sqrt(total) / static_cast<double>(scale));
  double step = static_cast<double>(schedule[1] - skipped);
  float clip = clipNorm > 0.0 && static_cast<double>(length) > clipNorm
                   ? static_cast<float>(clipNorm / static_cast<double>(length))
                   : 1.0f;
  *norm = length;
  bool skip = false;
  if (lossScale != nullptr) {
    skip = !isNumber(length);
    adjust(lossScale, !skip, smallestScale, largestScale, stepsToGrow);
    clip /= scale;
  }
  numbers[kClip] = clip;
  numbers[kCorrection1] = static_cast<float>(1.0 / (1.0 - pow(momentum, step)));
  numbers[kCorrection2] = static_cast<float>(1.0 / (1.0 - pow(beta2, step)));
  numbers[kFirst] = step == 1.0 ? 1.0f : 0.0f;
  numbers[kSkip] = skip ? 1.0f : 0.0f;
}

/*
 * A block updates its piece. second is null for SGD, rounded where there is no copy, partials where optimizer_squares has written
 * them; a step that may be skipped has no partials here.
 */
KLIF_KERNEL_BARRIER void optimizer_update(
    float* parameters, void* rounded, int copy, const float* gradients, float* first, float* second,
    const Piece* pieces, const Segment* segments, const float* schedule, const float* numbers, int rule, float momentum,
    float beta2, float eps, double* partials) {
  KLIF_SHARED(double, values, kThreads);
  if (numbers[kSkip] != 0.0f) {
    return;
  }
  Piece piece = pieces[blockIdx.x];
  Segment segment = segments[piece.segment];
  Update u;
  u.rule = rule;
  u.rate = static_cast<float>(static_cast<double>(schedule[0]) * segment.rateFactor);
  u.momentum = momentum;
  u.beta2 = beta2;
  u.eps = eps;
  u.decay = segment.decay;
  u.smallest = segment.smallest;
  u.lower = segment.lower;
  u.upper = segment.upper;
  u.clip = numbers[kClip];
  u.correction1 = numbers[kCorrection1];
  u.correction2 = numbers[kCorrection2];
  u.first = numbers[kFirst] != 0.0f;
  bool packed = aligned(parameters) && aligned(rounded) && aligned(gradients) && aligned(first) && aligned(second) &&
                piece.offset % kWidth == 0;
  float sum = 0.0f;
  forEachOf(piece, packed, [&](auto width, long long i) {
    constexpr int W = decltype(width)::value;
    Pack<float, W> w = loadPack<float, W>(parameters + i);
    Pack<float, W> g = loadPack<float, W>(gradients + i);
    sum = withSquares<W>(sum, g);
    Pack<float, W> m = loadPack<float, W>(first + i);
    if (u.rule == kSgd || u.rule == kNesterov) {
      KLIF_UNROLL
      for (int j = 0; j < W; j++) {
        w.v[j] = held(u, sgd(u, w.v[j], g.v[j], m.v[j]));
      }
    } else {
      Pack<float, W> v = loadPack<float, W>(second + i);
      KLIF_UNROLL
      for (int j = 0; j < W; j++) {
        w.v[j] = held(u, adam(u, w.v[j], g.v[j], m.v[j], v.v[j]));
      }
      storePack(second + i, v);
    }
    storePack(first + i, m);
    storePack(parameters + i, w);
    if (copy == kBf16) {
      storeFloats<W>(static_cast<bf16*>(rounded) + i, w);
    } else if (copy == kF16) {
      storeFloats<W>(static_cast<f16*>(rounded) + i, w);
    }
  });
  if (partials != nullptr) {
    sumSquares(values, sum, partials);
  }
}
