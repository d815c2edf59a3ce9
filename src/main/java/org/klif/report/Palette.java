package org.klif.report;

import java.awt.Color;

/** Colours that read on a light and on a dark page; a layer has the same colour in every chart. */
final class Palette {
  private static final Color[] LINES = {
    new Color(0x3B7DD8), new Color(0xE0662E), new Color(0x2F9E5F), new Color(0xB155C9),
    new Color(0xC2921A), new Color(0x1A9FB0), new Color(0xD6487E), new Color(0x7A7F88),
    new Color(0x8F6B3A), new Color(0x6A63D9)
  };

  /** The colour of the line with this number; colours repeat after ten. */
  static Color line(int index) {
    return LINES[index % LINES.length];
  }

  /** As CSS writes it. */
  static String css(Color color) {
    return String.format("#%06x", color.getRGB() & 0xFFFFFF);
  }

  private Palette() {}
}
