package org.klif.data.frames;

import java.util.List;
import org.klif.UsageException;

/**
 * How a recording of N events at times t_0 &lt;= ... &lt;= t_(N-1) becomes T frames with one
 * channel per polarity. Divisions of whole numbers round down. An event belongs to at most one
 * frame, except in the voxel grid.
 *
 * <p>The text form, which {@link #parse} reads and {@code toString} gives back, names the rule and
 * its numbers: {@code count(10)}, {@code time(10)}, {@code duration(20,50000)}, {@code voxel(5)},
 * {@code surface(10,20000)}. Behind it may stand {@code resize(48)} or {@code resize(36,48)}: the
 * finished frames are scaled to so many rows and columns, bilinear, as PyTorch's {@code
 * interpolate} with {@code align_corners=False} and without antialiasing.
 *
 * @param kind the rule
 * @param steps T, the number of frames
 * @param micros a time in microseconds: the length of a frame for BY_DURATION, the decay for
 *     TWO_SURFACE, else 0
 * @param height rows that frames are scaled to; 0 leaves them at the sensor's size
 * @param width columns likewise; 0 when height is
 */
public record FrameRule(Kind kind, int steps, long micros, int height, int width) {
  private static final int MOST_STEPS = 10_000;
  private static final int LARGEST_SIDE = 4096;
  private static final String RESIZE = "resize";

  /** About 9 years: with the most frames still a time that recordings can have. */
  private static final long LONGEST = 1L << 48;

  /** The rules. */
  public enum Kind {
    /**
     * Counts; frame j has the events [j*d, (j+1)*d) with d = N / T, and the last frame takes the
     * rest (SpikingJelly's split by number).
     */
    BY_COUNT("count", false),
    /**
     * Counts; frame j has the events with t_0 + j*d &lt;= t &lt; t_0 + (j+1)*d, where d = (t_(N-1)
     * - t_0) / T, and the last frame goes on to the last event (SpikingJelly's split by time, which
     * fails where a frame has no event; here that frame is empty).
     */
    BY_TIME("time", false),
    /**
     * Counts; frame j has the events with j*d &lt;= t - t_0 &lt; (j+1)*d for a fixed d. A short
     * recording is padded with empty frames, what comes after T frames is left out ({@link
     * Frames#covered}).
     */
    BY_DURATION("duration", true),
    /**
     * Voxel grid (A. Zhu et al., CVPR 2019) with a channel per polarity instead of signs: with s =
     * (T-1) * (t - t_0) / (t_(N-1) - t_0), an event adds max(0, 1 - |j - s|) to frame j.
     */
    VOXEL_GRID("voxel", false),
    /**
     * Two time surfaces, one per polarity: at the end e_j of frame j of BY_TIME a pixel has
     * exp(-(e_j - t) / decay), where t is the time of its last event so far; 0 when it had none.
     */
    TWO_SURFACE("surface", true);

    private final String word;
    private final boolean hasMicros;

    Kind(String word, boolean hasMicros) {
      this.word = word;
      this.hasMicros = hasMicros;
    }
  }

  /** Checks the ranges. */
  public FrameRule {
    if (steps < 1 || steps > MOST_STEPS) {
      throw new IllegalArgumentException(
          "%s needs 1..%d frames, not %d".formatted(kind.word, MOST_STEPS, steps));
    }
    if (kind.hasMicros ? micros < 1 : micros != 0) {
      throw new IllegalArgumentException(
          kind.hasMicros
              ? kind.word + " needs a time of at least 1 microsecond, not " + micros
              : kind.word + " takes no time");
    }
    if (micros > LONGEST) {
      throw new IllegalArgumentException(
          "%s takes at most %d microseconds, not %d".formatted(kind.word, LONGEST, micros));
    }
    boolean unscaled = height == 0 && width == 0;
    if (!unscaled && (Math.min(height, width) < 1 || Math.max(height, width) > LARGEST_SIDE)) {
      throw new IllegalArgumentException(
          "%s needs 1..%d rows and columns, not %d and %d"
              .formatted(RESIZE, LARGEST_SIDE, height, width));
    }
  }

  /** Frames of the sensor's own size. */
  private FrameRule(Kind kind, int steps, long micros) {
    this(kind, steps, micros, 0, 0);
  }

  /** The same, with frames scaled to that size. */
  public FrameRule resized(int rows, int columns) {
    if (rows == 0 || columns == 0) {
      throw new IllegalArgumentException(RESIZE + " needs at least 1 row and column, not 0");
    }
    return new FrameRule(kind, steps, micros, rows, columns);
  }

  /** Whether frames are scaled. */
  public boolean resizes() {
    return height > 0;
  }

  /** Channels, rows and columns of a frame of that sensor's events. */
  public Sensor frame(Sensor sensor) {
    return resizes() ? new Sensor(sensor.polarities(), height, width) : sensor;
  }

  /** T frames of equally many events. */
  public static FrameRule byCount(int steps) {
    return new FrameRule(Kind.BY_COUNT, steps, 0);
  }

  /**
   * Reads the text form.
   *
   * @throws UsageException naming what is wrong
   */
  public static FrameRule parse(String text) {
    try {
      List<Call> calls = Call.parseAll(text);
      FrameRule rule = of(calls.get(0));
      if (calls.size() > 2 || (calls.size() == 2 && !calls.get(1).name().equals(RESIZE))) {
        throw new IllegalArgumentException("only resize may stand behind " + calls.get(0).name());
      }
      return calls.size() == 1 ? rule : rule.resized(calls.get(1));
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          ("frames \"%s\": %s; known: count(T), time(T), duration(T,microseconds), voxel(T),"
                  + " surface(T,microseconds), and resize(side) or resize(rows,columns) behind it")
              .formatted(text, e.getMessage()));
    }
  }

  private static FrameRule of(Call call) {
    for (Kind kind : Kind.values()) {
      if (kind.word.equals(call.name())) {
        call.requireNumbers(kind.hasMicros ? 2 : 1);
        return new FrameRule(kind, call.wholeNumber(0), kind.hasMicros ? call.wholeNumber(1) : 0);
      }
    }
    throw new IllegalArgumentException("\"" + call.name() + "\" is unknown");
  }

  private FrameRule resized(Call call) {
    if (call.numbers().size() != 2) {
      call.requireNumbers(1);
    }
    return resized(call.wholeNumber(0), call.wholeNumber(call.numbers().size() - 1));
  }

  @Override
  public String toString() {
    String rule = kind.word + "(" + steps + (kind.hasMicros ? "," + micros : "") + ")";
    if (!resizes()) {
      return rule;
    }
    return rule + " " + RESIZE + "(" + height + (width == height ? "" : "," + width) + ")";
  }
}
