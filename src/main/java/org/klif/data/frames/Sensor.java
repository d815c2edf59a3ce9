package org.klif.data.frames;

/**
 * What a sensor's events can be, and so the channels, rows and columns of a frame that counts them.
 *
 * @param polarities 2 for a camera; 1 where events have none, such as those of a cochlea
 * @param height rows
 * @param width columns
 */
public record Sensor(int polarities, int height, int width) {
  /** Checks that there is anything. */
  public Sensor {
    if (polarities < 1 || polarities > 2 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "a sensor has 1 or 2 polarities, rows and columns, not %d, %d and %d"
              .formatted(polarities, height, width));
    }
  }

  /** A camera's. */
  public static Sensor camera(int height, int width) {
    return new Sensor(2, height, width);
  }

  /** Values of one frame. */
  int values() {
    return Math.multiplyExact(polarities, Math.multiplyExact(height, width));
  }
}
