package org.klif.cli;

import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.klif.data.cache.CacheProgress;
import org.klif.train.EpochResult;
import org.klif.train.TrainListener;

/**
 * Prints how training goes: on a terminal a bar that redraws its line, else a line an epoch, and
 * one about every ten seconds in longer epochs.
 */
final class ProgressPrinter implements TrainListener, AutoCloseable {
  private static final int WIDTH = 100;
  private static final int REDRAW_MILLIS = 200;
  private static final long LINE_NANOS = 10_000_000_000L;

  private final Console console;
  private ProgressBar bar;
  private long lastLine = System.nanoTime();
  private boolean moved;

  ProgressPrinter(Console console) {
    this.console = console;
  }

  @Override
  public void note(String line) {
    closeBar();
    console.note(line);
  }

  @Override
  public void warn(String line) {
    closeBar();
    console.out().flush();
    console.warn(line);
    console.err().flush();
  }

  @Override
  public CacheProgress frames() {
    return CacheBar.on(console);
  }

  @Override
  public void step(Progress progress) {
    moved = true;
    if (console.terminal()) {
      if (bar == null) {
        bar = newBar(progress);
      }
      bar.setExtraMessage(" " + state(progress));
      bar.stepTo(progress.batch());
    } else if (System.nanoTime() - lastLine > LINE_NANOS) {
      lastLine = System.nanoTime();
      note(
          String.format(
              Locale.ROOT,
              "epoch %d/%d  step %d/%d  %s",
              progress.epoch(),
              progress.epochs(),
              progress.batch(),
              progress.batches(),
              state(progress)));
    }
  }

  private ProgressBar newBar(Progress progress) {
    return new ProgressBarBuilder()
        .setTaskName("epoch %d/%d".formatted(progress.epoch(), progress.epochs()))
        .setInitialMax(progress.batches())
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(REDRAW_MILLIS)
        .hideEta()
        .continuousUpdate()
        .setConsumer(
            new DelegatingProgressBarConsumer(
                text -> {
                  console.control("\r");
                  console.out().print(text);
                  console.out().flush();
                },
                WIDTH))
        .build();
  }

  /** Loss, accuracy, speed, and the time left of the whole run. */
  private static String state(Progress progress) {
    return String.format(
        Locale.ROOT,
        "loss %.4f  accuracy %.2f %%  %,.0f samples/s  ETA %s",
        progress.loss(),
        100 * progress.accuracy(),
        progress.samplesPerSecond(),
        time(progress.secondsLeft()));
  }

  static String time(double seconds) {
    if (!(seconds < Integer.MAX_VALUE)) {
      return "-";
    }
    Duration left = Duration.ofSeconds(Math.round(seconds));
    return left.toHours() > 0
        ? "%d:%02d:%02d".formatted(left.toHours(), left.toMinutesPart(), left.toSecondsPart())
        : "%d:%02d".formatted(left.toMinutes(), left.toSecondsPart());
  }

  @Override
  public void epoch(Progress progress, EpochResult result, boolean best) {
    moved = true;
    String line = TrainListener.line(progress, result, best);
    lastLine = System.nanoTime();
    note(
        progress.epoch() == progress.epochs()
            ? line
            : line + "  ETA " + time(progress.secondsLeft()));
  }

  /** Whether training has come any further. */
  boolean moved() {
    return moved;
  }

  private void closeBar() {
    if (bar != null) {
      bar.close();
      bar = null;
      // the line that takes the bar's place covers it
      console.control("\r" + " ".repeat(WIDTH) + "\r");
    }
  }

  @Override
  public void close() {
    closeBar();
  }
}
