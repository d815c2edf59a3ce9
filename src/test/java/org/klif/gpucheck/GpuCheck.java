package org.klif.gpucheck;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.klif.KlifException;
import org.klif.UsageException;

/**
 * Runs the check, or as much of it as fits the time: {@code run OPTIONS}; or puts records of parts
 * together: {@code merge DIR... --out DIR}. scripts/gpu-check calls it.
 */
public final class GpuCheck {
  private static final String JSON = "record.json";
  private static final String PAGE = "record.md";
  private static final String LOG = "log.txt";
  private static final double NANOS_PER_SECOND = 1e9;

  private final CheckOptions options;
  private final PrintStream out;
  private final long begin;

  private GpuCheck(CheckOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
    this.begin = System.nanoTime() - TimeUnit.SECONDS.toNanos(options.secondsBefore());
  }

  /** The exit code is 0 when no step failed, 1 when one did, 2 for a wrong command line. */
  public static void main(String[] arguments) {
    System.exit(execute(List.of(arguments), System.out, System.err));
  }

  static int execute(List<String> arguments, PrintStream out, PrintStream err) {
    try {
      if (!arguments.isEmpty() && arguments.get(0).equals("merge")) {
        return merge(arguments.subList(1, arguments.size()), out);
      }
      if (arguments.isEmpty() || !arguments.get(0).equals("run")) {
        throw new UsageException("run OPTIONS or merge DIR... --out DIR");
      }
      return new GpuCheck(CheckOptions.parse(arguments.subList(1, arguments.size())), out).run();
    } catch (UsageException e) {
      err.println("gpu-check: " + e.getMessage());
      return 2;
    } catch (KlifException e) {
      err.println("gpu-check: " + e.getMessage());
      return 1;
    }
  }

  private int run() {
    Path out = folder(options.out());
    Path json = out.resolve(JSON);
    CheckRecord record = open(json);
    try (Log log = new Log(out.resolve(LOG))) {
      Path runs = folder(options.bundle().resolve("runs").resolve(options.device()));
      Tools tools = new Tools(options.bundle(), options.device(), options.python(), log);
      List<Step> due =
          Plan.of(tools, runs).stream()
              .filter(step -> options.part() == 0 || step.part() == options.part())
              .filter(step -> options.part() != 0 || !record.done(step.name()))
              .toList();
      int left = due.size();
      for (Step step : due) {
        if (!fits(step)) {
          continue; // a shorter one may
        }
        Outcome outcome = take(step, record, log);
        left--;
        record.write(json);
        // whoever ends this from outside finds a page
        write(out, record);
        if (step.name().equals(CheckRecord.DEVICES) && outcome.bad()) {
          say("the device cannot be used, so nothing else was run");
          left = 0;
          break;
        }
      }
      finish(record, left);
      return record.bad() == 0 ? 0 : 1;
    }
  }

  private CheckRecord open(Path json) {
    if (!Files.exists(json)) {
      return CheckRecord.begin(options.device(), options.commit());
    }
    if (!options.resume() && options.part() == 0) {
      throw new UsageException(
          "%s is there already; add --resume to go on with it, or name another folder with --out"
              .formatted(json));
    }
    CheckRecord record = CheckRecord.read(json);
    record.requireSame(options.device(), options.commit());
    return record;
  }

  private Outcome take(Step step, CheckRecord record, Log log) {
    out.printf("part %d  %-32s ", step.part(), step.name());
    out.flush();
    log.line("");
    log.line("=== part %d, %s ===".formatted(step.part(), step.name()));
    long start = System.nanoTime();
    Outcome outcome;
    try {
      outcome = step.work().get();
    } catch (KlifException e) {
      outcome = Outcome.failed(e.getMessage(), null);
    }
    double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
    record.put(step, outcome, seconds);
    say("%-13s %4.0f s  %s".formatted(outcome.status().token(), seconds, outcome.note()));
    return outcome;
  }

  /**
   * Whether a step's limit fits what is left of the time; a part asked for by number always does.
   */
  private boolean fits(Step step) {
    double used = (System.nanoTime() - begin) / NANOS_PER_SECOND;
    return options.part() != 0
        || options.minutes() == 0
        || used + step.limitSeconds() <= options.minutes() * 60.0;
  }

  private void finish(CheckRecord record, int left) {
    say("%d steps recorded, %d of them bad".formatted(record.steps().size(), record.bad()));
    say("record: " + options.out().resolve(PAGE));
    if (left > 0) {
      say("%d steps are left: run this again with --resume".formatted(left));
    }
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }

  private static int merge(List<String> arguments, PrintStream out) {
    List<String> folders = new ArrayList<>(arguments);
    int at = folders.indexOf("--out");
    if (at < 1 || at + 2 != folders.size()) {
      throw new UsageException("merge DIR... --out DIR");
    }
    Path target = Path.of(folders.get(at + 1));
    CheckRecord record = CheckRecord.read(Path.of(folders.get(0), JSON));
    for (String folder : folders.subList(1, at)) {
      record.add(CheckRecord.read(Path.of(folder, JSON)));
    }
    record.write(folder(target).resolve(JSON));
    write(target, record);
    out.println("record: " + target.resolve(PAGE));
    return 0;
  }

  private static void write(Path folder, CheckRecord record) {
    Path page = folder.resolve(PAGE);
    try {
      Files.writeString(page, RecordPage.of(record), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new KlifException("cannot write %s: %s".formatted(page, e.getMessage()), e);
    }
  }

  private static Path folder(Path path) {
    try {
      return Files.createDirectories(path);
    } catch (IOException e) {
      throw new KlifException("cannot create the folder %s: %s".formatted(path, e.getMessage()), e);
    }
  }
}
