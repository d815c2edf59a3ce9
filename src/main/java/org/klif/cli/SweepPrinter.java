package org.klif.cli;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.klif.sweep.Job;
import org.klif.sweep.JobListener;
import org.klif.sweep.JobResult;
import org.klif.sweep.SweepPlan;

/**
 * Prints how a sweep goes: on a terminal a line for each run that ended, below them a table of
 * those under way that is redrawn; elsewhere a line for each event.
 */
final class SweepPrinter implements JobListener, AutoCloseable {
  private static final int MOST_ID = 40;
  private static final double SECONDS_PER_HOUR = 3600;

  private final Console console;
  private final int runs;
  private final int width;
  private final Map<String, String> running = new LinkedHashMap<>();
  private int done;
  private int failed;
  private int drawn;
  private int trained;
  private final long begin = System.nanoTime();

  SweepPrinter(Console console, SweepPlan plan) {
    this.console = console;
    this.runs = plan.runs().size();
    this.width =
        Math.min(MOST_ID, plan.jobs().stream().mapToInt(job -> job.id().length()).max().orElse(0));
  }

  @Override
  public void started(Job job) {
    running.put(job.id(), "");
    if (console.terminal()) {
      redraw();
    } else {
      console.note(line(job.id(), "started"));
    }
  }

  @Override
  public void epochs(Job job, int epochs, double testAccuracy, double testLoss) {
    String state =
        String.format(
            Locale.ROOT,
            "epoch %d/%d  test loss %.4f  test accuracy %.2f %%",
            epochs,
            job.config().epochs(),
            testLoss,
            100 * testAccuracy);
    running.put(job.id(), state);
    if (console.terminal()) {
      redraw();
    } else {
      console.note(line(job.id(), state));
    }
  }

  @Override
  public void ended(JobResult result) {
    String last = running.remove(result.job().id());
    boolean failure = result.kind() == JobResult.Kind.FAILED;
    done += result.isDone() && result.job().isWhole() ? 1 : 0;
    failed += failure ? 1 : 0;
    trained += result.kind() == JobResult.Kind.DONE && result.job().isWhole() ? 1 : 0;
    String text =
        switch (result.kind()) {
          case KEPT -> "was done already";
          case DONE -> result.job().isWhole() ? "done" : "done so far";
          case FAILED -> "failed: " + result.message();
          case INTERRUPTED -> "stopped, with a checkpoint";
          case WAITING -> "";
        };
    if (text.isEmpty()) {
      return;
    }
    String more = console.terminal() && last != null && !last.isEmpty() ? last + "  " : "";
    clear();
    if (failure) {
      console.out().flush();
      console.err().println("klif: " + result.job().id() + ": " + result.message());
      console.err().flush();
    } else {
      console.note(line(result.job().id(), more + text));
    }
    redraw();
  }

  @Override
  public void judged(int epochs, int kept, int of) {
    clear();
    console.note("after epoch %d the best %d of %d go on".formatted(epochs, kept, of));
    redraw();
  }

  private String line(String id, String text) {
    return id + " ".repeat(Math.max(0, width - id.length())) + "  " + text;
  }

  /** A line that is redrawn must not be longer than the terminal is wide. */
  private static String shortened(String id) {
    int half = MOST_ID / 2;
    return id.length() <= MOST_ID
        ? id
        : id.substring(0, half) + "~" + id.substring(id.length() - half + 1);
  }

  private void clear() {
    if (drawn > 0) {
      console.control("\u001b[" + drawn + "A\r\u001b[J");
      drawn = 0;
    }
  }

  private void redraw() {
    if (!console.terminal()) {
      return;
    }
    clear();
    running.forEach((id, state) -> console.out().println(line(shortened(id), state)));
    console.line(
        "%d of %d done, %d running%s",
        done, runs, running.size(), failed == 0 ? "" : ", " + failed + " failed");
    console.out().flush();
    drawn = running.size() + 1;
  }

  /** How many runs came to their end, and how fast; empty when none did. */
  Optional<Speed> speed() {
    double seconds = (System.nanoTime() - begin) * 1e-9;
    return trained == 0 ? Optional.empty() : Optional.of(new Speed(trained, seconds));
  }

  /**
   * How fast runs came to their end.
   *
   * @param runs that did
   * @param seconds in this time
   */
  record Speed(int runs, double seconds) {
    double runsPerHour() {
      return runs / seconds * SECONDS_PER_HOUR;
    }
  }

  @Override
  public void close() {
    clear();
  }
}
