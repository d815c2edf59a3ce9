package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.CapturedWork;

/**
 * Work replayed as CUDA graphs: one launch instead of hundreds, and one more behind each part that
 * the host does in between. The first run is plain, so that kernels are loaded and libraries have
 * chosen their algorithms. The second is recorded, each stretch being launched when its record
 * ends; all later ones launch the records.
 */
final class CudaGraph extends DriverObject implements CapturedWork {
  private final Runnable work;
  private final boolean replayed;
  private final List<Stretch> stretches = new ArrayList<>();
  private boolean ranBefore;
  private boolean recorded;

  /**
   * What the device does without the host.
   *
   * @param behind what the host does then; null behind the last one
   */
  private record Stretch(CUgraphExec graph, @Nullable Runnable behind) {}

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
    } else if (recorded) {
      stretches.forEach(this::launch);
    } else {
      record();
    }
  }

  /** Does the work, and keeps the records of all its stretches when it came to its end. */
  private void record() {
    begin();
    try {
      work.run();
      end(null);
      recorded = true;
    } catch (RuntimeException | Error e) {
      abandon();
      throw e;
    }
  }

  /** While this is recorded: ends a stretch, does the host's part, and begins the next stretch. */
  void interrupt(Runnable part) {
    end(part);
    begin();
  }

  private void begin() {
    context.check(
        cuStreamBeginCapture(
            context.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "cuStreamBeginCapture",
        "");
    context.setRecording(this);
  }

  private void end(@Nullable Runnable behind) {
    CUgraph graph = new CUgraph();
    context.setRecording(null);
    context.check(
        cuStreamEndCapture(context.stream(), graph),
        "cuStreamEndCapture",
        "graph=false does without");
    Stretch stretch = new Stretch(instantiate(graph), behind);
    stretches.add(stretch);
    launch(stretch);
  }

  private CUgraphExec instantiate(CUgraph graph) {
    CUgraphExec executable = new CUgraphExec();
    int status = cuGraphInstantiate(executable, graph, 0);
    int destroyed = cuGraphDestroy(graph);
    context.check(status, "cuGraphInstantiate", "graph=false does without");
    context.check(destroyed, "cuGraphDestroy", "");
    return executable;
  }

  private void launch(Stretch stretch) {
    context.check(cuGraphLaunch(stretch.graph, context.stream()), "cuGraphLaunch", "");
    context.launched("a replayed step", null);
    if (stretch.behind != null) {
      stretch.behind.run();
    }
  }

  /** The work failed while it was recorded: the next run records it anew. */
  private void abandon() {
    if (context.recording() == this) {
      context.setRecording(null);
      CUgraph graph = new CUgraph();
      if (cuStreamEndCapture(context.stream(), graph) == CUresult.CUDA_SUCCESS) {
        cuGraphDestroy(graph);
      }
    }
    if (!context.isLost()) {
      destroy();
    }
  }

  /** The driver keeps a graph that is at work until it has ended. */
  @Override
  void destroy() {
    for (Stretch stretch : stretches) {
      context.check(cuGraphExecDestroy(stretch.graph), "cuGraphExecDestroy", "");
    }
    stretches.clear();
  }
}
