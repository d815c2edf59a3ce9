package org.klif.tensor;

/**
 * Height and width in pixels: of a kernel or a window, of its steps, or of the padding on each side
 * (top and bottom, left and right).
 */
public record Extent(int height, int width) {
  /** The same for height and width. */
  public static Extent square(int size) {
    return new Extent(size, size);
  }

  /** Pixels in it. */
  public int area() {
    return Math.multiplyExact(height, width);
  }

  /** Whether both are at least that. */
  public boolean isAtLeast(int size) {
    return height >= size && width >= size;
  }

  /** Height and width: {@code 3x3}. */
  public String both() {
    return height + "x" + width;
  }

  /**
   * As a network's text has it: {@code 3} where height and width are the same, else {@code 1x3}.
   */
  @Override
  public String toString() {
    return height == width ? Integer.toString(height) : both();
  }
}
