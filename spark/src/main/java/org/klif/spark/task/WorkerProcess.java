package org.klif.spark.task;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.klif.spark.worker.WorkerMain;
import org.klif.sweep.JavaLaunch;

/** The process of a worker, as its task has it. */
final class WorkerProcess implements AutoCloseable {
  private static final int POLL_MILLIS = 100;
  private static final String ERROR = "klif: ";

  private final Process process;
  private final Path log;
  private final int worker;

  private WorkerProcess(Process process, Path log, int worker) {
    this.process = process;
    this.log = log;
    this.worker = worker;
  }

  /** Starts it; what it prints is added to the log. */
  static WorkerProcess start(
      JavaLaunch launch, WorkerMain.Arguments arguments, Map<String, String> environment, Path log)
      throws IOException {
    List<String> command = launch.command(List.of(), WorkerMain.class.getName(), arguments.words());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return new WorkerProcess(builder.start(), log, arguments.worker());
  }

  /** Sends a line to it. */
  void tell(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** Where the other workers reach it. */
  String address() throws IOException, InterruptedException {
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    String line;
    do {
      line = output.readLine();
      if (line == null) {
        throw failure(process.waitFor());
      }
    } while (!line.startsWith(WorkerMain.ADDRESS));
    return line.substring(WorkerMain.ADDRESS.length());
  }

  /**
   * Waits for its end.
   *
   * @param stop asked often; when true, waiting ends with a failure
   * @throws TaskFailure when it did not end well; the message is its own
   */
  void await(BooleanSupplier stop) throws InterruptedException {
    while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
      if (stop.getAsBoolean()) {
        throw new TaskFailure("worker %d was stopped because another one failed".formatted(worker));
      }
    }
    if (process.exitValue() != 0) {
      throw failure(process.exitValue());
    }
  }

  private TaskFailure failure(int code) {
    String message;
    try (Stream<String> lines = Files.lines(log)) {
      message =
          lines
              .filter(line -> line.startsWith(ERROR))
              .reduce((first, second) -> second)
              .map(line -> line.substring(ERROR.length()))
              .filter(line -> code <= 128)
              .orElse("its process ended with code %d; see %s".formatted(code, log));
    } catch (IOException e) {
      message = "its process ended with code %d".formatted(code);
    }
    return new TaskFailure("worker %d: %s".formatted(worker, message));
  }

  /** Ends it when it has not ended. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
