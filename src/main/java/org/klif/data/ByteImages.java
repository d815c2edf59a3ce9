package org.klif.data;

import java.util.List;
import java.util.Objects;

/**
 * Static images held in memory, one byte a value: MNIST's 60,000 take 47 MB.
 *
 * <p>{@code pixels} is (N, C, H, W) row-major; byte b is read as (b &amp; 255) / {@code white}.
 */
final class ByteImages implements Dataset {
  private final String name;
  private final List<String> classNames;
  private final SampleShape shape;
  private final byte[] pixels;
  private final byte[] labels;
  private final float[] valueOfByte = new float[256];

  /** Takes ownership of both arrays. */
  ByteImages(
      String name,
      List<String> classNames,
      SampleShape shape,
      byte[] pixels,
      byte[] labels,
      int white) {
    if (!shape.isStatic() || (long) labels.length * shape.values() != pixels.length) {
      throw new IllegalArgumentException(
          "%d labels and %d bytes are not samples of %s"
              .formatted(labels.length, pixels.length, shape));
    }
    this.name = name;
    this.classNames = List.copyOf(classNames);
    this.shape = shape;
    this.pixels = pixels;
    this.labels = labels;
    for (int b = 0; b < 256; b++) {
      valueOfByte[b] = (float) b / white;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public SampleShape shape() {
    return shape;
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
