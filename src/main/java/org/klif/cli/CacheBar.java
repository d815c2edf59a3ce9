package org.klif.cli;

import java.util.Locale;
import java.util.function.LongSupplier;
import org.klif.data.cache.CacheNotes;
import org.klif.data.cache.CacheProgress;

/** Shows on a terminal how frames are made: one line that is redrawn, and gone at the end. */
final class CacheBar implements CacheProgress {
  private static final int WIDTH = 30;
  private static final long REDRAW_NANOS = 200_000_000L;

  private final Console console;
  private final LongSupplier clock;
  private int total;
  private long start;
  private long drawn;

  /** Length of the line that is on the terminal. */
  private int length;

  private CacheBar(Console console, LongSupplier clock) {
    this.console = console;
    this.clock = clock;
    this.start = clock.getAsLong();
    this.drawn = start;
  }

  /** A bar on a terminal, else a line about every ten seconds. */
  static CacheProgress on(Console console) {
    return on(console, System::nanoTime);
  }

  /** With a clock of nanoseconds. */
  static CacheProgress on(Console console, LongSupplier clock) {
    return console.terminal() ? new CacheBar(console, clock) : new CacheNotes(console::note);
  }

  @Override
  public void begin(int samples) {
    total = samples;
    start = clock.getAsLong();
    drawn = start;
  }

  @Override
  public void samples(int done) {
    long now = clock.getAsLong();
    if (now - drawn >= REDRAW_NANOS) {
      drawn = now;
      draw(line(done, (now - start) * 1e-9));
    }
  }

  private String line(int done, double seconds) {
    if (total <= 0) {
      return String.format(
          Locale.ROOT, "making frames: %,d recordings  %,.0f/s", done, done / seconds);
    }
    int filled = (int) ((long) WIDTH * Math.min(done, total) / total);
    return String.format(
        Locale.ROOT,
        "making frames [%s%s] %3d %%  %,d of %,d recordings  %,.0f/s",
        "=".repeat(filled),
        " ".repeat(WIDTH - filled),
        100L * Math.min(done, total) / total,
        done,
        total,
        done / seconds);
  }

  private void draw(String line) {
    // blanks cover what a longer line left
    console.control("\r");
    console.out().print(line + " ".repeat(Math.max(0, length - line.length())));
    console.out().flush();
    length = line.length();
  }

  @Override
  public void note(String line) {
    end();
    console.note(line);
  }

  @Override
  public void end() {
    if (length > 0) {
      console.control("\r" + " ".repeat(length) + "\r");
      console.out().flush();
      length = 0;
    }
  }
}
