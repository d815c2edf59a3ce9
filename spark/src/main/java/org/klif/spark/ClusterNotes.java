package org.klif.spark;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.klif.spark.task.TaskFailure;

/** Says where tasks run, which executors come and go, and why a task did not end well. */
final class ClusterNotes extends SparkListener {
  private static final String DESCRIPTION = "spark.job.description";

  private final Consumer<String> notes;
  private final Map<Integer, String> work = new ConcurrentHashMap<>();

  /** Tells them to somebody, from a thread of Spark's. */
  ClusterNotes(Consumer<String> notes) {
    this.notes = notes;
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded event) {
    notes.accept(
        "executor %s is there: %s, %d cores"
            .formatted(
                event.executorId(),
                event.executorInfo().executorHost(),
                event.executorInfo().totalCores()));
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    notes.accept("executor %s is lost: %s".formatted(event.executorId(), line(event.reason())));
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted event) {
    String name = event.properties() == null ? null : event.properties().getProperty(DESCRIPTION);
    // a stage behind another one computes nothing
    if (name != null && event.stageInfo().parentIds().isEmpty()) {
      work.put(event.stageInfo().stageId(), name);
    }
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart event) {
    if (!work.containsKey(event.stageId())) {
      return;
    }
    notes.accept(
        "%s: on executor %s at %s%s"
            .formatted(
                name(event.stageId(), event.taskInfo().index()),
                event.taskInfo().executorId(),
                event.taskInfo().host(),
                event.taskInfo().attemptNumber() + event.stageAttemptId() > 0 ? ", again" : ""));
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    if (event.reason() instanceof TaskFailedReason failure) {
      String reason =
          failure instanceof ExceptionFailure thrown
              ? TaskFailure.sentence(thrown.description())
              : line(failure.toErrorString());
      notes.accept("%s: %s".formatted(name(event.stageId(), event.taskInfo().index()), reason));
    }
  }

  private String name(int stage, int index) {
    String name = work.getOrDefault(stage, "stage " + stage);
    return name.endsWith("#") ? name.substring(0, name.length() - 1) + index : name;
  }

  private static String line(String text) {
    return text.lines().findFirst().orElse("no reason given");
  }
}
