package org.klif.device.cuda;

import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasAtomicsMode;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasPointerMode;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;
import org.klif.KlifException;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Launch;

/**
 * cuBLAS on a device's compute stream. Its workspace is ours and fixed before anything is captured,
 * so that a replayed graph and an eager step compute the same; sums use no atomics.
 */
final class Cublas implements AutoCloseable {
  // NVIDIA's advice: 32 MiB from compute capability 9.0 on, else 4 MiB and more
  private static final long WORKSPACE_BYTES = 8L << 20;
  private static final long WORKSPACE_BYTES_FROM_90 = 32L << 20;

  private final CudaDevice device;
  private final LibraryPrecision precision;
  private final cublasHandle handle = new cublasHandle();
  private final BufferScope owned;

  /** Loads the library, and sets up stream, workspace and precision. */
  Cublas(CudaDevice device, LibraryPrecision precision) {
    this.device = device;
    this.precision = precision;
    this.owned = new BufferScope(device);
    CudaLibraries.loadCublas();
    cudaStream_t stream = new cudaStream_t(device.stream());
    check(JCublas2.cublasCreate(handle), "cublasCreate", "");
    AutoCloseable destroy = () -> check(JCublas2.cublasDestroy(handle), "cublasDestroy", "");
    owned.own(destroy);
    try {
      // the stream first: setting it gives up the workspace
      check(JCublas2.cublasSetStream(handle, stream), "cublasSetStream", "");
      check(
          JCublas2.cublasSetPointerMode(handle, cublasPointerMode.CUBLAS_POINTER_MODE_HOST),
          "cublasSetPointerMode",
          "");
      check(
          JCublas2.cublasSetAtomicsMode(handle, cublasAtomicsMode.CUBLAS_ATOMICS_NOT_ALLOWED),
          "cublasSetAtomicsMode",
          "");
      check(JCublas2.cublasSetMathMode(handle, precision.blasMath()), "cublasSetMathMode", "");
      long bytes = device.limits().capability() >= 90 ? WORKSPACE_BYTES_FROM_90 : WORKSPACE_BYTES;
      CudaBuffer workspace =
          owned.own(device.workspace(DType.FLOAT32, bytes / DType.FLOAT32.bytes()));
      check(
          JCublas2.cublasSetWorkspace(handle, workspace.pointer(), bytes),
          "cublasSetWorkspace",
          bytes + " bytes");
    } catch (RuntimeException e) {
      throw owned.closeAfter(e);
    }
  }

  /**
   * A column-major matrix product C (m, n) = A (m, k) B (k, n), as cuBLAS has it.
   *
   * @param transA A is stored as (k, m)
   * @param transB B is stored as (n, k)
   */
  record Shape(boolean transA, boolean transB, int m, int n, int k) {
    private double operations() {
      return 2.0 * m * n * k;
    }

    private int leadingA() {
      return transA ? k : m;
    }

    private int leadingB() {
      return transB ? n : k;
    }
  }

  /**
   * C = A B; matrices without gaps.
   *
   * @param what the layer and the pass, for the message
   */
  void multiply(String what, Shape s, CudaBuffer a, CudaBuffer b, CudaBuffer c) {
    device.context().makeCurrent();
    int typeC = c.type() == DType.FLOAT32 ? jcuda.cudaDataType.CUDA_R_32F : precision.dataType();
    // GemmEx_new takes the compute type; JCuda's cublasGemmEx takes a data type there, which says
    // nothing of TF32
    int status =
        JCublas2.cublasGemmEx_new(
            handle,
            operation(s.transA),
            operation(s.transB),
            s.m,
            s.n,
            s.k,
            HostScalar.ONE,
            a.pointer(),
            precision.dataType(),
            s.leadingA(),
            b.pointer(),
            precision.dataType(),
            s.leadingB(),
            HostScalar.ZERO,
            c.pointer(),
            typeC,
            s.m,
            precision.computeType(),
            cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw failure(
          status,
          "cublasGemmEx",
          "%s, m %d n %d k %d, %s".formatted(what, s.m, s.n, s.k, precision.activations()));
    }
    device
        .context()
        .took(
            new Launch("cublasGemmEx", (double) a.bytes() + b.bytes(), c.bytes(), s.operations()));
  }

  /**
   * Many products of one shape.
   *
   * @param leadingA elements from one column of A to the next
   * @param strideA elements from one A to the next
   * @param count of products
   */
  record Batch(
      Shape shape,
      int leadingA,
      long strideA,
      int leadingB,
      long strideB,
      int leadingC,
      long strideC,
      int count) {}

  /**
   * C = factor A B for each of a batch.
   *
   * @param what the layer and the product, for the message
   * @param factor in host memory
   * @param a from the first A on, like b and c
   */
  void multiply(
      String what, Batch batch, Pointer factor, CudaBuffer a, CudaBuffer b, CudaBuffer c) {
    device.context().makeCurrent();
    Shape s = batch.shape;
    // for _new see above
    int status =
        JCublas2.cublasGemmStridedBatchedEx_new(
            handle,
            operation(s.transA),
            operation(s.transB),
            s.m,
            s.n,
            s.k,
            factor,
            a.pointer(),
            precision.dataType(),
            batch.leadingA,
            batch.strideA,
            b.pointer(),
            precision.dataType(),
            batch.leadingB,
            batch.strideB,
            HostScalar.ZERO,
            c.pointer(),
            precision.dataType(),
            batch.leadingC,
            batch.strideC,
            batch.count,
            precision.computeType(),
            cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw failure(
          status,
          "cublasGemmStridedBatchedEx",
          "%s, m %d n %d k %d, %d times, %s"
              .formatted(what, s.m, s.n, s.k, batch.count, precision.activations()));
    }
    double bytes = (double) batch.count * precision.activations().bytes();
    device
        .context()
        .took(
            new Launch(
                "cublasGemmStridedBatchedEx",
                bytes * ((double) s.m * s.k + (double) s.k * s.n),
                bytes * s.m * s.n,
                batch.count * s.operations()));
  }

  private static int operation(boolean transposed) {
    return transposed ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }

  private static void check(int status, String call, String detail) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw failure(status, call, detail);
    }
  }

  private static KlifException failure(int status, String call, String detail) {
    return new KlifException(
        "%s failed%s with %s (%d): %s"
            .formatted(
                call,
                detail.isEmpty() ? "" : " (" + detail + ")",
                cublasStatus.stringFor(status),
                status,
                remedy(status)));
  }

  private static String remedy(int status) {
    return switch (status) {
      case cublasStatus.CUBLAS_STATUS_ALLOC_FAILED ->
          "the GPU's memory is full; use a smaller batch, or end other programs that use this GPU";
      case cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED ->
          "cuBLAS could not start, often because the GPU's memory is full or a kernel failed before;"
              + " use a smaller batch, or end other programs that use this GPU";
      case cublasStatus.CUBLAS_STATUS_ARCH_MISMATCH ->
          "this GPU cannot compute in this precision; use precision float32";
      case cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED ->
          "this version of cuBLAS cannot do it; install cuBLAS 12 or later, or use precision float32";
      case cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED ->
          "the GPU could not run it; a kernel before it may have failed (KLIF_CUDA_CHECK=1 names the kernel)";
      default -> "please report it with this message";
    };
  }

  @Override
  public void close() {
    owned.close(); // the workspace first
  }
}
