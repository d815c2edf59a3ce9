package org.klif.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.klif.sweep.JavaLaunch;

/** A command line in a process of its own: what it printed, and its exit code. */
record KlifProcess(int code, String output) {
  /** The words that start it. */
  static List<String> command(List<String> args) {
    JavaLaunch launch =
        new JavaLaunch(JavaLaunch.neededOptions(), System.getProperty("java.class.path"));
    List<String> options =
        List.of("-XX:+UseSerialGC", "-Dklif.home=" + System.getProperty("klif.home", "."));
    return launch.command(options, Main.class.getName(), args);
  }

  /**
   * Runs it to its end.
   *
   * @param environment variables to add
   */
  static KlifProcess run(Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    return run(command(Arrays.asList(args)), environment);
  }

  /**
   * Runs it to its end, started by bash.
   *
   * @param script in which "$@" is the command
   */
  static KlifProcess bash(String script, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bash", "-c", script, "bash"));
    command.addAll(command(Arrays.asList(args)));
    return run(command, Map.of());
  }

  private static KlifProcess run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("klif-process-", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
      builder.environment().putAll(environment);
      int code = builder.start().waitFor();
      return new KlifProcess(code, Files.readString(out, UTF_8));
    } finally {
      Files.delete(out);
    }
  }

  /** The one line that says what is wrong. */
  String message() {
    List<String> lines = output.lines().filter(line -> line.startsWith("klif: ")).toList();
    if (lines.size() != 1) {
      throw new AssertionError("not one message:\n" + output);
    }
    return lines.get(0);
  }
}
