package org.klif.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.klif.sweep.JavaLaunch;

/**
 * What the tests on a cluster need: a SPARK_HOME, executors to be killed, and Klif without Spark.
 */
final class TestSpark {
  private static final Path PROJECT = Path.of(System.getProperty("klif.spark"));
  private static final String EXECUTOR = "CoarseGrainedExecutorBackend";

  /** Two executors in processes of their own on this machine, one core each. */
  static final String MASTER = "local-cluster[2,1,1024]";

  /** The folder that the tests' environment names as SPARK_HOME; skips the test without one. */
  static Path home() throws IOException, InterruptedException {
    Path home = Path.of(System.getenv("SPARK_HOME"));
    Process script =
        new ProcessBuilder(PROJECT.resolve("spark-home").toString(), home.toString())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (script.waitFor() != 0) {
      String reason = "skipped: a SPARK_HOME cannot be assembled: " + output;
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return home;
  }

  static Installation installation() throws IOException, InterruptedException {
    home();
    return Installation.ofThisProcess();
  }

  /** Runs a command of Klif, without Spark, in a process of its own. */
  static void klif(String... words) throws IOException, InterruptedException {
    JavaLaunch launch =
        new JavaLaunch(JavaLaunch.neededOptions(), PROJECT.resolve("target/lib") + "/*");
    List<String> command = launch.command(List.of(), "org.klif.cli.Main", List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new AssertionError("klif " + String.join(" ", words) + " failed: " + output);
    }
  }

  /** The executors of this process's cluster; they are its children in local-cluster mode. */
  static List<ProcessHandle> executors() {
    try (Stream<ProcessHandle> children = ProcessHandle.current().children()) {
      return children
          .filter(child -> child.info().commandLine().orElse("").contains(EXECUTOR))
          .toList();
    }
  }

  private TestSpark() {}
}
