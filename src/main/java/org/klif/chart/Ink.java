package org.klif.chart;

/**
 * A colour.
 *
 * @param rgb in a file, as 0xRRGGBB
 * @param css in a page, whose style sheet may have its own for light and dark
 */
public record Ink(int rgb, String css) {
  /** Titles and labels. */
  public static final Ink TEXT = new Ink(0x1D2430, "currentColor");

  /** Lines behind the data. */
  public static final Ink GRID = new Ink(0xE4E7EC, "var(--grid)");

  static final Ink PAPER = of(0xFFFFFF);

  private static final int[] LINES = {
    0x3B7DD8, 0xE0662E, 0x2F9E5F, 0xB155C9, 0xC2921A, 0x1A9FB0, 0xD6487E, 0x7A7F88, 0x8F6B3A,
    0x6A63D9
  };

  /** A colour that is the same in files and pages. */
  public static Ink of(int rgb) {
    return new Ink(rgb, hex(rgb));
  }

  /**
   * The colour of the line with this number; colours repeat after ten. They read on a light and on
   * a dark page.
   */
  public static Ink line(int index) {
    return of(LINES[index % LINES.length]);
  }

  String hex() {
    return hex(rgb);
  }

  private static String hex(int rgb) {
    return String.format("#%06x", rgb);
  }
}
