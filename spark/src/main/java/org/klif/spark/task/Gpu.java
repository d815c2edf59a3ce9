package org.klif.spark.task;

import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * The GPU that Spark has given to a task. Its process sees this one only, so it is {@code cuda:0}
 * there, whichever it is on the machine; a run can thus go on elsewhere with the same
 * configuration.
 */
final class Gpu {
  /** As in spark.task.resource.gpu.amount. */
  private static final String RESOURCE = "gpu";

  /**
   * The variables of the environment that choose it; none when Spark has given none.
   *
   * @param context of the task
   */
  static Map<String, String> environment(TaskContext context) {
    ResourceInformation given = context.resourcesJMap().get(RESOURCE);
    return given == null ? Map.of() : environment(given.addresses());
  }

  /** The same for addresses as a discovery script reports them: numbers or UUIDs. */
  static Map<String, String> environment(String[] addresses) {
    return Map.of(
        "CUDA_VISIBLE_DEVICES",
        String.join(",", addresses),
        // the numbers of nvidia-smi, which discovery scripts ask
        "CUDA_DEVICE_ORDER",
        "PCI_BUS_ID");
  }

  private Gpu() {}
}
