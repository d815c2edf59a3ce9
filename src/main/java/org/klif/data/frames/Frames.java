package org.klif.data.frames;

import java.util.Arrays;
import java.util.Objects;
import org.klif.KlifException;
import org.klif.data.events.Events;

/**
 * Accumulates events into frames (T, C, H, W), row-major; channel p has the events of polarity p.
 */
public final class Frames {
  private Frames() {}

  /** Values in the frames: T*C*H*W. */
  public static int values(FrameRule rule, Sensor sensor) {
    return Math.multiplyExact(rule.steps(), rule.frame(sensor).values());
  }

  /**
   * Writes the frames of a recording; without events they are all 0.
   *
   * @param out (T, C, H, W), as {@link FrameRule#frame} says; every value is overwritten
   * @throws KlifException when an event lies outside of the sensor
   */
  public static void accumulate(Events events, FrameRule rule, Sensor sensor, float[] out) {
    Objects.checkFromIndexSize(0, values(rule, sensor), out.length);
    requireInside(events, sensor);
    Sensor frame = rule.frame(sensor);
    if (frame.equals(sensor)) {
      fill(events, rule, sensor, out);
      return;
    }
    float[] whole = new float[Math.multiplyExact(rule.steps(), sensor.values())];
    fill(events, rule, sensor, whole);
    new Resize(sensor.height(), sensor.width(), frame.height(), frame.width())
        .apply(rule.steps() * sensor.polarities(), whole, out);
  }

  private static void fill(Events events, FrameRule rule, Sensor sensor, float[] out) {
    int each = sensor.values();
    Arrays.fill(out, 0, rule.steps() * each, 0);
    if (events.size() > 0) {
      new Accumulation(events, rule, sensor.width(), each / sensor.polarities(), each).into(out);
    }
  }

  /**
   * How many of a recording's events are in its frames: all, but BY_DURATION ends after T frames.
   */
  public static int covered(Events events, FrameRule rule) {
    return rule.kind() == FrameRule.Kind.BY_DURATION && events.size() > 0
        ? events.before(events.micros(0) + rule.steps() * rule.micros())
        : events.size();
  }

  private static void requireInside(Events events, Sensor sensor) {
    for (int i = 0; i < events.size(); i++) {
      int x = events.x(i);
      int y = events.y(i);
      if (x < 0 || x >= sensor.width() || y < 0 || y >= sensor.height()) {
        throw new KlifException(
            "event %d lies at x=%d, y=%d, outside of frames of %d columns and %d rows"
                .formatted(i, x, y, sensor.width(), sensor.height()));
      }
      if (events.polarity(i) >= sensor.polarities()) {
        throw new KlifException(
            "event %d has polarity %d, and this sensor's events have none"
                .formatted(i, events.polarity(i)));
      }
    }
  }

  /**
   * One recording's way into frames of the sensor's own size.
   *
   * @param events at least one
   * @param plane H*W
   * @param frame C*H*W
   */
  private record Accumulation(Events events, FrameRule rule, int width, int plane, int frame) {
    void into(float[] out) {
      switch (rule.kind()) {
        case BY_COUNT -> byCount(out);
        case BY_TIME -> byTime(out);
        case BY_DURATION -> byDuration(out);
        case VOXEL_GRID -> voxelGrid(out);
        case TWO_SURFACE -> twoSurface(out);
      }
    }

    /** Where event {@code i} goes within a frame. */
    private int place(int i) {
      return (events.polarity(i) == 0 ? 0 : plane) + events.y(i) * width + events.x(i);
    }

    private void byCount(float[] out) {
      int each = events.size() / rule.steps();
      for (int i = 0; i < events.size(); i++) {
        int j = each == 0 ? rule.steps() - 1 : Math.min(rule.steps() - 1, i / each);
        out[j * frame + place(i)]++;
      }
    }

    private void byTime(float[] out) {
      long start = events.micros(0);
      long each = (events.micros(events.size() - 1) - start) / rule.steps();
      for (int i = 0; i < events.size(); i++) {
        // With each = 0 no frame has a length: all events are the rest, which the last one takes.
        long number = each == 0 ? rule.steps() : (events.micros(i) - start) / each;
        int j = (int) Math.min(rule.steps() - 1, number);
        out[j * frame + place(i)]++;
      }
    }

    private void byDuration(float[] out) {
      long start = events.micros(0);
      int covered = covered(events, rule);
      for (int i = 0; i < covered; i++) {
        int j = (int) ((events.micros(i) - start) / rule.micros());
        out[j * frame + place(i)]++;
      }
    }

    private void voxelGrid(float[] out) {
      int steps = rule.steps();
      long start = events.micros(0);
      long length = events.micros(events.size() - 1) - start;
      for (int i = 0; i < events.size(); i++) {
        double s = length == 0 ? 0 : (double) (steps - 1) * (events.micros(i) - start) / length;
        // rounding may go past the last frame
        int left = (int) Math.min(steps - 1, Math.floor(s));
        float share = left == steps - 1 ? 0 : (float) (s - left);
        int place = place(i);
        out[place + left * frame] += 1 - share;
        if (share > 0) {
          out[place + (left + 1) * frame] += share;
        }
      }
    }

    private void twoSurface(float[] out) {
      int n = events.size();
      long[] last = new long[frame];
      Arrays.fill(last, Long.MIN_VALUE);
      long start = events.micros(0);
      long each = Math.floorDiv(events.micros(n - 1) - start, (long) rule.steps());
      int i = 0;
      for (int j = 0; j < rule.steps(); j++) {
        boolean isLast = j == rule.steps() - 1;
        long end = isLast ? events.micros(n - 1) : start + (j + 1) * each;
        while (i < n && (isLast || events.micros(i) < end)) {
          last[place(i)] = events.micros(i);
          i++;
        }
        int first = j * frame;
        for (int p = 0; p < last.length; p++) {
          if (last[p] != Long.MIN_VALUE) {
            double age = end - last[p];
            // StrictMath gives the same bits everywhere.
            out[first + p] = (float) StrictMath.exp(-age / rule.micros());
          }
        }
      }
    }
  }
}
