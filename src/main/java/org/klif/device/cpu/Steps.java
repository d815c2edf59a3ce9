package org.klif.device.cpu;

/**
 * A (T, M) tensor step by step: one Java buffer where all of it fits 2 GiB, else one for each step.
 */
public final class Steps {
  private final Bytes whole;
  private final Bytes[] parts;
  private final int stride;

  private Steps(Bytes whole, Bytes[] parts, int stride) {
    this.whole = whole;
    this.parts = parts;
    this.stride = stride;
  }

  /** The tensor in a buffer; a constant sequence has one step that stands for all. */
  static Steps of(CpuBuffer buffer, int steps, long perStep, boolean constant) {
    if (constant) {
      return new Steps(buffer.bytes(0, perStep), new Bytes[0], 0);
    }
    int bytes = buffer.type().bytes();
    if (Math.multiplyExact((long) steps * bytes, perStep) <= Integer.MAX_VALUE) {
      Bytes whole = buffer.bytes();
      return new Steps(whole, new Bytes[0], (int) (bytes * perStep));
    }
    Bytes[] parts = new Bytes[steps];
    for (int t = 0; t < steps; t++) {
      parts[t] = buffer.bytes(t * perStep, perStep);
    }
    return new Steps(parts[0], parts, 0);
  }

  /** Two steps of as many bytes each. */
  static Steps ofTwo(Bytes bytes) {
    return new Steps(bytes, new Bytes[0], bytes.size() / 2);
  }

  /** Steps in a worker's stage, so many bytes apart. */
  static Steps staged(Bytes stage, int stride) {
    return new Steps(stage, new Bytes[0], stride);
  }

  /** The Java buffer that holds step t. */
  public Bytes at(int t) {
    return parts.length == 0 ? whole : parts[t];
  }

  /** Byte offset of step t in it. */
  public int base(int t) {
    return t * stride;
  }
}
