package org.klif.spark.task;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.klif.config.ConfigTree;
import org.klif.sweep.JavaLaunch;
import org.klif.sweep.Job;

/**
 * One training run as text, all that is sent to an executor.
 *
 * @param id of the job
 * @param config its configuration in YAML
 * @param epochs to train so far
 * @param folder of the run, on the shared file system
 * @param processes folder for what the process is given and prints, likewise
 * @param launch how the process is started
 */
public record RunOrder(
    String id, String config, int epochs, String folder, String processes, Launch launch)
    implements Serializable {

  /** Of a job. */
  public static RunOrder of(Job job, Path folder, Path processes, Launch launch) {
    return new RunOrder(
        job.id(),
        ConfigTree.yaml(job.config().withAbsoluteNeuronFiles()),
        job.epochs(),
        folder.toString(),
        processes.toString(),
        launch);
  }

  /** The job again. */
  Job job() {
    return new Job(id, ConfigTree.defaults().file(id, config).build(), epochs);
  }

  /**
   * How processes are started, with the Java that runs the executor.
   *
   * @param options of the Java machine, one a line
   * @param classPath of Klif, on the shared file system
   * @param permission which neurons from files may run, as variables of the environment: what the
   *     driver's user has allowed counts on all machines
   */
  public record Launch(String options, String classPath, Map<String, String> permission)
      implements Serializable {
    /** Copies the variables into a map that can be sent. */
    public Launch {
      permission = new HashMap<>(permission);
    }

    JavaLaunch here() {
      return new JavaLaunch(List.of(options.split("\n")), classPath);
    }
  }
}
