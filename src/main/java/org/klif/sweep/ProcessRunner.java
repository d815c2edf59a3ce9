package org.klif.sweep;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.klif.KlifException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.io.AtomicFile;
import org.klif.io.NoLinks;
import org.klif.io.ProcessLock;
import org.klif.run.RunFolder;

/**
 * Computes each run in a Java process of its own, with the class path and options of this one. The
 * process is told to stop by the end of its standard input, which comes when this process asks for
 * it or ends in whatever way, a kill included; it then stops with a checkpoint. What it printed is
 * in {@code ID.log} of a folder beside the runs, and its configuration in {@code ID.yaml}.
 */
public final class ProcessRunner implements JobRunner {
  private static final int POLL_MILLIS = 200;
  private static final long MOST_SECONDS_TO_STOP = 120;
  private static final String MAIN = "org.klif.cli.Main";

  /** What a process ends with when another one still has the run: one whose parent was killed. */
  private static final int BUSY = 75;

  private static final int MOST_BUSY = 5;
  private static final String ERROR = "klif: ";
  private static final String WARNING = "klif: warning: ";

  private final Path processes;
  private final Map<String, String> environment;
  private final JavaLaunch launch;
  private final GpuSlots gpus;

  /**
   * Runs with variables of the environment changed, such as CUDA_VISIBLE_DEVICES.
   *
   * @param processes folder for what the processes are given and print
   * @param environment variables that each process gets
   */
  public ProcessRunner(Path processes, Map<String, String> environment) {
    this(processes, environment, JavaLaunch.asThisProcess());
  }

  /**
   * Runs processes that are started in another way than this one was.
   *
   * @param processes folder for what the processes are given and print
   * @param environment variables that each process gets
   * @param launch how they are started
   */
  public ProcessRunner(Path processes, Map<String, String> environment, JavaLaunch launch) {
    this(processes, environment, launch, List.of());
  }

  /**
   * Spreads runs over GPUs: each sees one alone, as device cuda.
   *
   * @param processes folder for what the processes are given and print
   * @param environment variables that each process gets
   * @param launch how they are started
   * @param gpus their numbers, as klif devices lists them; none for the first
   */
  public ProcessRunner(
      Path processes, Map<String, String> environment, JavaLaunch launch, List<Integer> gpus) {
    this.processes = processes.toAbsolutePath().normalize();
    this.environment = Map.copyOf(environment);
    this.launch = launch;
    this.gpus = new GpuSlots(gpus);
  }

  /** What the process of a job printed. */
  public Path log(Job job) {
    return processes.resolve(job.id() + ".log");
  }

  @Override
  public void run(Job job, Path folder, Progress progress) throws InterruptedException {
    NoLinks.folder(processes);
    if (gpus.isEmpty()) {
      run(job, folder, environment, progress);
      return;
    }
    int slot = gpus.take();
    try {
      String visible = gpus.visible(slot, System.getenv(GpuSlots.VISIBLE));
      Map<String, String> variables = new HashMap<>(environment);
      variables.put(GpuSlots.VISIBLE, visible);
      run(job, folder, variables, progress);
    } finally {
      gpus.giveBack(slot);
    }
  }

  private void run(Job job, Path folder, Map<String, String> variables, Progress progress)
      throws InterruptedException {
    int code = BUSY;
    for (int tries = 0; code == BUSY && tries < MOST_BUSY; tries++) {
      // a process that outlived its parent is still writing its checkpoint
      awaitFree(log(job), folder);
      code = await(start(job, trainOrResume(job, folder), variables), folder, progress);
    }
    check(job, folder, code);
  }

  private static void awaitFree(Path log, Path folder) throws InterruptedException {
    try {
      if (!ProcessLock.awaitFree(log, MOST_SECONDS_TO_STOP)) {
        throw new KlifException("another process has been training in " + folder);
      }
    } catch (IOException e) {
      throw new KlifException("Cannot write " + log + ": " + AtomicFile.reason(e), e);
    }
  }

  /** The exit code of a process; when this thread is interrupted, the process is asked to stop. */
  private static int await(Process process, Path folder, Progress progress)
      throws InterruptedException {
    boolean ended = false;
    try {
      EpochWatch watch = new EpochWatch(folder, progress);
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        watch.look();
      }
      ended = true;
      watch.look();
    } finally {
      if (!ended) {
        stop(process);
      }
    }
    return process.exitValue();
  }

  private List<String> trainOrResume(Job job, Path folder) {
    RunFolder run = new RunFolder(folder);
    run.removeUnstarted();
    List<String> words = new ArrayList<>(List.of("train"));
    if (Files.exists(run.last())) {
      words.addAll(List.of("--resume", folder.toString()));
      if (!job.config().dataFolder().isEmpty()) {
        words.addAll(List.of("--data", job.config().dataFolder()));
      }
    } else {
      Path config = processes.resolve(job.id() + ".yaml");
      // the paths in a file count from its folder
      RunConfig absolute = job.config().withAbsoluteNeuronFiles();
      AtomicFile.write(config, ConfigTree.yaml(absolute));
      words.addAll(List.of("--config", config.toString(), "--out", folder.toString()));
    }
    if (!job.isWhole()) {
      words.addAll(List.of("--stop-after", Integer.toString(job.epochs())));
    }
    return words;
  }

  private Process start(Job job, List<String> words, Map<String, String> variables) {
    Path log = log(job);
    List<String> command = launch.command(List.of("-Dklif.child=" + log), MAIN, words);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.to(log.toFile()));
    builder.environment().putAll(variables);
    try (FileChannel opened = NoLinks.open(log)) {
      opened.truncate(0); // refuses a link, which the process would follow
      return builder.start();
    } catch (IOException e) {
      throw new KlifException("Cannot start a process: " + AtomicFile.reason(e), e);
    }
  }

  private static void stop(Process process) throws InterruptedException {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      process.destroy();
    }
    if (!process.waitFor(MOST_SECONDS_TO_STOP, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }

  private void check(Job job, Path folder, int code) throws InterruptedException {
    if (code == 130 || code == 143) {
      throw new InterruptedException("the process was asked to stop");
    }
    if (code == 0 && RunStatus.isDone(folder, job)) {
      return;
    }
    throw failure(job, code);
  }

  /** What the process said last, in whatever charset: what is no UTF-8 is replaced. */
  private KlifException failure(Job job, int code) {
    Path log = log(job);
    String message =
        code > 128
            ? "its process was killed (signal %d)".formatted(code - 128)
            : "its process ended with code %d; see %s".formatted(code, log);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(log), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(ERROR) && !line.startsWith(WARNING)) {
          message = line.substring(ERROR.length());
        }
      }
    } catch (IOException e) {
      return new KlifException(
          "its process ended with code %d; Cannot read %s: %s"
              .formatted(code, log, AtomicFile.reason(e)),
          e);
    }
    return new KlifException(message);
  }
}
