package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Launch;

/**
 * The primary context of one GPU, which cuBLAS and cuDNN share, and the stream all work goes to.
 * May be used from different threads, one at a time.
 */
final class CudaContext implements AutoCloseable {
  /** Lowest compute capability our PTX is for, times ten. */
  static final int LOWEST_CAPABILITY = 80;

  /** Said of a GPU below it. */
  static final String TOO_OLD =
      "Klif's kernels need compute capability 8.0 or later (A100, RTX 30 and newer); use another GPU, or the device cpu";

  private final int ordinal;
  private final CUdevice device;
  private final CUcontext context;
  private final CUstream stream;
  private final CudaLimits limits;
  private @Nullable KlifException fault;
  private @Nullable Object lastLaunch;
  private @Nullable Grid lastGrid;
  private @Nullable List<Launch> taken;
  private @Nullable CudaGraph recording;
  private boolean closed;

  /** Takes the primary context of GPU number ordinal; cuInit has been called. */
  CudaContext(int ordinal) {
    this.ordinal = ordinal;
    this.device = new CUdevice();
    Driver.check(cuDeviceGet(device, ordinal), "cuDeviceGet", "cuda:" + ordinal);
    this.limits = limits(device);
    if (limits.capability() < LOWEST_CAPABILITY) {
      throw new KlifException("cuda:%d cannot be used: %s".formatted(ordinal, TOO_OLD));
    }
    this.context = new CUcontext();
    Driver.check(
        cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain", "cuda:" + ordinal);
    this.stream = new CUstream();
    try {
      makeCurrent();
      Driver.check(cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
    } catch (RuntimeException e) {
      release(e);
      throw e;
    }
  }

  /** Limits of a GPU. */
  static CudaLimits limits(CUdevice device) {
    return new CudaLimits(
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK),
        10 * attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
  }

  /** Clocks and memory of the GPU, see {@link GpuSpeed}. */
  GpuSpeed speed() {
    return new GpuSpeed(
        limits.multiprocessors(),
        limits.capability(),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_CLOCK_RATE),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH));
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    Driver.check(
        cuDeviceGetAttribute(value, attribute, device),
        "cuDeviceGetAttribute",
        CUdevice_attribute.stringFor(attribute));
    return value[0];
  }

  /** What launches are sized by. */
  CudaLimits limits() {
    return limits;
  }

  /** The compute stream; the context is current in this thread after it. */
  CUstream stream() {
    makeCurrent();
    return stream;
  }

  /** Makes the context the calling thread's: needed before any call that uses it. */
  void makeCurrent() {
    if (closed) {
      throw new KlifException("the device cuda:%d is closed".formatted(ordinal));
    }
    // each time, as another device may have been used in this thread: it costs a memory access
    check(cuCtxSetCurrent(context), "cuCtxSetCurrent", "");
  }

  /**
   * Remembered for the message of a kernel fault, which a later call reports.
   *
   * @param what its text names the launch
   */
  void launched(Object what, @Nullable Grid grid) {
    lastLaunch = what;
    lastGrid = grid;
  }

  /** Whether somebody wants to know what the device is given. */
  boolean listens() {
    return taken != null;
  }

  /** Takes down what the device was given. */
  void took(Launch launch) {
    if (taken != null) {
      taken.add(launch);
    }
  }

  /** Does the work and gives all that the device was given meanwhile. */
  List<Launch> launchesOf(Runnable work) {
    List<Launch> launches = new ArrayList<>();
    taken = launches;
    try {
      work.run();
      synchronizeAll();
    } finally {
      taken = null;
    }
    return launches;
  }

  /** Says which graph records what is given from now on; null: none. */
  void setRecording(@Nullable CudaGraph graph) {
    recording = graph;
  }

  /** The graph that records what is given, or null. */
  @Nullable CudaGraph recording() {
    return recording;
  }

  /** Refuses what cannot be part of captured work. */
  void requireNoCapture(String what) {
    if (recording != null) {
      throw new IllegalStateException(what + " inside captured work");
    }
  }

  /** Refuses a failed call, and remembers a failure after which the context is lost. */
  void check(int status, String call, String detail) {
    if (status == CUresult.CUDA_SUCCESS) {
      return;
    }
    if (fault != null) {
      throw new KlifException(
          "%s is not possible any more: %s".formatted(call, fault.getMessage()), fault);
    }
    boolean fatal = Driver.isFatal(status);
    String what = fatal ? withLastLaunch(detail) : detail;
    KlifException failure = Driver.failure(status, call, what);
    if (fatal) {
      fault = failure;
    }
    throw failure;
  }

  /**
   * The context is lost after a kernel fault: frees would fail, and the process's end frees all.
   */
  boolean isLost() {
    return fault != null;
  }

  private String withLastLaunch(String detail) {
    if (lastLaunch == null) {
      return detail;
    }
    return "%s%slast launch: %s%s"
        .formatted(
            detail,
            detail.isEmpty() ? "" : "; ",
            lastLaunch,
            lastGrid == null ? "" : ", " + lastGrid);
  }

  /** Waits until all work is done. */
  void synchronize() {
    check(cuStreamSynchronize(stream()), "cuStreamSynchronize", "");
  }

  /** Waits for all streams, those of queues too: a batch that is put ahead is copied on its own. */
  void synchronizeAll() {
    makeCurrent();
    check(cuCtxSynchronize(), "cuCtxSynchronize", "");
  }

  private void release(@Nullable RuntimeException earlier) {
    int status = cuDevicePrimaryCtxRelease(device);
    if (status != CUresult.CUDA_SUCCESS && !isLost()) {
      KlifException failure = Driver.failure(status, "cuDevicePrimaryCtxRelease", "");
      if (earlier == null) {
        throw failure;
      }
      earlier.addSuppressed(failure);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    @Nullable RuntimeException first = null;
    try {
      makeCurrent();
      if (!isLost()) {
        check(cuStreamDestroy(stream), "cuStreamDestroy", "");
      }
    } catch (RuntimeException e) {
      first = e;
    }
    closed = true;
    release(first);
    if (first != null) {
      throw first;
    }
  }
}
