// A stand-in for the part of cuBLAS that Klif calls: arguments are checked as cuBLAS's manual says, and the product is computed on
// the CPU when the stream comes to it. Everything else answers NOT_SUPPORTED (cublas-symbols.txt).

#include <cstdint>

#include "number.h"
#include "objects.h"
#include "product.h"
#include "sim.h"

#define KLIF_CUBLAS extern "C" __attribute__((visibility("default")))

extern "C" int cuStreamIsCapturing(CUstream stream, int* status);

namespace {

using klif_sim::Number;

enum Status {
  kSuccess = 0,
  kNotInitialized = 1,
  kAllocFailed = 3,
  kInvalidValue = 7,
  kArchMismatch = 8,
  kMappingError = 11,
  kExecutionFailed = 13,
  kInternalError = 14,
  kNotSupported = 15,
};

enum Operation { kPlain = 0, kTransposed = 1, kConjugated = 2 };
enum DataType { kReal32 = 0, kReal16 = 2, kReal16b = 14 };
enum ComputeType {
  kCompute32 = 68,
  kCompute32Pedantic = 69,
  kCompute32Fast16 = 74,
  kCompute32Fast16b = 75,
  kCompute32FastTf32 = 77,
};
enum MathMode { kDefaultMath = 0, kTensorMath = 1, kPedanticMath = 2, kTf32Math = 3, kMathMask = 15, kMathFlags = 16 };

struct Handle {
  CUstream stream = nullptr;
  void* workspace = nullptr;
  size_t workspaceBytes = 0;
  int mathMode = kDefaultMath;
  int pointerMode = 0;
  int atomics = 0;
};

klif_sim::Objects<Handle>& handles() {
  static auto* const all = new klif_sim::Objects<Handle>();
  return *all;
}

const char* nameOf(int status) {
  switch (status) {
    case kSuccess: return "CUBLAS_STATUS_SUCCESS";
    case kNotInitialized: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case kAllocFailed: return "CUBLAS_STATUS_ALLOC_FAILED";
    case kInvalidValue: return "CUBLAS_STATUS_INVALID_VALUE";
    case kArchMismatch: return "CUBLAS_STATUS_ARCH_MISMATCH";
    case kMappingError: return "CUBLAS_STATUS_MAPPING_ERROR";
    case kExecutionFailed: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case kInternalError: return "CUBLAS_STATUS_INTERNAL_ERROR";
    case kNotSupported: return "CUBLAS_STATUS_NOT_SUPPORTED";
    case 16: return "CUBLAS_STATUS_LICENSE_ERROR";
    default: return "CUBLAS_STATUS_UNKNOWN";
  }
}

/** One operand of a product, or of many: column-major matrices, as they are or transposed. */
struct Matrix {
  const void* data;
  int leading;
  long long stride;  // from the first of a batch to the second
  bool transposed;

