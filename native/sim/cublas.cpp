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

/** One operand of a product: a column-major matrix, as it is or transposed. */
struct Matrix {
  const void* data;
  int leading;
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
  Number in;
  Number out;
  float alpha;
  float beta;
};

template <typename Reader>
void multiply(const Product& g) {
  using Stored = typename Reader::Stored;
  const Stored* a = static_cast<const Stored*>(g.a.data);
  const Stored* b = static_cast<const Stored*>(g.b.data);
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
      storeScaled(g.out, g.c, row * g.leadingC + column + i, sums[i], g.alpha, g.beta);
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

/** Bytes that a column-major matrix spans. */
size_t span(long long rows, long long columns, long long leading, Number number) {
  return rows == 0 || columns == 0
             ? 0
             : static_cast<size_t>((columns - 1) * leading + rows) * klif_sim::bytesOf(number);
}

bool aligned(const void* address, size_t bytes) { return reinterpret_cast<uintptr_t>(address) % bytes == 0; }

bool refused(const char* why, int value) {
  klif_sim::say("cublasGemmEx: %s (%d)", why, value);
  return true;
}

/** Whether shape or leading dimensions are wrong. */
bool wrongShape(int transA, int transB, int m, int n, int k, int lda, int ldb, int ldc) {
  if (transA < kPlain || transA > kConjugated) return refused("no such operation on A", transA);
  if (transB < kPlain || transB > kConjugated) return refused("no such operation on B", transB);
  if (m < 0) return refused("m is negative", m);
  if (n < 0) return refused("n is negative", n);
  if (k < 0) return refused("k is negative", k);
  if (lda < 1 || lda < (transA == kPlain ? m : k)) return refused("lda is too small", lda);
  if (ldb < 1 || ldb < (transB == kPlain ? k : n)) return refused("ldb is too small", ldb);
  if (ldc < 1 || ldc < m) return refused("ldc is too small", ldc);
  return false;
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
  if (int status = klif_sim::plantedFault("cublasGemmEx", kExecutionFailed)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kNotInitialized;
  if (wrongShape(transA, transB, m, n, k, lda, ldb, ldc)) return kInvalidValue;
  if (alpha == nullptr || beta == nullptr) return kInvalidValue;
  if (klif_sim::isDeviceAddress(alpha) || klif_sim::isDeviceAddress(beta)) {
    klif_sim::say("cublasGemmEx: alpha and beta are host pointers in pointer mode HOST");
    return kInvalidValue;
  }
  if (algorithm < -1 || algorithm > 115) return kInvalidValue;
  Product g = {m, n, k, {a, lda, transA != kPlain}, {b, ldb, transB != kPlain}, c, ldc, Number::F32, Number::F32,
               *static_cast<const float*>(alpha), *static_cast<const float*>(beta)};
  Number inB;
  Number reading;
  if (!numberOf(typeA, &g.in) || !numberOf(typeB, &inB) || !numberOf(typeC, &g.out) || g.in != inB ||
      (g.out != Number::F32 && g.out != g.in) || !float32Reading(*h, computeType, &reading)) {
    klif_sim::say("cublasGemmEx: types %d, %d, %d with compute type %d", typeA, typeB, typeC, computeType);
    return kNotSupported;
  }
  if (g.in == Number::F32) {
    g.in = reading;
  }
  if (m == 0 || n == 0) return kSuccess;
  if (!aligned(a, klif_sim::bytesOf(g.in)) || !aligned(b, klif_sim::bytesOf(g.in)) ||
      !aligned(c, klif_sim::bytesOf(g.out))) {
    klif_sim::say("cublasGemmEx: a matrix is not aligned to its elements");
    return kInvalidValue;
  }
  int capturing = 0;
  if (h->workspace == nullptr && cuStreamIsCapturing(h->stream, &capturing) == 0 && capturing != 0) {
    // cuBLAS would allocate memory in the graph: then the bits may differ from the eager step's
    klif_sim::say("cublasGemmEx: captured without cublasSetWorkspace before");
    return kInternalError;
  }
  int status = klif_sim::enqueue(
      h->stream, "cublasGemmEx",
      {{"A", a, span(transA == kPlain ? m : k, transA == kPlain ? k : m, lda, g.in)},
       {"B", b, span(transB == kPlain ? k : n, transB == kPlain ? n : k, ldb, g.in)},
       {"C", c, span(m, n, ldc, g.out)},
       {"workspace", h->workspace, h->workspaceBytes, true}},
      [g] { withReader(g.in, [&](auto reader) { multiply<decltype(reader)>(g); }); });
  return status == 0 ? kSuccess : kExecutionFailed;
}
