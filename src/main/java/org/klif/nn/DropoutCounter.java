package org.klif.nn;

import org.klif.device.Buffer;

/**
 * The number of the training step, on the device, for all plans of a network: dropout draws its
 * masks from it. It lies in memory so that a captured step draws others each time it is replayed.
 */
final class DropoutCounter {
  private final Buffer buffer;
  private final int[] words = new int[2];
  private boolean begun;

  /** In memory of two INT32, which the caller closes. */
  DropoutCounter(Buffer buffer) {
    this.buffer = buffer;
  }

  void begin(long step) {
    words[0] = (int) step;
    words[1] = (int) (step >>> Integer.SIZE);
    buffer.upload(words);
    begun = true;
  }

  /** Low and high word; refused before the first step, so that no loop can forget it. */
  Buffer buffer() {
    if (!begun) {
      throw new IllegalStateException(
          "dropout needs Network.beginStep ahead of each training step, or all steps drop the same");
    }
    return buffer;
  }
}
