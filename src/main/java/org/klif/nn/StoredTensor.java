package org.klif.nn;

import java.util.function.Supplier;

/**
 * A tensor that is still on its device. Checkpoints take one after the other, so that they need
 * memory for one at a time.
 *
 * @param shape empty for a scalar
 * @param values downloads all elements, canonical; waits for the device
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record StoredTensor(String name, int[] shape, Supplier<float[]> values) {
  /** A copy outside the device. */
  public NamedTensor download() {
    return new NamedTensor(shape, values.get());
  }
}
