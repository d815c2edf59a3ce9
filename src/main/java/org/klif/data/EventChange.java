package org.klif.data;

import org.klif.data.frames.EventAugmentation;
import org.klif.data.frames.SpatialChange;
import org.klif.data.frames.TemporalChange;
import org.klif.data.random.SampleRandom;

/**
 * A change of recordings made on their frames instead. Only for changes that move whole pixels and
 * drop no event: the frames then have the bits of frames made of the changed events, by any rule,
 * and no event has to be read again.
 *
 * @param change flip, roll, polarity, or a chain of these
 */
public record EventChange(EventAugmentation change) implements Augmentation {
  private static final int POLARITIES = 2;

  /** Checks that frames can be changed so. */
  public EventChange {
    if (!isExact(change)) {
      throw new IllegalArgumentException(change + " needs the events");
    }
  }

  /** True when a change is the same on frames. */
  public static boolean isExact(EventAugmentation change) {
    if (change instanceof EventAugmentation.Chain chain) {
      return chain.parts().stream().allMatch(EventChange::isExact);
    }
    return change instanceof SpatialChange.Flip
        || change instanceof SpatialChange.Roll
        || change instanceof TemporalChange.Polarity;
  }

  /** Draws the numbers that the change of the events draws. */
  @Override
  public void apply(float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
    apply(change, sample, scratch, shape, random);
  }

  private static void apply(
      EventAugmentation change,
      float[] sample,
      float[] scratch,
      SampleShape shape,
      SampleRandom random) {
    if (change instanceof EventAugmentation.Chain chain) {
      chain.parts().forEach(part -> apply(part, sample, scratch, shape, random));
    } else if (change instanceof SpatialChange.Roll roll) {
      roll(roll.pixels(), sample, scratch, shape, random);
    } else if (change instanceof TemporalChange.Polarity) {
      swap(sample, scratch, shape, random);
    } else {
      new Flip().apply(sample, scratch, shape, random);
    }
  }

  private static void roll(
      int pixels, float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
    int down = random.nextInt(2 * pixels + 1) - pixels;
    int right = random.nextInt(2 * pixels + 1) - pixels;
    int height = shape.height();
    int width = shape.width();
    int column = Math.floorMod(right, width);
    for (int plane = 0; plane < shape.values(); plane += height * width) {
      for (int y = 0; y < height; y++) {
        int from = plane + y * width;
        int to = plane + Math.floorMod(y + down, height) * width;
        System.arraycopy(sample, from, scratch, to + column, width - column);
        System.arraycopy(sample, from + width - column, scratch, to, column);
      }
    }
    System.arraycopy(scratch, 0, sample, 0, shape.values());
  }

  private static void swap(
      float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
    if (shape.channels() != POLARITIES) {
      throw new IllegalArgumentException("frames of %s have no polarities".formatted(shape));
    }
    if (random.nextDouble() >= 0.5) {
      return;
    }
    int plane = shape.height() * shape.width();
    for (int off = 0; off < shape.values(); off += POLARITIES * plane) {
      System.arraycopy(sample, off, scratch, 0, plane);
      System.arraycopy(sample, off + plane, sample, off, plane);
      System.arraycopy(scratch, 0, sample, off + plane, plane);
    }
  }

  @Override
  public boolean isNone() {
    return change.isNone();
  }
}
