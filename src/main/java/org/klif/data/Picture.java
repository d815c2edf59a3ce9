package org.klif.data;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import org.klif.KlifException;

/**
 * An image of one plane, grey, or of three, red, green and blue: values 0 (black) to 1, row by row.
 */
final class Picture {
  private static final int LARGEST_SIDE = 1 << 20;
  private static final int LARGEST_FILE = 1 << 28;

  /** More than a camera has, less than a usual heap. */
  private static final int MOST_PIXELS = 1 << 25;

  private static final int LARGEST_VALUE = 65_535;

  private final int planes;
  private final int height;
  private final int width;
  private final float[] values;

  private Picture(int planes, int height, int width, float[] values) {
    this.planes = planes;
    this.height = height;
    this.width = width;
    this.values = values;
  }

  /**
   * Reads a PGM file, or what {@link FileImage} reads.
   *
   * @param planes 1 makes an image grey; 3 are those of its colours, equal ones of a grey image
   * @throws KlifException naming the file and what is wrong with it, before memory is taken for
   *     pixels where there are too many
   */
  static Picture read(Path file, int planes) throws IOException {
    long size = Files.size(file);
    if (size > LARGEST_FILE) {
      throw new KlifException(
          "%s has %,d bytes; an image of up to %,d is read".formatted(file, size, LARGEST_FILE));
    }
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length > 2 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '2')) {
      return pgm(file, bytes, planes);
    }
    FileImage image =
        FileImage.decode(
            bytes, file.toString(), (width, height) -> requireArea(file, width, height));
    float[] values = planes == 1 ? image.grey() : image.rgb();
    return new Picture(planes, image.height(), image.width(), values);
  }

  private static void requireArea(Path file, long width, long height) {
    if (width * height > MOST_PIXELS) {
      throw new KlifException(
          "%s has %d x %d pixels; an image of up to %,d is read: make it smaller first"
              .formatted(file, width, height, MOST_PIXELS));
    }
  }

  /** Netpbm's grey format: P5 binary, P2 text. */
  private static Picture pgm(Path file, byte[] bytes, int planes) {
    int[] header = new int[3];
    int at = 2;
    for (int i = 0; i < header.length; i++) {
      while (at < bytes.length && (bytes[at] <= ' ' || bytes[at] == '#')) {
        if (bytes[at] == '#') {
          while (at < bytes.length && bytes[at] != '\n') {
            at++;
          }
        } else {
          at++;
        }
      }
      while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9' && header[i] < 1 << 20) {
        header[i] = 10 * header[i] + bytes[at++] - '0';
      }
    }
    int width = header[0];
    int height = header[1];
    int white = header[2];
    if (width < 1 || height < 1 || width > LARGEST_SIDE || height > LARGEST_SIDE) {
      throw new KlifException(file + " is a damaged PGM image: its size is not sound");
    }
    if (white < 1 || white > LARGEST_VALUE) {
      throw new KlifException(file + " is a damaged PGM image: its largest value is " + white);
    }
    requireArea(file, width, height);
    float[] values =
        bytes[1] == '5'
            ? binary(file, bytes, at + 1, width * height, white)
            : text(file, bytes, at, width * height, white);
    float[] all = new float[Math.multiplyExact(planes, values.length)];
    for (int plane = 0; plane < planes; plane++) {
      System.arraycopy(values, 0, all, plane * values.length, values.length);
    }
    return new Picture(planes, height, width, all);
  }

  private static float[] binary(Path file, byte[] bytes, int from, int count, int white) {
    int size = white > 255 ? 2 : 1;
    if (bytes.length - (long) from < (long) count * size) {
      throw new KlifException(file + " is truncated");
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      int value = bytes[from + i * size] & 255;
      if (size == 2) {
        value = (value << 8) | (bytes[from + 2 * i + 1] & 255);
      }
      values[i] = share(file, value, white);
    }
    return values;
  }

  private static float share(Path file, int value, int white) {
    if (value < 0 || value > white) {
      throw new KlifException(
          "%s is a damaged PGM image: a value of %d, and %d is white"
              .formatted(file, value, white));
    }
    return (float) value / white;
  }

  private static float[] text(Path file, byte[] bytes, int from, int count, int white) {
    // a digit a pixel and a blank between two of them at least
    if (bytes.length - (long) from < 2L * count - 1) {
      throw new KlifException(file + " is truncated");
    }
    String rest = new String(bytes, from, bytes.length - from, StandardCharsets.US_ASCII);
    Iterator<String> words = Splitter.onPattern("\\s+").omitEmptyStrings().split(rest).iterator();
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      if (!words.hasNext()) {
        throw new KlifException(file + " is truncated");
      }
      try {
        values[i] = share(file, Integer.parseInt(words.next()), white);
      } catch (NumberFormatException e) {
        throw new KlifException(file + " is a damaged PGM image: a value is no number", e);
      }
    }
    return values;
  }

  /** Another size: each new pixel is the mean of the area it covers. */
  Picture resized(int newHeight, int newWidth) {
    if (newHeight == height && newWidth == width) {
      return this;
    }
    float[] rows = new float[planes * newHeight * width];
    float[] out = new float[planes * newHeight * newWidth];
    for (int plane = 0; plane < planes; plane++) {
      int in = plane * height * width;
      int between = plane * newHeight * width;
      for (int x = 0; x < width; x++) {
        resample(values, in + x, width, height, rows, between + x, width, newHeight);
      }
    }
    for (int y = 0; y < planes * newHeight; y++) {
      resample(rows, y * width, 1, width, out, y * newWidth, 1, newWidth);
    }
    return new Picture(planes, newHeight, newWidth, out);
  }

  /** One line of n values to m values: overlap of the intervals [j n/m, (j+1) n/m) and [i, i+1). */
  private static void resample(
      float[] in, int inFrom, int inStep, int n, float[] out, int outFrom, int outStep, int m) {
    for (int j = 0; j < m; j++) {
      double begin = (double) j * n / m;
      double end = (double) (j + 1) * n / m;
      double sum = 0;
      for (int i = (int) begin; i < Math.min(n, Math.ceil(end)); i++) {
        double overlap = Math.min(end, i + 1.0) - Math.max(begin, i);
        sum += overlap * in[inFrom + i * inStep];
      }
      out[outFrom + j * outStep] = (float) (sum / (end - begin));
    }
  }

  /** Plane by plane, row by row. */
  float[] values() {
    return values;
  }
}
