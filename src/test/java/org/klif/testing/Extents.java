package org.klif.testing;

import org.klif.tensor.Extent;

/** Heights and widths in tables of cases. */
final class Extents {
  private Extents() {}

  /** {@code 3} or {@code 1x3}. */
  static Extent of(String text) {
    String[] sizes = text.strip().split("x", -1);
    return new Extent(Integer.parseInt(sizes[0]), Integer.parseInt(sizes[sizes.length - 1]));
  }
}
