package org.klif.data.frames;

import java.util.List;
import org.klif.UsageException;
import org.klif.data.events.Events;
import org.klif.data.random.SampleRandom;

/**
 * A random change of a training recording before its frames are made. The random stream is the
 * sample's own in each epoch, so the change depends on seed, epoch and sample alone.
 *
 * <p>The text form, which {@link #parse} reads and {@code toString} gives back: {@code none}, or
 * parts separated by blanks and applied from left to right, such as {@code flip roll(5) drop(0.1)}.
 * The parts are those of {@link SpatialChange}, of {@link TemporalChange}, {@link Nda} and {@link
 * CutMix}.
 */
public sealed interface EventAugmentation
    permits EventAugmentation.Chain, EventAugmentation.Nda, CutMix, SpatialChange, TemporalChange {
  /** The words of the text form. */
  String KNOWN =
      "none, flip, roll(pixels), rotate(degrees), shear(degrees), cutout(side),"
          + " nda(pixels,degrees,degrees,side), cutmix(share), jitter(microseconds), polarity,"
          + " drop(share), droptime(share), window(microseconds)";

  /**
   * The changed recording.
   *
   * @param events all on the sensor
   * @param height rows of the sensor
   * @param width columns of the sensor
   */
  Events apply(Events events, int height, int width, SampleRandom random);

  /**
   * The changed recording, where other ones of the same data set may take part in the change.
   *
   * @param others all training recordings
   */
  default Events apply(
      Events events, RecordedSamples others, int height, int width, SampleRandom random) {
    return apply(events, height, width, random);
  }

  /** Leaves recordings as they are. */
  static EventAugmentation none() {
    return new Chain(List.of());
  }

  /** True when {@link #apply} never changes anything. */
  default boolean isNone() {
    return false;
  }

  /** True when {@link #apply} may give an event the other polarity. */
  default boolean exchangesPolarities() {
    return this instanceof TemporalChange.Polarity;
  }

  /**
   * Reads the text form.
   *
   * @throws UsageException naming the part that is wrong
   */
  static EventAugmentation parse(String text) {
    try {
      List<EventAugmentation> parts = words().parse(text);
      parts.removeIf(EventAugmentation::isNone);
      return parts.size() == 1 ? parts.get(0) : new Chain(parts);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "event augmentation \"%s\": %s; known: %s".formatted(text, e.getMessage(), KNOWN));
    }
  }

  private static Words<EventAugmentation> words() {
    return new Words<EventAugmentation>()
        .with("none", 0, call -> none())
        .with("flip", 0, call -> new SpatialChange.Flip())
        .with("roll", 1, call -> new SpatialChange.Roll(call.wholeNumber(0)))
        .with("rotate", 1, call -> new SpatialChange.Rotate(call.number(0)))
        .with("shear", 1, call -> new SpatialChange.Shear(call.number(0)))
        .with("cutout", 1, call -> new SpatialChange.Cutout(call.wholeNumber(0)))
        .with("nda", 4, Nda::of)
        .with("cutmix", 1, call -> new CutMix(call.number(0)))
        .with("jitter", 1, call -> new TemporalChange.Jitter(call.wholeNumber(0)))
        .with("polarity", 0, call -> new TemporalChange.Polarity())
        .with("drop", 1, call -> new TemporalChange.Drop(call.number(0)))
        .with("droptime", 1, call -> new TemporalChange.DropTime(call.number(0)))
        .with("window", 1, call -> new TemporalChange.Window(call.wholeNumber(0)));
  }

  /**
   * Several changes, one after the other.
   *
   * @param parts in order of application; none when empty
   */
  record Chain(List<EventAugmentation> parts) implements EventAugmentation {
    /** Copies the list. */
    public Chain {
      parts = List.copyOf(parts);
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      Events changed = events;
      for (EventAugmentation part : parts) {
        changed = part.apply(changed, height, width, random);
      }
      return changed;
    }

    @Override
    public Events apply(
        Events events, RecordedSamples others, int height, int width, SampleRandom random) {
      Events changed = events;
      for (EventAugmentation part : parts) {
        changed = part.apply(changed, others, height, width, random);
      }
      return changed;
    }

    @Override
    public boolean isNone() {
      return parts.stream().allMatch(EventAugmentation::isNone);
    }

    @Override
    public boolean exchangesPolarities() {
      return parts.stream().anyMatch(EventAugmentation::exchangesPolarities);
    }

    @Override
    public String toString() {
      return parts.isEmpty()
          ? "none"
          : String.join(" ", parts.stream().map(EventAugmentation::toString).toList());
    }
  }

  /**
   * The geometric set of NDA (Y. Li et al., ECCV 2022): a flip, then one of roll, rotate, shear and
   * cutout, equally likely. NDA's mixing of two samples is a part of its own, {@link CutMix}.
   *
   * @param pixels of the roll
   * @param degrees of the rotation
   * @param shear degrees of the shear
   * @param side of the cutout
   */
  record Nda(int pixels, double degrees, double shear, int side) implements EventAugmentation {
    /** Checks the ranges. */
    public Nda {
      choices(pixels, degrees, shear, side);
    }

    private static Nda of(Call call) {
      return new Nda(call.wholeNumber(0), call.number(1), call.number(2), call.wholeNumber(3));
    }

    private static List<SpatialChange> choices(int pixels, double degrees, double shear, int side) {
      return List.of(
          new SpatialChange.Roll(pixels),
          new SpatialChange.Rotate(degrees),
          new SpatialChange.Shear(shear),
          new SpatialChange.Cutout(side));
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      Events flipped = new SpatialChange.Flip().apply(events, height, width, random);
      List<SpatialChange> choices = choices(pixels, degrees, shear, side);
      return choices.get(random.nextInt(choices.size())).apply(flipped, height, width, random);
    }

    @Override
    public String toString() {
      return "nda(%d,%s,%s,%d)".formatted(pixels, Call.text(degrees), Call.text(shear), side);
    }
  }
}
