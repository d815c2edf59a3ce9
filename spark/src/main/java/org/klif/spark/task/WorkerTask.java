package org.klif.spark.task;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.BarrierTaskContext;
import org.klif.spark.worker.WorkerMain;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/**
 * A barrier task that is one worker of data-parallel training, in a process of its own. The tasks
 * tell each other their processes' addresses through Spark; the processes then talk directly. When
 * one fails, all end, and Spark starts the whole stage again.
 */
public final class WorkerTask extends AbstractFunction1<Iterator<WorkerOrder>, Iterator<Integer>>
    implements Serializable {
  private static final long serialVersionUID = 1;

  @Override
  public Iterator<Integer> apply(Iterator<WorkerOrder> orders) {
    WorkerOrder order = orders.next();
    BarrierTaskContext context = BarrierTaskContext.get();
    int worker = context.partitionId();
    String address = context.getTaskInfos()[worker].address();
    int colon = address.lastIndexOf(':');
    WorkerMain.Arguments arguments =
        new WorkerMain.Arguments(
            Path.of(order.config()),
            Path.of(order.folder()),
            Path.of(order.processes(), "worker-" + worker + ".lock"),
            worker,
            colon < 0 ? address : address.substring(0, colon),
            Duration.ofSeconds(order.timeoutSeconds()));
    Map<String, String> environment = new HashMap<>(Gpu.environment(context));
    environment.putAll(LaunchEnvironment.VARIABLES);
    environment.putAll(order.launch().permission());
    Path log = Path.of(order.processes(), "worker-" + worker + ".log");
    try (WorkerProcess process =
        WorkerProcess.start(order.launch().here(), arguments, environment, log)) {
      process.tell(order.token());
      String[] all = context.allGather(process.address());
      process.tell(String.join(" ", all));
      process.await(context::isInterrupted);
    } catch (IOException e) {
      throw new TaskFailure("worker %d: %s".formatted(worker, e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TaskFailure("worker %d was interrupted".formatted(worker));
    }
    return CollectionConverters.asScala(List.of(worker).iterator());
  }
}
