package org.klif.data.cache;

import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Makes lines for people of a cache's progress: one about every ten seconds. */
public final class CacheNotes implements CacheProgress {
  private static final long NANOS_BETWEEN_LINES = 10_000_000_000L;

  private final Consumer<String> lines;
  private final LongSupplier clock;
  private long start;
  private long last;
  private int total;

  /** Passes lines on. */
  public CacheNotes(Consumer<String> lines) {
    this(lines, System::nanoTime);
  }

  /** With a clock of nanoseconds. */
  CacheNotes(Consumer<String> lines, LongSupplier clock) {
    this.lines = lines;
    this.clock = clock;
    start = clock.getAsLong();
    last = start;
  }

  @Override
  public void begin(int samples) {
    total = samples;
    start = clock.getAsLong();
    last = start;
  }

  @Override
  public void samples(int done) {
    long now = clock.getAsLong();
    if (now - last >= NANOS_BETWEEN_LINES) {
      last = now;
      lines.accept(
          String.format(
              Locale.ROOT,
              "making frames: %,d%s recordings so far, %,.0f/s; later runs find them made",
              done,
              total > 0 ? String.format(Locale.ROOT, " of %,d", total) : "",
              done / ((now - start) / 1e9)));
    }
  }

  @Override
  public void note(String line) {
    lines.accept(line);
  }
}
