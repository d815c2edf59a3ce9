package org.klif.device.cuda;

import jcuda.driver.CUresult;
import org.klif.KlifException;

/** Turns a driver call's status into a sentence for people. */
final class Driver {
  private Driver() {}

  /**
   * Refuses a failed call.
   *
   * @param status what the call returned
   * @param call its name
   * @param detail what it was called for, shapes and sizes; may be empty
   */
  static void check(int status, String call, String detail) {
    if (status != CUresult.CUDA_SUCCESS) {
      throw failure(status, call, detail);
    }
  }

  /** Refuses a failed call whose name says all. */
  static void check(int status, String call) {
    check(status, call, "");
  }

  /** The exception for a failed call. */
  static KlifException failure(int status, String call, String detail) {
    return new KlifException(
        "%s failed%s with %s (%d): %s"
            .formatted(
                call,
                detail.isEmpty() ? "" : " (" + detail + ")",
                CUresult.stringFor(status),
                status,
                remedy(status)));
  }

  /** Whether the context is lost: each later call in this process fails the same way. */
  static boolean isFatal(int status) {
    return switch (status) {
      case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
          CUresult.CUDA_ERROR_ASSERT,
          CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
          CUresult.CUDA_ERROR_INVALID_PC,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
          CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED ->
          true;
      default -> false;
    };
  }

  /** What a status means and what helps. */
  static String remedy(int status) {
    return switch (status) {
      case CUresult.CUDA_ERROR_OUT_OF_MEMORY ->
          "the GPU's memory is full; use a smaller batch, or end other programs that use this GPU";
      case CUresult.CUDA_ERROR_NO_DEVICE ->
          "the driver sees no GPU; check nvidia-smi and the variable CUDA_VISIBLE_DEVICES, or use the device cpu";
      case CUresult.CUDA_ERROR_INVALID_DEVICE ->
          "there is no GPU of this number; klif devices lists them";
      case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE ->
          "another program has this GPU for itself (exclusive mode); wait for it, or choose another as cuda:N";
      case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH ->
          "the driver's library and its kernel module are of different versions; restart the machine after the driver's update";
      case CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION ->
          "the NVIDIA driver is older than Klif's kernels; install driver 520 or later, 525 or later for training";
      case CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU, CUresult.CUDA_ERROR_INVALID_PTX ->
          "this GPU cannot run Klif's kernels, which need compute capability 8.0 or later (A100, RTX 30 and newer)";
      case CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND ->
          "the driver's PTX compiler (libnvidia-ptxjitcompiler.so.1) is missing; install the complete NVIDIA driver";
      case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, CUresult.CUDA_ERROR_MISALIGNED_ADDRESS ->
          "a kernel touched memory that is not its own; start again with KLIF_CUDA_CHECK=1, which names the kernel, and report its message";
      case CUresult.CUDA_ERROR_LAUNCH_TIMEOUT ->
          "a kernel ran longer than the system allows on a GPU that drives a display; use a smaller batch or another GPU";
      case CUresult.CUDA_ERROR_ECC_UNCORRECTABLE, CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE ->
          "the GPU reports a hardware error; check nvidia-smi -q and restart the machine";
      case CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES ->
          "the launch wants more registers or shared memory than a block can have; please report it with this message";
      case CUresult.CUDA_ERROR_NOT_SUPPORTED -> "this driver or GPU does not offer the call";
      default ->
          isFatal(status)
              ? "a kernel failed; start again with KLIF_CUDA_CHECK=1, which names the kernel, and report its message"
              : "please report it with this message";
    };
  }
}
