package org.klif.device.cuda;

import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import jcuda.runtime.cudaStream_t;
import org.klif.KlifException;

/** cuDNN on a device's compute stream. */
final class Cudnn implements AutoCloseable {
  /** The first version with the functions that JCuda's native part asks for. */
  static final long OLDEST = 90000;

  // cuDNN 9 has groups of a thousand codes; JCudnn's constants are those of cuDNN 8
  private static final int GROUP = 1000;
  private static final int NOT_INITIALIZED = 1001;
  private static final int OWN_STATE_GROUP = 1;
  private static final int BAD_PARAMETER_GROUP = 2;
  private static final int NOT_SUPPORTED_GROUP = 3;
  private static final int HOST_ALLOCATION_FAILED = 4003;
  private static final int DEVICE_ALLOCATION_FAILED = 4004;
  private static final int EXECUTION_FAILED_GROUP = 5;

  private final CudaDevice device;
  private final cudnnHandle handle = new cudnnHandle();
  private final AlgorithmFile algorithms;

  /** Loads the library, and sets up its stream. */
  Cudnn(CudaDevice device) {
    this.device = device;
    CudaLibraries.loadCudnn();
    long version = JCudnn.cudnnGetVersion(); // 90501 for 9.5.1
    if (version < OLDEST) {
      throw new KlifException(
          "cuDNN %d is too old; install cuDNN 9 for CUDA 12 or 13".formatted(version));
    }
    cudaStream_t stream = new cudaStream_t(device.stream());
    check(JCudnn.cudnnCreate(handle), "cudnnCreate", "");
    try {
      check(JCudnn.cudnnSetStream(handle, stream), "cudnnSetStream", "");
    } catch (RuntimeException e) {
      JCudnn.cudnnDestroy(handle);
      throw e;
    }
    algorithms =
        new AlgorithmFile(
            device.options().fast() ? device.options().algorithmFile() : null,
            device.info().description(),
            version);
  }

  /** The handle; the device's context is current in this thread after it. */
  cudnnHandle handle() {
    device.context().makeCurrent();
    return handle;
  }

  /** Choices made by measurement. */
  AlgorithmFile algorithms() {
    return algorithms;
  }

  /** Refuses a failed call. */
  static void check(int status, String call, String detail) {
    if (status != 0) {
      throw failure(status, call, detail);
    }
  }

  /**
   * Whether a call failed, and another algorithm, math type or layout may do. NOT_SUPPORTED is not
   * the only word for that: BAD_PARAM, INTERNAL_ERROR and EXECUTION_FAILED have been seen, too.
   */
  static boolean mayDoOtherwise(int status) {
    return status != 0
        && status / GROUP != OWN_STATE_GROUP
        && status != HOST_ALLOCATION_FAILED
        && status != DEVICE_ALLOCATION_FAILED;
  }

  /** Whether a call failed because there is no implementation for its arguments. */
  static boolean isNotSupported(int status) {
    return status / GROUP == NOT_SUPPORTED_GROUP;
  }

  /** The exception for a failed call. */
  static KlifException failure(int status, String call, String detail) {
    return new KlifException(
        "%s failed%s with %s (%d): %s"
            .formatted(
                call,
                detail.isEmpty() ? "" : " (" + detail + ")",
                JCudnn.cudnnGetErrorString(status),
                status,
                remedy(status)));
  }

  private static String remedy(int status) {
    return switch (status) {
      case NOT_INITIALIZED ->
          "cuDNN could not start, often because the GPU's memory is full or its other libraries"
              + " (libcudnn_ops, libcudnn_cnn) are missing; klif devices shows what was found";
      case HOST_ALLOCATION_FAILED, DEVICE_ALLOCATION_FAILED ->
          "the memory is full; use a smaller batch, or end other programs that use this GPU";
      default ->
          switch (status / GROUP) {
            case NOT_SUPPORTED_GROUP ->
                "this version of cuDNN cannot do it on this GPU; install a newer cuDNN 9, or try precision float32 or another batch";
            case EXECUTION_FAILED_GROUP ->
                "the GPU could not run it; its memory may be full, or a kernel before it have failed (KLIF_CUDA_CHECK=1 names the kernel)";
            case BAD_PARAMETER_GROUP -> "please report it with this message";
            default ->
                "cuDNN's libraries may not belong together; install cuDNN 9 anew (klif devices shows what was found), or report it with this message";
          };
    };
  }

  @Override
  public void close() {
    if (!device.context().isLost()) {
      device.context().makeCurrent(); // cuDNN wants the device that the handle was made on
    }
    check(JCudnn.cudnnDestroy(handle), "cudnnDestroy", "");
  }
}
