package org.klif.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.klif.UsageException;
import org.klif.data.frames.Call;
import org.klif.data.frames.Words;
import org.klif.data.random.SampleRandom;

/**
 * A random change of a training sample, before normalisation. Each one draws a fixed number of
 * random values per sample, and all channels and all frames of a sample undergo the same change.
 * New border pixels are 0.
 *
 * <p>The text form, which {@link #parse} reads and {@code toString} gives back: {@code none}, or
 * parts separated by blanks and applied from left to right, such as {@code crop(4) flip}.
 */
public sealed interface Augmentation
    permits Augmentation.Chain,
        Augmentation.Flip,
        Augmentation.Crop,
        Augmentation.Affine,
        Cutout,
        EventChange,
        RandomPolicy,
        RecordingChange {
  /** Leaves samples as they are. */
  static Augmentation none() {
    return new Chain(List.of());
  }

  /**
   * Changes one sample in place.
   *
   * @param sample (T, C, H, W) row-major, values 0..1
   * @param scratch at least as long; its content is lost
   */
  void apply(float[] sample, float[] scratch, SampleShape shape, SampleRandom random);

  /** True when {@link #apply} never changes anything. */
  default boolean isNone() {
    return false;
  }

  /**
   * Reads the text form.
   *
   * @throws UsageException naming the part that is wrong
   */
  static Augmentation parse(String text) {
    try {
      List<Augmentation> parts =
          new Words<Augmentation>()
              .with("none", 0, call -> none())
              .with("flip", 0, call -> new Flip())
              .with("crop", 1, call -> new Crop(call.wholeNumber(0, "crop's padding")))
              .with("cutout", 1, call -> new Cutout(call.wholeNumber(0, "cutout's size")))
              .with("randaugment", 2, RandomPolicy::of)
              .with("affine", 4, Affine::of)
              .parse(text);
      parts.removeIf(Augmentation::isNone);
      return parts.size() == 1 ? parts.get(0) : new Chain(parts);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "augmentation \"%s\": %s; known: none, affine(degrees,shift,smallest,largest), crop(padding), cutout(size), flip, randaugment(operations,magnitude)"
              .formatted(text, e.getMessage()));
    }
  }

  /**
   * Several changes, one after the other.
   *
   * @param parts in order of application; none when empty
   */
  record Chain(List<Augmentation> parts) implements Augmentation {
    /** Copies the list. */
    public Chain {
      parts = List.copyOf(parts);
    }

    @Override
    public void apply(float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
      for (Augmentation part : parts) {
        part.apply(sample, scratch, shape, random);
      }
    }

    @Override
    public boolean isNone() {
      return parts.stream().allMatch(Augmentation::isNone);
    }

    @Override
    public String toString() {
      return parts.isEmpty()
          ? "none"
          : String.join(" ", parts.stream().map(Augmentation::toString).toList());
    }
  }

  /** Mirrors left and right with probability 1/2. */
  record Flip() implements Augmentation {
    @Override
    public void apply(float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
      if (random.nextDouble() >= 0.5) {
        return;
      }
      int width = shape.width();
      for (int row = 0; row < shape.values(); row += width) {
        for (int left = row, right = row + width - 1; left < right; left++, right--) {
          float value = sample[left];
          sample[left] = sample[right];
          sample[right] = value;
        }
      }
    }

    @Override
    public String toString() {
      return "flip";
    }
  }

  /**
   * Pads all four sides with zeros and cuts an image of the old size out of it: a shift by up to
   * {@code padding} pixels.
   *
   * @param padding pixels on each side
   */
  record Crop(int padding) implements Augmentation {
    /** Checks the padding. */
    public Crop {
      if (padding < 1 || padding > 1000) {
        throw new IllegalArgumentException("crop's padding must be 1..1000, not " + padding);
      }
    }

    @Override
    public void apply(float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
      int down = random.nextInt(2 * padding + 1) - padding;
      int right = random.nextInt(2 * padding + 1) - padding;
      int height = shape.height();
      int width = shape.width();
      int firstColumn = Math.min(width, Math.max(0, -right));
      int columns = Math.max(0, width - Math.abs(right));
      Arrays.fill(scratch, 0, shape.values(), 0);
      for (int plane = 0; plane < shape.values(); plane += height * width) {
        for (int y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
          System.arraycopy(
              sample,
              plane + (y + down) * width + Math.min(width, Math.max(0, right)),
              scratch,
              plane + y * width + firstColumn,
              columns);
        }
      }
      System.arraycopy(scratch, 0, sample, 0, shape.values());
    }

    @Override
    public String toString() {
      return "crop(" + padding + ")";
    }
  }

  /**
   * Turns, shifts and scales about the centre, with bilinear interpolation. Angle in [-degrees,
   * degrees), shift in [-shift, shift) of height and width, scale in [smallest, largest), all
   * uniform.
   *
   * @param degrees largest angle, 0..180
   * @param shift largest shift as a fraction of the side, 0..1
   * @param smallest factor of size
   * @param largest factor of size
   */
  record Affine(double degrees, double shift, double smallest, double largest)
      implements Augmentation {
    /** Checks the ranges. */
    public Affine {
      if (!(degrees >= 0 && degrees <= 180) || !(shift >= 0 && shift <= 1)) {
        throw new IllegalArgumentException("affine needs degrees 0..180 and shift 0..1");
      }
      if (!(smallest > 0 && smallest <= largest && largest <= 100)) {
        throw new IllegalArgumentException("affine needs 0 < smallest <= largest <= 100");
      }
    }

    private static Affine of(Call call) {
      return new Affine(call.number(0), call.number(1), call.number(2), call.number(3));
    }

    @Override
    public void apply(float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
      double angle = StrictMath.toRadians(random.nextDouble(-degrees, degrees));
      double shiftX = random.nextDouble(-shift, shift) * shape.width();
      double shiftY = random.nextDouble(-shift, shift) * shape.height();
      double scale = random.nextDouble(smallest, largest);
      // The inverse map. StrictMath gives the same bits everywhere.
      float cos = (float) (StrictMath.cos(angle) / scale);
      float sin = (float) (StrictMath.sin(angle) / scale);
      new Warp(cos, sin, -sin, cos, shiftX, shiftY).apply(sample, scratch, shape);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "affine(%s,%s,%s,%s)",
          Call.text(degrees),
          Call.text(shift),
          Call.text(smallest),
          Call.text(largest));
    }
  }
}
