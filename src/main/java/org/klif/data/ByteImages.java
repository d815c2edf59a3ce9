package org.klif.data;

import java.util.List;
import java.util.Objects;

/**
 * Static images held in memory, one byte a value: MNIST's 60,000 take 47 MB.
 *
 * <p>{@code pixels} is (N, C, H, W) row-major; byte b is read as (b &amp; 255) / {@code white}.
 *
 * @param valueOfByte the value that each byte stands for
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
record ByteImages(
    String name,
    List<String> classNames,
    SampleShape shape,
    byte[] pixels,
    byte[] labels,
    float[] valueOfByte)
    implements Dataset {
  /** Takes ownership of the arrays. */
  ByteImages {
    if (!shape.isStatic() || (long) labels.length * shape.values() != pixels.length) {
      throw new IllegalArgumentException(
          "%d labels and %d bytes are not samples of %s"
              .formatted(labels.length, pixels.length, shape));
    }
    classNames = List.copyOf(classNames);
  }

  /** Takes ownership of both arrays. */
  static ByteImages of(
      String name,
      List<String> classNames,
      SampleShape shape,
      byte[] pixels,
      byte[] labels,
      int white) {
    float[] valueOfByte = new float[256];
    for (int b = 0; b < 256; b++) {
      valueOfByte[b] = (float) b / white;
    }
    return new ByteImages(name, classNames, shape, pixels, labels, valueOfByte);
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int label(int i) {
    return labels[i] & 255;
  }

  @Override
  public void read(int i, float[] destination, int offset) {
    Objects.checkIndex(i, labels.length);
    int values = shape.values();
    int first = i * values;
    for (int p = 0; p < values; p++) {
      destination[offset + p] = valueOfByte[pixels[first + p] & 255];
    }
  }

  @Override
  public void close() {}
}
