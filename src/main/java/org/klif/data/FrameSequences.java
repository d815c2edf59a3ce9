package org.klif.data;

import java.util.List;
import java.util.Objects;

/**
 * Frames of recordings, held in memory: a byte a value where all values of a recording are counts
 * of at most 255, else a float.
 */
final class FrameSequences implements Dataset {
  private final String name;
  private final List<String> classNames;
  private final SampleShape shape;
  private final List<Packed> samples;
  private final byte[] labels;

  /** The frames (T, 2, H, W) of one recording. */
  static final class Packed {
    private final byte[] counts;
    private final float[] values;

    private Packed(byte[] counts, float[] values) {
      this.counts = counts;
      this.values = values;
    }

    /** Copies what it needs. */
    static Packed of(float[] frames) {
      byte[] counts = new byte[frames.length];
      for (int i = 0; i < frames.length; i++) {
        int count = (int) frames[i];
        if (count != frames[i] || count < 0 || count > 255) {
          return new Packed(new byte[0], frames.clone());
        }
        counts[i] = (byte) count;
      }
      return new Packed(counts, new float[0]);
    }

    void read(float[] destination, int offset) {
      System.arraycopy(values, 0, destination, offset, values.length);
      for (int i = 0; i < counts.length; i++) {
        destination[offset + i] = counts[i] & 255;
      }
    }
  }

  FrameSequences(
      String name,
      List<String> classNames,
      SampleShape shape,
      List<Packed> samples,
      byte[] labels) {
    this.name = name;
    this.classNames = List.copyOf(classNames);
    this.shape = shape;
    this.samples = List.copyOf(samples);
    this.labels = labels;
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
    Objects.checkFromIndexSize(offset, shape.values(), destination.length);
    samples.get(i).read(destination, offset);
  }

  @Override
  public void close() {}
}
