package org.klif.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.HexFormat;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.klif.KlifException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.io.AtomicFile;
import org.klif.spark.task.RunOrder;
import org.klif.spark.task.WorkerOrder;
import org.klif.spark.task.WorkerTask;
import org.klif.sweep.Progress;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Data-parallel training as one barrier stage of Spark: its tasks, the workers, start together, and
 * when one of them or its executor dies, Spark starts all of them again, and the run goes on from
 * its newest checkpoint.
 */
final class ClusterTraining {
  private static final int TOKEN_BYTES = 16;

  private final JavaSparkContext spark;
  private final RunOrder.Launch launch;
  private final long timeoutSeconds;

  /**
   * On a cluster.
   *
   * @param spark stays the caller's
   * @param launch how the workers' processes are started
   * @param timeoutSeconds longest wait of a worker for another one
   */
  ClusterTraining(JavaSparkContext spark, RunOrder.Launch launch, long timeoutSeconds) {
    this.spark = spark;
    this.launch = launch;
    this.timeoutSeconds = timeoutSeconds;
  }

  /**
   * Trains until the run is complete; goes on where the folder holds a part of it.
   *
   * @param folder of the run, on the shared file system
   * @param processes folder for what the workers are given and print, likewise
   * @param progress is told of each epoch
   * @throws KlifException when it fails for good
   */
  void run(RunConfig config, int workers, Path folder, Path processes, Progress progress)
      throws InterruptedException {
    Path file = processes.resolve("config.yaml");
    try {
      Files.createDirectories(processes);
    } catch (IOException e) {
      throw new KlifException(
          "Cannot make the folder %s: %s".formatted(processes, AtomicFile.reason(e)), e);
    }
    AtomicFile.write(file, ConfigTree.yaml(config.withAbsoluteNeuronFiles()));
    WorkerOrder order =
        new WorkerOrder(
            file.toString(),
            folder.toString(),
            processes.toString(),
            token(),
            timeoutSeconds,
            launch);
    spark.setJobDescription("worker #");
    ClassTag<Integer> type = ClassTag$.MODULE$.apply(Integer.class);
    RDD<Integer> stage =
        spark
            .parallelize(Collections.nCopies(workers, order), workers)
            .rdd()
            .barrier()
            .mapPartitions(new WorkerTask(), false, type);
    // a stage behind it: Spark starts a barrier stage again only when it is not a job's last one
    JavaRDD<Integer> done = new JavaRDD<>(stage, type).repartition(1);
    SparkJob.await(done.collectAsync(), folder, progress);
  }

  private static String token() {
    byte[] bytes = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
