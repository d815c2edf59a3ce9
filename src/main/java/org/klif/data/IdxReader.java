package org.klif.data;

import com.google.common.primitives.Ints;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.klif.KlifException;

/**
 * Reads the IDX format of MNIST, gzipped: two zero bytes, the type (8 = unsigned byte), the number
 * of dimensions, each dimension as a big-endian int, then the values. Nothing in a file is believed
 * before it is checked against the bytes that are really there.
 */
final class IdxReader {
  private static final int IMAGES_MAGIC = 0x0803;
  private static final int LABELS_MAGIC = 0x0801;

  /** Images (N, H, W) as bytes; {@code pixels.length == count * height * width}. */
  @SuppressWarnings("ArrayRecordComponent") // private to this package, never compared
  record Images(int count, int height, int width, byte[] pixels) {}

  /**
   * Reads images and labels that belong together.
   *
   * @param name of the result
   * @param shape expected of every image; 1 channel
   * @throws KlifException when a file is missing, damaged, of another shape, or the counts differ
   */
  static Dataset read(
      String name, List<String> classNames, SampleShape shape, Path imageFile, Path labelFile) {
    Images images = readImages(imageFile);
    if (images.height() != shape.height() || images.width() != shape.width()) {
      throw new KlifException(
          "%s holds images of %dx%d, but %s has %dx%d"
              .formatted(
                  imageFile, images.height(), images.width(), name, shape.height(), shape.width()));
    }
    byte[] labels = readLabels(labelFile, classNames.size());
    if (labels.length != images.count()) {
      throw new KlifException(
          "%s holds %d images, but %s holds %d labels: the two files do not belong together"
              .formatted(imageFile, images.count(), labelFile, labels.length));
    }
    return ByteImages.of(name, classNames, shape, images.pixels(), labels, 255);
  }

  /** Reads an {@code idx3-ubyte} file. */
  static Images readImages(Path file) {
    try (Gzip gzip = Gzip.open(file)) {
      int[] sizes = readHeader(gzip, IMAGES_MAGIC);
      return new Images(sizes[0], sizes[1], sizes[2], readValues(gzip, sizes));
    }
  }

  /** Reads an {@code idx1-ubyte} file of labels 0..classes-1. */
  static byte[] readLabels(Path file, int classes) {
    byte[] labels;
    try (Gzip gzip = Gzip.open(file)) {
      labels = readValues(gzip, readHeader(gzip, LABELS_MAGIC));
    }
    for (int i = 0; i < labels.length; i++) {
      if ((labels[i] & 255) >= classes) {
        throw new KlifException(
            "%s: label %d of sample %d is out of range: labels are 0..%d"
                .formatted(file, labels[i] & 255, i, classes - 1));
      }
    }
    return labels;
  }

  private static int[] readHeader(Gzip gzip, int magic) {
    int dimensions = magic & 255;
    byte[] header = new byte[4 + 4 * dimensions];
    int length = gzip.readFully(header, 0, header.length);
    ByteBuffer buffer = ByteBuffer.wrap(header);
    if (length >= 4 && buffer.getInt() != magic) {
      throw new KlifException(
          "%s is not an IDX file of %s: it starts with %08x instead of %08x"
              .formatted(
                  gzip.source(),
                  magic == IMAGES_MAGIC ? "images" : "labels",
                  buffer.getInt(0),
                  magic));
    }
    if (length < header.length) {
      throw new KlifException(
          "%s is truncated: it ends after %d bytes, inside the IDX header of %d"
              .formatted(gzip.source(), length, header.length));
    }
    int[] sizes = new int[dimensions];
    for (int d = 0; d < dimensions; d++) {
      sizes[d] = buffer.getInt();
      if (sizes[d] < 1) {
        throw new KlifException(
            "%s: dimension %d of the IDX header is %d; it must be at least 1 (and below 2^31)"
                .formatted(gzip.source(), d, sizes[d]));
      }
    }
    return sizes;
  }

  private static byte[] readValues(Gzip gzip, int[] sizes) {
    long possible = Math.min(Gzip.LARGEST_RATIO * gzip.compressedSize(), Integer.MAX_VALUE - 8L);
    long claimed = 1;
    for (int size : sizes) {
      // Two positive ints cannot overflow a long, and the product stays below 2^31 after each
      // check.
      claimed *= size;
      if (claimed > possible) {
        throw new KlifException(
            "%s: the IDX header claims %s values, more than a file of %d bytes can hold"
                .formatted(gzip.source(), dimensions(sizes), gzip.compressedSize()));
      }
    }
    int expected = (int) claimed;
    // The header may still lie: start with what real images compress to, and grow only as data
    // comes.
    byte[] values = new byte[(int) Math.min(expected, 65_536 + 16L * gzip.compressedSize())];
    int length = gzip.readFully(values, 0, values.length);
    while (length == values.length && length < expected) {
      values = Arrays.copyOf(values, (int) Math.min(expected, 2L * length));
      length += gzip.readFully(values, length, values.length - length);
    }
    if (length < expected) {
      throw new KlifException(
          "%s is truncated: the IDX header promises %s = %d values, but only %d follow"
              .formatted(gzip.source(), dimensions(sizes), expected, length));
    }
    if (gzip.read() >= 0) {
      throw new KlifException(
          "%s: bytes follow the %s = %d values that the IDX header promises"
              .formatted(gzip.source(), dimensions(sizes), expected));
    }
    return values;
  }

  private static String dimensions(int[] sizes) {
    return Ints.join(" x ", sizes);
  }

  private IdxReader() {}
}
