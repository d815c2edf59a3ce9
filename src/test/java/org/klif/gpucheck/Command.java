package org.klif.gpucheck;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.klif.KlifException;

/**
 * A program that is run with a time limit.
 *
 * @param words program and arguments
 * @param environment variables on top of this process's own; an empty value takes one away
 */
record Command(List<String> words, Map<String, String> environment) {
  private static final int KEPT_LINES = 4000;
  private static final int KILL_SECONDS = 10;

  Command {
    words = List.copyOf(words);
    environment = Map.copyOf(environment);
  }

  /** The same run through another program, as in {@code compute-sanitizer --tool X java ...}. */
  Command under(List<String> before) {
    List<String> all = new ArrayList<>(before);
    all.addAll(words);
    return new Command(all, environment);
  }

  /**
   * What a program did.
   *
   * @param code its exit code; -1 when it was ended for its time
   * @param timedOut whether it was
   * @param lines the last lines of stdout and stderr together
   */
  record Ended(int code, boolean timedOut, List<String> lines) {
    /** The last line that is not empty, or nothing. */
    String lastLine() {
      return lines.stream().filter(line -> !line.isBlank()).reduce("", (before, line) -> line);
    }
  }

  /**
   * Runs it to its end or for so long.
   *
   * @param log gets the command and its output
   * @throws KlifException when there is no such program
   */
  Ended run(int limitSeconds, Log log) {
    log.line("$ " + String.join(" ", words));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    environment.forEach(
        (name, value) -> {
          if (value.isEmpty()) {
            builder.environment().remove(name);
          } else {
            builder.environment().put(name, value);
          }
        });
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      Deque<String> lines = new ArrayDeque<>();
      Thread reader = new Thread(() -> read(process, lines, log), "output of " + words.get(0));
      reader.start();
      boolean ended = process.waitFor(limitSeconds, TimeUnit.SECONDS);
      if (!ended) {
        log.line("ended after %d s".formatted(limitSeconds));
        // the program itself first: a shell would go on after a child that was ended
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        // one that waits for a driver that hangs does not even end then
        process.waitFor(KILL_SECONDS, TimeUnit.SECONDS);
        children.forEach(ProcessHandle::destroyForcibly);
      }
      reader.join(TimeUnit.SECONDS.toMillis(5));
      synchronized (lines) {
        return new Ended(ended ? process.exitValue() : -1, !ended, List.copyOf(lines));
      }
    } catch (IOException e) {
      throw new KlifException("cannot run %s: %s".formatted(words.get(0), e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KlifException("interrupted while " + words.get(0) + " ran", e);
    }
  }

  private static void read(Process process, Deque<String> lines, Log log) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        log.line(line);
        synchronized (lines) {
          lines.addLast(line);
          if (lines.size() > KEPT_LINES) {
            lines.removeFirst();
          }
        }
      }
    } catch (IOException | UncheckedIOException e) {
      log.line("its output ends here: " + e.getMessage());
    }
  }
}
