package org.klif.interchange;

import java.util.Arrays;
import org.klif.nn.LayerSummary;

/**
 * Shape of what flows between two layers, for one sample and one time step.
 *
 * @param channels features, where height and width are 1
 */
record ImageShape(int channels, int height, int width) {

  /** From the text in a {@link LayerSummary}: {@code 64x14x14} or {@code 100}. */
  static ImageShape parse(String text) {
    int[] sizes = Arrays.stream(text.split("x", -1)).mapToInt(Integer::parseInt).toArray();
    return sizes.length == 1
        ? new ImageShape(sizes[0], 1, 1)
        : new ImageShape(sizes[0], sizes[1], sizes[2]);
  }

  boolean isImage() {
    return height * width > 1;
  }

  int features() {
    return Math.multiplyExact(channels, Math.multiplyExact(height, width));
  }
}
