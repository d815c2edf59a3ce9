package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.CapturedWork;

/**
 * Work replayed as a CUDA graph: one launch instead of hundreds. The first run is plain, so that
 * kernels are loaded and libraries have chosen their algorithms; the second is recorded, and
 * launched like all later ones.
 */
final class CudaGraph extends DriverObject implements CapturedWork {
  private final Runnable work;
  private final boolean replayed;
  private @Nullable CUgraphExec graph;
  private boolean ranBefore;

  /**
   * Work on a context.
   *
   * @param replayed false: it is given to the device anew each time
   */
  CudaGraph(CudaContext context, Runnable work, boolean replayed) {
    super(context);
    this.work = work;
    this.replayed = replayed;
  }

  @Override
  public void run() {
    if (isClosed()) {
      throw new KlifException("captured work was run after it was closed");
    }
    context.requireNoCapture("captured work");
    if (!replayed || !ranBefore) {
      work.run();
      ranBefore = true;
      return;
    }
    if (graph == null) {
      graph = instantiate(record());
    }
    context.check(cuGraphLaunch(graph, context.stream()), "cuGraphLaunch", "");
    context.launched("a replayed step", null);
  }

  private CUgraph record() {
    CUstream stream = context.stream();
    context.check(
        cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "cuStreamBeginCapture",
        "");
    CUgraph recorded = new CUgraph();
    context.setCapturing(true);
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      context.setCapturing(false);
      if (cuStreamEndCapture(stream, recorded) == CUresult.CUDA_SUCCESS) {
        cuGraphDestroy(recorded);
      }
      throw e;
    }
    context.setCapturing(false);
    context.check(
        cuStreamEndCapture(stream, recorded), "cuStreamEndCapture", "graph=false does without");
    return recorded;
  }

  private CUgraphExec instantiate(CUgraph recorded) {
    CUgraphExec executable = new CUgraphExec();
    int status = cuGraphInstantiate(executable, recorded, 0);
    int destroyed = cuGraphDestroy(recorded);
    context.check(status, "cuGraphInstantiate", "graph=false does without");
    context.check(destroyed, "cuGraphDestroy", "");
    return executable;
  }

  @Override
  void destroy() {
    if (graph != null) {
      context.check(cuGraphExecDestroy(graph), "cuGraphExecDestroy", "");
    }
  }
}
