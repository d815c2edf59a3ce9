package org.klif.report;

import java.awt.image.BufferedImage;
import java.util.Base64;
import java.util.List;
import org.klif.io.Png;
import org.klif.run.RunTrace.Image;

/** A sample as a PNG inside the page: grey, colour, or two event polarities as red and blue. */
final class SampleImage {
  static String dataUri(Image image) {
    int width = image.width();
    int height = image.height();
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        picture.setRGB(x, y, colour(image, y * width + x));
      }
    }
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(Png.of(picture));
  }

  private static int colour(Image image, int at) {
    List<Float> pixels = image.pixels();
    int plane = image.height() * image.width();
    int first = level(pixels.get(at));
    if (image.channels() == 2) {
      return rgb(first, 0, level(pixels.get(plane + at)));
    }
    if (image.channels() == 3) {
      return rgb(first, level(pixels.get(plane + at)), level(pixels.get(2 * plane + at)));
    }
    return rgb(first, first, first);
  }

  private static int rgb(int red, int green, int blue) {
    return red << 16 | green << 8 | blue;
  }

  private static int level(float value) {
    return Math.round(255 * Math.max(0, Math.min(1, value)));
  }

  private SampleImage() {}
}
