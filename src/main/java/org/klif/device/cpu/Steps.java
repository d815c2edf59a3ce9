package org.klif.device.cpu;

/**
 * A (T, M) tensor step by step: one Java buffer where all of it fits 2 GiB, else one for each step.
 */
public final class Steps {
  private final Elements whole;
  private final Elements[] parts;
  private final int stride;

  private Steps(Elements whole, Elements[] parts, int stride) {
    this.whole = whole;
    this.parts = parts;
    this.stride = stride;
  }

  /** The tensor in a buffer; a constant sequence has one step that stands for all. */
  static Steps of(CpuBuffer buffer, int steps, long perStep, boolean constant) {
    if (constant) {
      return new Steps(buffer.elements(0, perStep), new Elements[0], 0);
    }
    if (Math.multiplyExact((long) steps * buffer.type().bytes(), perStep) <= Integer.MAX_VALUE) {
      return new Steps(buffer.elements(), new Elements[0], (int) perStep);
    }
    Elements[] parts = new Elements[steps];
    for (int t = 0; t < steps; t++) {
      parts[t] = buffer.elements(t * perStep, perStep);
    }
    return new Steps(parts[0], parts, 0);
  }

  /** Two steps of as many elements each. */
  static Steps ofTwo(Elements numbers) {
    return new Steps(numbers, new Elements[0], numbers.size() / 2);
  }

  /** What holds step t. */
  public Elements at(int t) {
    return parts.length == 0 ? whole : parts[t];
  }

  /** First element of step t in it. */
  public int base(int t) {
    return t * stride;
  }

  /** Bytes from a step to the next one in memory, 0 for a constant sequence. */
  public long distance() {
    return parts.length > 1
        ? parts[1].bytes().address() - parts[0].bytes().address()
        : (long) stride * whole.elementBytes();
  }
}
