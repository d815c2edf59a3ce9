package org.klif.spark.task;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.klif.KlifException;
import org.klif.sweep.ProcessRunner;
import org.klif.sweep.Progress;

/**
 * A Spark task that computes one training run in a process of its own. When the task is tried
 * again, anywhere, the run goes on from its newest checkpoint.
 */
public final class RunTask implements Function<RunOrder, Boolean> {
  private static final long serialVersionUID = 1;

  @Override
  public Boolean call(RunOrder order) throws InterruptedException {
    Map<String, String> environment = new HashMap<>(Gpu.environment(TaskContext.get()));
    environment.putAll(LaunchEnvironment.VARIABLES);
    environment.putAll(order.launch().permission());
    ProcessRunner runner =
        new ProcessRunner(Path.of(order.processes()), environment, order.launch().here());
    try {
      runner.run(order.job(), Path.of(order.folder()), Progress.NONE);
    } catch (KlifException e) {
      throw new TaskFailure(e.getMessage());
    }
    return true;
  }
}
