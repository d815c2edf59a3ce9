package org.klif.data.frames;

import org.klif.data.events.Events;
import org.klif.data.random.SampleRandom;

/**
 * A random change of where events are; all events of a recording undergo the same one, and it draws
 * a fixed number of random values. Events that leave the sensor are dropped.
 */
public sealed interface SpatialChange extends EventAugmentation {
  /** Mirrors left and right with probability 1/2. */
  record Flip() implements SpatialChange {
    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      if (random.nextDouble() >= 0.5) {
        return events;
      }
      EventCopy copy = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        copy.add(width - 1 - events.x(i), events.y(i), events.polarity(i), events.micros(i));
      }
      return copy.build();
    }

    @Override
    public String toString() {
      return "flip";
    }
  }

  /**
   * Shifts by up to so many pixels in each direction, uniformly; what leaves on one side comes in
   * on the other.
   *
   * @param pixels 1..1000
   */
  record Roll(int pixels) implements SpatialChange {
    /** Checks the pixels. */
    public Roll {
      if (pixels < 1 || pixels > 1000) {
        throw new IllegalArgumentException("roll's pixels must be 1..1000, not " + pixels);
      }
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      int down = random.nextInt(2 * pixels + 1) - pixels;
      int right = random.nextInt(2 * pixels + 1) - pixels;
      EventCopy copy = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        copy.add(
            Math.floorMod(events.x(i) + right, width),
            Math.floorMod(events.y(i) + down, height),
            events.polarity(i),
            events.micros(i));
      }
      return copy.build();
    }

    @Override
    public String toString() {
      return "roll(" + pixels + ")";
    }
  }

  /**
   * Turns about the centre by an angle in [-degrees, degrees), uniform; the new place is the
   * nearest pixel.
   *
   * @param degrees largest angle, 0..180
   */
  record Rotate(double degrees) implements SpatialChange {
    /** Checks the angle. */
    public Rotate {
      if (!(degrees > 0 && degrees <= 180)) {
        throw new IllegalArgumentException(
            "rotate's degrees must be above 0 and at most 180, not " + degrees);
      }
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      double angle = StrictMath.toRadians(random.nextDouble(-degrees, degrees));
      // StrictMath gives the same bits everywhere.
      double cos = StrictMath.cos(angle);
      double sin = StrictMath.sin(angle);
      double centreX = (width - 1) / 2.0;
      double centreY = (height - 1) / 2.0;
      EventCopy copy = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        double dx = events.x(i) - centreX;
        double dy = events.y(i) - centreY;
        copy.add(
            nearest(centreX + cos * dx - sin * dy),
            nearest(centreY + sin * dx + cos * dy),
            events.polarity(i),
            events.micros(i));
      }
      return copy.build();
    }

    @Override
    public String toString() {
      return "rotate(" + Call.text(degrees) + ")";
    }
  }

  /**
   * Moves rows sideways in proportion to their distance from the middle one: by tan(angle) pixels a
   * row, angle in [-degrees, degrees), uniform.
   *
   * @param degrees largest angle, below 90
   */
  record Shear(double degrees) implements SpatialChange {
    /** Checks the angle. */
    public Shear {
      if (!(degrees > 0 && degrees < 90)) {
        throw new IllegalArgumentException(
            "shear's degrees must be between 0 and 90, not " + degrees);
      }
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      double slope = StrictMath.tan(StrictMath.toRadians(random.nextDouble(-degrees, degrees)));
      double centreY = (height - 1) / 2.0;
      EventCopy copy = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        copy.add(
            nearest(events.x(i) + slope * (events.y(i) - centreY)),
            events.y(i),
            events.polarity(i),
            events.micros(i));
      }
      return copy.build();
    }

    @Override
    public String toString() {
      return "shear(" + Call.text(degrees) + ")";
    }
  }

  /**
   * Drops the events of a square whose centre is any pixel; near an edge a part of the square lies
   * outside.
   *
   * @param side of the square in pixels, 1..1000
   */
  record Cutout(int side) implements SpatialChange {
    /** Checks the side. */
    public Cutout {
      if (side < 1 || side > 1000) {
        throw new IllegalArgumentException("cutout's side must be 1..1000, not " + side);
      }
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      int top = random.nextInt(height) - side / 2;
      int left = random.nextInt(width) - side / 2;
      EventCopy copy = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        int x = events.x(i);
        int y = events.y(i);
        if (x < left || x >= left + side || y < top || y >= top + side) {
          copy.add(events, i);
        }
      }
      return copy.build();
    }

    @Override
    public String toString() {
      return "cutout(" + side + ")";
    }
  }

  private static int nearest(double place) {
    return (int) Math.floor(place + 0.5);
  }
}
