package org.klif.nn;

import org.klif.device.Buffer;
import org.klif.tensor.ActivationShape;

/**
 * What a layer reads or writes.
 *
 * @param shared someone else reads it after the next layer: it may not be changed in place
 */
record Activation(Slot slot, ActivationShape shape, boolean shared) {
  static Activation of(Slot slot, ActivationShape shape) {
    return new Activation(slot, shape, false);
  }

  Buffer buffer() {
    return slot.buffer();
  }
}
