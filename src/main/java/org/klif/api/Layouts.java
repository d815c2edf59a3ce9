package org.klif.api;

/** Between PyTorch's order, channels first, and the device's, channels last. */
final class Layouts {
  /** (images, C, pixels) from (images, pixels, C); always a copy. */
  static float[] channelsFirst(float[] values, int images, int channels, int pixels) {
    return pixels == 1 || channels == 1
        ? values.clone()
        : transposed(values, images, pixels, channels);
  }

  /** (images, pixels, C) from (images, C, pixels): the same array where both are alike. */
  static float[] channelsLast(float[] values, int images, int channels, int pixels) {
    return pixels == 1 || channels == 1 ? values : transposed(values, images, channels, pixels);
  }

  private static float[] transposed(float[] values, int images, int rows, int columns) {
    float[] out = new float[values.length];
    for (int image = 0; image < images; image++) {
      int base = image * rows * columns;
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          out[base + column * rows + row] = values[base + row * columns + column];
        }
      }
    }
    return out;
  }

  private Layouts() {}
}
