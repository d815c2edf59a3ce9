package org.klif.device.cpu;

import java.util.List;
import org.klif.device.Buffer;
import org.klif.device.OutputQueue;

/** Keeps copies of the waiting results: the work they come from is done when it has been given. */
final class CpuOutputQueue extends OutputQueue {
  private final List<Buffer> buffers;
  private final float[][][] slots;

  CpuOutputQueue(List<Buffer> buffers) {
    super(buffers);
    this.buffers = buffers;
    this.slots = new float[CAPACITY][buffers.size()][];
  }

  @Override
  protected void copy(int slot) {
    for (int i = 0; i < buffers.size(); i++) {
      slots[slot][i] = buffers.get(i).toArray();
    }
  }

  @Override
  protected void read(int slot, float[][] targets) {
    for (int i = 0; i < targets.length; i++) {
      System.arraycopy(slots[slot][i], 0, targets[i], 0, targets[i].length);
    }
  }

  @Override
  protected void free() {
    // the arrays are the garbage collector's
  }
}
