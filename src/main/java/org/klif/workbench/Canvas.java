package org.klif.workbench;

/** Something to draw on: SVG text, or a picture. Coordinates are pixels from the top left. */
public interface Canvas {
  /** Where a text begins. */
  enum Anchor {
    START,
    MIDDLE,
    END
  }

  /**
   * A line through points.
   *
   * @param color as 0xRRGGBB
   */
  void line(double[] x, double[] y, int color, double width);

  /** A filled rectangle. */
  void area(double x, double y, double width, double height, int color);

  /** A filled circle. */
  void dot(double x, double y, double radius, int color);

  /** A line of text on its base line. */
  void text(double x, double y, String text, int color, Anchor anchor, boolean bold);
}