  long long at(long long row, long long column) const {
    return transposed ? row * leading + column : column * leading + row;
  }
  long long rowStep() const { return transposed ? leading : 1; }
  long long columnStep() const { return transposed ? 1 : leading; }
};

struct Product {
  int m;
  int n;
  int k;
  Matrix a;
  Matrix b;
  void* c;
  int leadingC;
  long long strideC;
  int count;
  Number in = Number::F32;
  Number out = Number::F32;
  float alpha = 1;
  float beta = 0;
};

/** The product of a batch with that number. */
template <typename Reader>
void multiply(const Product& g, int number) {
  using Stored = typename Reader::Stored;
  const Stored* a = static_cast<const Stored*>(g.a.data) + number * g.a.stride;
  const Stored* b = static_cast<const Stored*>(g.b.data) + number * g.b.stride;
  // Klif's matrices are row-major, so the transposed product has the longer rows: C' = B' A'
  klif_sim::FillLeft left = [&](long long row, int rows, long long p, int length, float* panel) {
    for (int q = 0; q < length; q++) {
      float* to = panel + static_cast<long>(q) * klif_sim::kRows;
      const Stored* from = b + g.b.at(p + q, row);
      for (int i = 0; i < rows; i++) {
        to[i] = Reader::value(from[i * g.b.columnStep()]);
      }
      for (int i = rows; i < klif_sim::kRows; i++) {
        to[i] = 0;
      }
    }
  };
  klif_sim::FillRight right = [&](long long column, int columns, long long p, int length, float* panel) {
    for (int q = 0; q < length; q++) {
      float* to = panel + static_cast<long>(q) * klif_sim::kColumns;
      const Stored* from = a + g.a.at(column, p + q);
      for (int i = 0; i < columns; i++) {
        to[i] = Reader::value(from[i * g.a.rowStep()]);
      }
      for (int i = columns; i < klif_sim::kColumns; i++) {
        to[i] = 0;
      }
    }
  };
  klif_sim::Store store = [&](long long row, long long column, int columns, const float* sums) {
    for (int i = 0; i < columns; i++) {
      storeScaled(g.out, g.c, number * g.strideC + row * g.leadingC + column + i, sums[i], g.alpha, g.beta);
    }
  };
  klif_sim::product(g.n, g.m, g.k, false, left, right, store);
}

/** The format of a data type; false for one that the stand-in does not compute with. */
bool numberOf(int type, Number* number) {
  switch (type) {
    case kReal32: *number = Number::F32; return true;
    case kReal16: *number = Number::F16; return true;
    case kReal16b: *number = Number::BF16; return true;
    default: return false;
  }
}

/** How float32 is read: truly, unless the compute type or the math mode allows TF32. */
bool float32Reading(const Handle& handle, int computeType, Number* number) {
  bool pedantic = handle.mathMode % kMathFlags == kPedanticMath;
  switch (computeType) {
    case kCompute32:
      *number = handle.mathMode % kMathFlags == kTf32Math || handle.mathMode % kMathFlags == kTensorMath
                    ? Number::TF32
                    : Number::F32;
      return true;
    case kCompute32Pedantic: *number = Number::F32; return true;
    case kCompute32FastTf32: *number = pedantic ? Number::F32 : Number::TF32; return true;
    default: return false;
  }
}

/** Bytes that column-major matrices span, from the first of a batch on. */
size_t span(long long rows, long long columns, long long leading, long long stride, int count, Number number) {
  return rows == 0 || columns == 0
             ? 0
             : static_cast<size_t>((count - 1) * stride + (columns - 1) * leading + rows) * klif_sim::bytesOf(number);
}

bool aligned(const void* address, size_t bytes) { return reinterpret_cast<uintptr_t>(address) % bytes == 0; }

/** What is wrong with shape, leading dimensions or strides; null for nothing. */
const char* wrongShape(const Product& g, int transA, int transB) {
  if (transA < kPlain || transA > kConjugated) return "no such operation on A";
  if (transB < kPlain || transB > kConjugated) return "no such operation on B";
  if (g.m < 0 || g.n < 0 || g.k < 0) return "m, n or k is negative";
  if (g.a.leading < 1 || g.a.leading < (transA == kPlain ? g.m : g.k)) return "lda is too small";
  if (g.b.leading < 1 || g.b.leading < (transB == kPlain ? g.k : g.n)) return "ldb is too small";
  if (g.leadingC < 1 || g.leadingC < g.m) return "ldc is too small";
  if (g.count < 0) return "the number of products is negative";
  if (g.a.stride < 0 || g.b.stride < 0 || g.strideC < 0) return "a stride is negative, which Klif's never are";
  // cuBLAS leaves open what overlapping results are: a mistake of the caller's
  if (g.count > 1 && g.strideC < static_cast<long long>(g.n - 1) * g.leadingC + g.m) return "results overlap";
  return nullptr;
}

/** cublasGemmEx, or the same for a batch. */
int gemm(
    const char* call, void* handle, Product g, int transA, int transB, const void* alpha, int typeA, int typeB,
    const void* beta, int typeC, int computeType, int algorithm) {
  if (int status = klif_sim::plantedFault(call, kExecutionFailed)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kNotInitialized;
  if (const char* why = wrongShape(g, transA, transB)) {
    klif_sim::say("%s: %s", call, why);
    return kInvalidValue;
  }
  if (alpha == nullptr || beta == nullptr) return kInvalidValue;
  if (klif_sim::isDeviceAddress(alpha) || klif_sim::isDeviceAddress(beta)) {
    klif_sim::say("%s: alpha and beta are host pointers in pointer mode HOST", call);
    return kInvalidValue;
  }
  if (algorithm < -1 || algorithm > 115) return kInvalidValue;
  g.alpha = *static_cast<const float*>(alpha);
  g.beta = *static_cast<const float*>(beta);
  Number inB;
  Number reading;
  if (!numberOf(typeA, &g.in) || !numberOf(typeB, &inB) || !numberOf(typeC, &g.out) || g.in != inB ||
      (g.out != Number::F32 && g.out != g.in) || !float32Reading(*h, computeType, &reading)) {
    klif_sim::say("%s: types %d, %d, %d with compute type %d", call, typeA, typeB, typeC, computeType);
    return kNotSupported;
  }
  if (g.in == Number::F32) {
    g.in = reading;
  }
  if (g.m == 0 || g.n == 0 || g.count == 0) return kSuccess;
  if (!aligned(g.a.data, klif_sim::bytesOf(g.in)) || !aligned(g.b.data, klif_sim::bytesOf(g.in)) ||
      !aligned(g.c, klif_sim::bytesOf(g.out))) {
    klif_sim::say("%s: a matrix is not aligned to its elements", call);
    return kInvalidValue;
  }
  int capturing = 0;
  if (h->workspace == nullptr && cuStreamIsCapturing(h->stream, &capturing) == 0 && capturing != 0) {
    // cuBLAS would allocate memory in the graph: then the bits may differ from the eager step's
    klif_sim::say("%s: captured without cublasSetWorkspace before", call);
    return kInternalError;
  }
  bool plainA = transA == kPlain;
  bool plainB = transB == kPlain;
  int status = klif_sim::enqueue(
      h->stream, call,
      {{"A", g.a.data, span(plainA ? g.m : g.k, plainA ? g.k : g.m, g.a.leading, g.a.stride, g.count, g.in)},
       {"B", g.b.data, span(plainB ? g.k : g.n, plainB ? g.n : g.k, g.b.leading, g.b.stride, g.count, g.in)},
       {"C", g.c, span(g.m, g.n, g.leadingC, g.strideC, g.count, g.out)},
       {"workspace", h->workspace, h->workspaceBytes, true}},
      [g] {
        withReader(g.in, [&](auto reader) {
          for (int number = 0; number < g.count; number++) {
            multiply<decltype(reader)>(g, number);
          }
        });
      });
  return status == 0 ? kSuccess : kExecutionFailed;
}

}  // namespace

KLIF_CUBLAS int cublasCreate_v2(void** handle) {
  if (int status = klif_sim::plantedFault("cublasCreate", kNotInitialized)) return status;
  if (handle == nullptr) return kInvalidValue;
  if (klif_sim::contextStatus() != 0) return kNotInitialized;
  *handle = handles().create();
  return kSuccess;
}

KLIF_CUBLAS int cublasDestroy_v2(void* handle) {
  if (int status = klif_sim::plantedFault("cublasDestroy", kNotInitialized)) return status;
  return handles().destroy(handle) ? kSuccess : kNotInitialized;
}

KLIF_CUBLAS int cublasGetVersion_v2(void* handle, int* version) {
  if (int status = klif_sim::plantedFault("cublasGetVersion", kNotInitialized)) return status;
  if (handle != nullptr && handles().find(handle) == nullptr) return kNotInitialized;
  if (version == nullptr) return kInvalidValue;
  *version = 120600;
  return kSuccess;
}

KLIF_CUBLAS int cublasGetProperty(int type, int* value) {
  if (int status = klif_sim::plantedFault("cublasGetProperty", kInvalidValue)) return status;
  if (value == nullptr || type < 0 || type > 2) return kInvalidValue;
  const int version[] = {12, 6, 0};
  *value = version[type];
  return kSuccess;
}

KLIF_CUBLAS size_t cublasGetCudartVersion() { return 12060; }

KLIF_CUBLAS int cublasSetStream_v2(void* handle, CUstream stream) {
  if (int status = klif_sim::plantedFault("cublasSetStream", kNotInitialized)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kNotInitialized;
  h->stream = stream;
  // as the manual says: back to the library's own workspace
  h->workspace = nullptr;
  h->workspaceBytes = 0;
  return kSuccess;
}

KLIF_CUBLAS int cublasGetStream_v2(void* handle, CUstream* stream) {
  if (int status = klif_sim::plantedFault("cublasGetStream", kNotInitialized)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kNotInitialized;
  if (stream == nullptr) return kInvalidValue;
  *stream = h->stream;
  return kSuccess;
}

KLIF_CUBLAS int cublasSetWorkspace_v2(void* handle, void* workspace, size_t bytes) {
  if (int status = klif_sim::plantedFault("cublasSetWorkspace", kInvalidValue)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kNotInitialized;
  if (!aligned(workspace, 256)) return kInvalidValue;
  if (workspace != nullptr && klif_sim::liveBytesFrom(workspace) < bytes) {
    klif_sim::say("cublasSetWorkspace: %zu bytes are not all live device memory", bytes);
    return kInvalidValue;
  }
  h->workspace = workspace;
  h->workspaceBytes = workspace == nullptr ? 0 : bytes;
  return kSuccess;
}

KLIF_CUBLAS int cublasSetMathMode(void* handle, int mode) {
  if (int status = klif_sim::plantedFault("cublasSetMathMode", kInvalidValue)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kNotInitialized;
  if (mode < 0 || (mode & kMathMask) > kTf32Math || (mode & ~(kMathMask | kMathFlags)) != 0) return kInvalidValue;
  h->mathMode = mode;
  return kSuccess;
}

KLIF_CUBLAS int cublasGetMathMode(void* handle, int* mode) {
  if (int status = klif_sim::plantedFault("cublasGetMathMode", kNotInitialized)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kNotInitialized;
  if (mode == nullptr) return kInvalidValue;
  *mode = h->mathMode;
  return kSuccess;
}

KLIF_CUBLAS int cublasSetPointerMode_v2(void* handle, int mode) {
  if (int status = klif_sim::plantedFault("cublasSetPointerMode", kNotInitialized)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kNotInitialized;
  if (mode != 0) return kNotSupported;  // scalars in device memory
  h->pointerMode = mode;
  return kSuccess;
}

KLIF_CUBLAS int cublasSetAtomicsMode(void* handle, int mode) {
  if (int status = klif_sim::plantedFault("cublasSetAtomicsMode", kNotInitialized)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kNotInitialized;
  if (mode != 0 && mode != 1) return kInvalidValue;
  h->atomics = mode;
  return kSuccess;
}

KLIF_CUBLAS const char* cublasGetStatusName(int status) { return nameOf(status); }

KLIF_CUBLAS const char* cublasGetStatusString(int status) { return nameOf(status); }

KLIF_CUBLAS int cublasGemmEx(
    void* handle, int transA, int transB, int m, int n, int k, const void* alpha, const void* a, int typeA, int lda,
    const void* b, int typeB, int ldb, const void* beta, void* c, int typeC, int ldc, int computeType, int algorithm) {
  return gemm("cublasGemmEx", handle, {m, n, k, {a, lda, 0, transA != kPlain}, {b, ldb, 0, transB != kPlain}, c, ldc, 0, 1},
              transA, transB, alpha, typeA, typeB, beta, typeC, computeType, algorithm);
}

KLIF_CUBLAS int cublasGemmStridedBatchedEx(
    void* handle, int transA, int transB, int m, int n, int k, const void* alpha, const void* a, int typeA, int lda,
    long long strideA, const void* b, int typeB, int ldb, long long strideB, const void* beta, void* c, int typeC,
    int ldc, long long strideC, int count, int computeType, int algorithm) {
  return gemm(
      "cublasGemmStridedBatchedEx", handle,
      {m, n, k, {a, lda, strideA, transA != kPlain}, {b, ldb, strideB, transB != kPlain}, c, ldc, strideC, count},
      transA, transB, alpha, typeA, typeB, beta, typeC, computeType, algorithm);
}
