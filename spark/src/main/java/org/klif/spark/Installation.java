package org.klif.spark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.spark.task.RunOrder;
import org.klif.sweep.JavaLaunch;

/**
 * Where the programs are: on a file system that all machines of the cluster share.
 *
 * @param project the folder spark/ of Klif
 * @param build the folder that holds its jar and lib
 * @param sparkHome Spark's own folder on this machine
 */
record Installation(Path project, Path build, Path sparkHome) {
  private static final String PROJECT = "klif.spark";
  private static final String BUILD = "klif.spark.build";
  private static final String SPARK_HOME = "SPARK_HOME";

  /**
   * What this process was started from.
   *
   * @throws KlifException naming what is missing and how to get it
   */
  static Installation ofThisProcess() {
    String home = System.getenv(SPARK_HOME);
    if (home == null || home.isBlank()) {
      throw new KlifException(
          "SPARK_HOME is not set; it should name Spark's folder: 'spark/spark-home DIR' makes one");
    }
    Path project = Path.of(System.getProperty(PROJECT, ".")).toAbsolutePath().normalize();
    Path build = Path.of(System.getProperty(BUILD, project.resolve("target").toString()));
    Installation found = new Installation(project, build, Path.of(home));
    found.check();
    return found;
  }

  /** Looks whether all is there. */
  void check() {
    if (!Files.isDirectory(sparkHome.resolve("jars"))) {
      throw new KlifException(
          "SPARK_HOME is %s, but there is no folder jars in it; 'spark/spark-home DIR' makes one that has it"
              .formatted(sparkHome));
    }
    if (!Files.exists(jar()) || !Files.isDirectory(libraries())) {
      throw new KlifException(
          "%s is not built: run 'mvn -DskipTests install' in Klif's folder, then 'mvn -DskipTests package' in %s"
              .formatted(jar(), project));
    }
  }

  private Path jar() {
    return build.resolve("klif-spark.jar");
  }

  private Path libraries() {
    return build.resolve("lib");
  }

  /**
   * How processes of Klif are started on any machine of the cluster.
   *
   * @param permission which neurons from files may run, as variables of their environment
   */
  RunOrder.Launch launch(Map<String, String> permission) {
    List<String> options = new ArrayList<>(JavaLaunch.programOptions());
    options.add("-Dklif.home=" + project.getParent());
    return new RunOrder.Launch(
        String.join("\n", options),
        jar() + File.pathSeparator + libraries().resolve("*"),
        permission);
  }

  /** What executors need beside Spark: libraries that Spark has itself are left out. */
  String executorClassPath() {
    Set<String> sparks =
        jars(sparkHome.resolve("jars")).stream()
            .map(Installation::artifact)
            .collect(Collectors.toSet());
    return Stream.concat(
            Stream.of(jar()),
            jars(libraries()).stream().filter(jar -> !sparks.contains(artifact(jar))))
        .map(Path::toString)
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Options of executors: quiet logs. */
  String executorOptions() {
    return "-Dlog4j2.configurationFile=file:" + project.resolve("conf/log4j2.properties");
  }

  private static List<Path> jars(Path folder) {
    try (Stream<Path> content = Files.list(folder)) {
      return content.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw new KlifException("Cannot read " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  /** The name without its version. */
  private static String artifact(Path jar) {
    return jar.getFileName().toString().replaceFirst("-\\d.*", "");
  }
}
