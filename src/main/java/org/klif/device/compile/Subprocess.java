package org.klif.device.compile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.klif.KlifException;

/**
 * A compiler's process. It and all that it started are killed when it takes longer than {@code
 * KLIF_COMPILE_SECONDS} (900 by default), when this thread is interrupted, and when Klif ends.
 */
public final class Subprocess {
  /** Names the limit, in seconds. */
  static final String VARIABLE = "KLIF_COMPILE_SECONDS";

  private static final long SECONDS = 900;

  private Subprocess() {}

  /**
   * How a program ended.
   *
   * @param output what it printed, on both channels
   */
  public record Outcome(int code, String output) {}

  /**
   * Runs a program to its end.
   *
   * @param folder where it runs
   * @param environment is added to that of this process
   * @throws KlifException when it cannot be started, takes too long, or Klif is asked to end
   */
  public static Outcome run(List<String> command, Path folder, Map<String, String> environment) {
    return run(command, folder, environment, seconds(System.getenv()));
  }

  static Outcome run(
      List<String> command, Path folder, Map<String, String> environment, long seconds) {
    Path output = null;
    try {
      // not a pipe: a process that outlives its parent would keep its end open
      output = Files.createTempFile("klif-compiler-", ".txt");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      int code = await(builder.start(), command.get(0), seconds);
      // what a program prints need not be UTF-8
      return new Outcome(code, new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new KlifException(
          "cannot run the compiler %s: %s".formatted(command.get(0), e.getMessage()), e);
    } finally {
      if (output != null) {
        KernelCache.remove(output);
      }
    }
  }

  private static int await(Process process, String program, long seconds) {
    AtomicBoolean ending = new AtomicBoolean();
    Thread atTheEnd =
        new Thread(
            () -> {
              ending.set(true);
              kill(process);
            },
            "klif-compiler");
    try {
      Runtime.getRuntime().addShutdownHook(atTheEnd);
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        throw new KlifException(
            "the compiler %s was ended after %d seconds; if it only needs more, set %s to a larger number"
                .formatted(program, seconds, VARIABLE));
      }
      if (ending.get()) {
        throw interrupted(null);
      }
      return process.exitValue();
    } catch (IllegalStateException e) {
      // Klif is ending already
      throw interrupted(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(e);
    } finally {
      kill(process);
      if (!ending.get()) {
        removeQuietly(atTheEnd);
      }
    }
  }

  private static void removeQuietly(Thread atTheEnd) {
    try {
      Runtime.getRuntime().removeShutdownHook(atTheEnd);
    } catch (IllegalStateException e) {
      // Klif is ending, and the hook finds nothing to kill
      return;
    }
  }

  private static KlifException interrupted(Exception cause) {
    return new KlifException("compiling was interrupted; start again", cause);
  }

  /** Kills a process and those that it started: g++ is several. */
  private static void kill(Process process) {
    try (Stream<ProcessHandle> below = process.descendants()) {
      List<ProcessHandle> all = below.toList();
      process.destroyForcibly();
      all.forEach(ProcessHandle::destroyForcibly);
    }
  }

  private static long seconds(Map<String, String> environment) {
    String text = environment.getOrDefault(VARIABLE, "").strip();
    if (text.isEmpty()) {
      return SECONDS;
    }
    if (!text.matches("[1-9]\\d{0,8}")) {
      throw new KlifException(
          "%s is '%s'; it is a number of seconds, as in %s=900"
              .formatted(VARIABLE, text, VARIABLE));
    }
    return Long.parseLong(text);
  }
}
