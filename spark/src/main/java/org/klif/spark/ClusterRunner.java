package org.klif.spark;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.klif.spark.task.RunOrder;
import org.klif.spark.task.RunTask;
import org.klif.sweep.Job;
import org.klif.sweep.JobRunner;
import org.klif.sweep.Progress;

/**
 * Computes each run as one task of Spark, which places it, gives it its GPU and tries it again when
 * it or its executor dies. How the runs go is seen from their folders, which are on a file system
 * that this machine shares with the executors.
 */
final class ClusterRunner implements JobRunner {
  private final JavaSparkContext spark;
  private final Path processes;
  private final RunOrder.Launch launch;

  /**
   * Runs on a cluster.
   *
   * @param spark stays the caller's
   * @param processes folder for what the processes are given and print, on the shared file system
   * @param launch how they are started
   */
  ClusterRunner(JavaSparkContext spark, Path processes, RunOrder.Launch launch) {
    this.spark = spark;
    this.processes = processes.toAbsolutePath().normalize();
    this.launch = launch;
  }

  @Override
  public void run(Job job, Path folder, Progress progress) throws InterruptedException {
    RunOrder order = RunOrder.of(job, folder.toAbsolutePath().normalize(), processes, launch);
    // a task that is cancelled is interrupted, and stops its process with a checkpoint
    spark.setLocalProperty("spark.job.interruptOnCancel", "true");
    spark.setJobDescription(job.id());
    SparkJob.await(
        spark.parallelize(List.of(order), 1).map(new RunTask()).collectAsync(), folder, progress);
  }
}
