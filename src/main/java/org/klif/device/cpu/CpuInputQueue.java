package org.klif.device.cpu;

import org.klif.device.Buffer;
import org.klif.device.QueueOfSlots;

/** Keeps copies of the waiting batches; there is nobody to copy them meanwhile. */
final class CpuInputQueue extends QueueOfSlots {
  private final Buffer images;
  private final Buffer labels;
  private final float[][] imageSlots;
  private final int[][] labelSlots;

  CpuInputQueue(Buffer images, Buffer labels) {
    super(images, labels);
    this.images = images;
    this.labels = labels;
    this.imageSlots = new float[CAPACITY][Math.toIntExact(images.size())];
    this.labelSlots = new int[CAPACITY][Math.toIntExact(labels.size())];
  }

  @Override
  protected void put(int slot, float[] newImages, int[] newLabels) {
    System.arraycopy(newImages, 0, imageSlots[slot], 0, newImages.length);
    System.arraycopy(newLabels, 0, labelSlots[slot], 0, newLabels.length);
  }

  @Override
  protected void take(int slot) {
    images.upload(imageSlots[slot]);
    labels.upload(labelSlots[slot]);
  }

  @Override
  protected void free() {
    // the arrays are the garbage collector's
  }
}
