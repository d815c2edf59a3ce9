package org.klif.chart;

import java.util.Arrays;

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
   * @param dashes lengths of ink and gap in turn; none for a whole line
   */
  void line(double[] x, double[] y, Ink ink, double width, double... dashes);

  /** A faint area within these corners. */
  void area(double[] x, double[] y, Ink ink);

  /** Filled rectangles of one size, by their corners at the top left. */
  void marks(double[] x, double[] y, double width, double height, Ink ink);

  /** A filled circle. */
  void dot(double x, double y, double radius, Ink ink);

  /** A line of text on its base line. */
  void text(double x, double y, String text, Ink ink, Anchor anchor, boolean bold);

  /** A filled rectangle. */
  default void rectangle(double x, double y, double width, double height, Ink ink) {
    marks(new double[] {x}, new double[] {y}, width, height, ink);
  }

  /** A level line. */
  default void level(double left, double right, double y, Ink ink) {
    line(new double[] {left, right}, new double[] {y, y}, ink, 1);
  }

  /** A line with a gap where a point is not finite; a point alone between gaps is a dot. */
  default void curve(double[] x, double[] y, Ink ink, double width, double... dashes) {
    int from = 0;
    for (int to = 0; to <= y.length; to++) {
      if (to == y.length || !Double.isFinite(y[to])) {
        if (to - from == 1) {
          dot(x[from], y[from], 1.5 * width, ink);
        } else if (to > from) {
          double[] part = Arrays.copyOfRange(x, from, to);
          line(part, Arrays.copyOfRange(y, from, to), ink, width, dashes);
        }
        from = to + 1;
      }
    }
  }
}
