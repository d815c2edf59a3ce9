package org.klif.data.frames;

import java.util.Arrays;
import java.util.Objects;
import org.klif.KlifException;
import org.klif.data.events.Events;

/**
 * Accumulates events into frames (T, 2, H, W), row-major; channel p has the events of polarity p.
 */
public final class Frames {
  private Frames() {}

  /** Values in the frames: T*2*H*W. */
  public static int values(FrameRule rule, int height, int width) {
    return Math.multiplyExact(
        Math.multiplyExact(rule.steps(), 2), Math.multiplyExact(height, width));
  }

  /**
   * Writes the frames of a recording; without events they are all 0.
   *
   * @param out (T, 2, H, W); every value is overwritten
   * @throws KlifException when an event lies outside of height and width
   */
  public static void accumulate(Events events, FrameRule rule, int height, int width, float[] out) {
    accumulate(events, rule, height, width, out, 0);
  }

  /** As {@link #accumulate(Events, FrameRule, int, int, float[])}, from {@code out[offset]} on. */
  public static void accumulate(
      Events events, FrameRule rule, int height, int width, float[] out, int offset) {
    int values = values(rule, height, width);
    Objects.checkFromIndexSize(offset, values, out.length);
    Arrays.fill(out, offset, offset + values, 0);
    requireInside(events, height, width);
    int n = events.size();
    if (n == 0) {
      return;
    }
    int plane = height * width;
    switch (rule.kind()) {
      case BY_COUNT -> {
        int each = n / rule.steps();
        for (int j = 0; j < rule.steps(); j++) {
          int end = j == rule.steps() - 1 ? n : (j + 1) * each;
          count(events, j * each, end, plane, width, out, offset + j * 2 * plane);
        }
      }
      case BY_TIME -> byTime(events, rule.steps(), plane, width, out, offset);
      case BY_DURATION -> byDuration(events, rule, plane, width, out, offset);
      case VOXEL_GRID -> voxelGrid(events, rule.steps(), plane, width, out, offset);
      case TWO_SURFACE -> twoSurface(events, rule, plane, width, out, offset);
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

  private static void requireInside(Events events, int height, int width) {
    for (int i = 0; i < events.size(); i++) {
      int x = events.x(i);
      int y = events.y(i);
      if (x < 0 || x >= width || y < 0 || y >= height) {
        throw new KlifException(
            "event %d lies at x=%d, y=%d, outside of frames of %d columns and %d rows"
                .formatted(i, x, y, width, height));
      }
    }
  }

  private static void count(
      Events events, int from, int to, int plane, int width, float[] out, int first) {
    for (int i = from; i < to; i++) {
      out[first + place(events, i, plane, width)]++;
    }
  }

  /** Where event {@code i} goes within a frame. */
  private static int place(Events events, int i, int plane, int width) {
    return (events.polarity(i) == 0 ? 0 : plane) + events.y(i) * width + events.x(i);
  }

  private static void byTime(
      Events events, int steps, int plane, int width, float[] out, int offset) {
    long start = events.micros(0);
    long each = (events.micros(events.size() - 1) - start) / steps;
    for (int i = 0; i < events.size(); i++) {
      // With each = 0 no frame has a length: all events are the rest, which the last one takes.
      long frame = each == 0 ? steps : (events.micros(i) - start) / each;
      int j = (int) Math.min(steps - 1, frame);
      out[offset + j * 2 * plane + place(events, i, plane, width)]++;
    }
  }

  private static void byDuration(
      Events events, FrameRule rule, int plane, int width, float[] out, int offset) {
    long start = events.micros(0);
    int covered = covered(events, rule);
    for (int i = 0; i < covered; i++) {
      int j = (int) ((events.micros(i) - start) / rule.micros());
      out[offset + j * 2 * plane + place(events, i, plane, width)]++;
    }
  }

  private static void voxelGrid(
      Events events, int steps, int plane, int width, float[] out, int offset) {
    long start = events.micros(0);
    long length = events.micros(events.size() - 1) - start;
    for (int i = 0; i < events.size(); i++) {
      double s = length == 0 ? 0 : (double) (steps - 1) * (events.micros(i) - start) / length;
      // rounding may go past the last frame
      int left = (int) Math.min(steps - 1, Math.floor(s));
      float share = left == steps - 1 ? 0 : (float) (s - left);
      int place = offset + place(events, i, plane, width);
      out[place + left * 2 * plane] += 1 - share;
      if (share > 0) {
        out[place + (left + 1) * 2 * plane] += share;
      }
    }
  }

  private static void twoSurface(
      Events events, FrameRule rule, int plane, int width, float[] out, int offset) {
    int n = events.size();
    long[] last = new long[2 * plane];
    Arrays.fill(last, Long.MIN_VALUE);
    long start = events.micros(0);
    long each = Math.floorDiv(events.micros(n - 1) - start, (long) rule.steps());
    int i = 0;
    for (int j = 0; j < rule.steps(); j++) {
      boolean isLast = j == rule.steps() - 1;
      long end = isLast ? events.micros(n - 1) : start + (j + 1) * each;
      while (i < n && (isLast || events.micros(i) < end)) {
        last[place(events, i, plane, width)] = events.micros(i);
        i++;
      }
      int frame = offset + j * 2 * plane;
      for (int p = 0; p < last.length; p++) {
        if (last[p] != Long.MIN_VALUE) {
          double age = end - last[p];
          // StrictMath gives the same bits everywhere.
          out[frame + p] = (float) StrictMath.exp(-age / rule.micros());
        }
      }
    }
  }
}
