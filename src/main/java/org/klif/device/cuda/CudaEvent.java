package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;

import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;

/** A point in a stream's work. One that was never recorded counts as reached. */
final class CudaEvent extends DriverObject {
  private final CUevent event = new CUevent();

  CudaEvent(CudaContext context) {
    super(context);
    context.makeCurrent();
    context.check(cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING), "cuEventCreate", "");
  }

  /** Marks what was given to the stream so far. */
  void record(CUstream stream) {
    context.check(cuEventRecord(event, stream), "cuEventRecord", "");
  }

  /** The host waits until the mark is reached. */
  void synchronize() {
    context.check(cuEventSynchronize(event), "cuEventSynchronize", "");
  }

  /** What is given to the stream from now on waits for the mark. */
  void holdBack(CUstream stream) {
    context.check(cuStreamWaitEvent(stream, event, 0), "cuStreamWaitEvent", "");
  }

  @Override
  void destroy() {
    context.check(cuEventDestroy(event), "cuEventDestroy", "");
  }
}
