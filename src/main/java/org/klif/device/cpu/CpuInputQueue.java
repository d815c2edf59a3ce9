package org.klif.device.cpu;

import org.klif.KlifException;
import org.klif.device.InputQueue;

/** Keeps copies of the waiting batches; there is nobody to copy them meanwhile. */
final class CpuInputQueue implements InputQueue {
  private final CpuBuffer images;
  private final CpuBuffer labels;
  private final float[][] imageSlots;
  private final int[][] labelSlots;
  private int oldest;
  private int waiting;
  private boolean closed;

  CpuInputQueue(CpuBuffer images, CpuBuffer labels) {
    this.images = images;
    this.labels = labels;
    this.imageSlots = new float[CAPACITY][Math.toIntExact(images.size())];
    this.labelSlots = new int[CAPACITY][Math.toIntExact(labels.size())];
  }

  @Override
  public void put(float[] newImages, int[] newLabels) {
    requireOpen();
    if (newImages.length != images.size() || newLabels.length != labels.size()) {
      throw new KlifException(
          "a batch of %d values and %d labels was put where %d and %d are needed"
              .formatted(newImages.length, newLabels.length, images.size(), labels.size()));
    }
    if (waiting == CAPACITY) {
      throw new KlifException("a batch was put while %d wait already".formatted(waiting));
    }
    int slot = (oldest + waiting) % CAPACITY;
    System.arraycopy(newImages, 0, imageSlots[slot], 0, newImages.length);
    System.arraycopy(newLabels, 0, labelSlots[slot], 0, newLabels.length);
    waiting++;
  }

  @Override
  public void take() {
    requireOpen();
    if (waiting == 0) {
      throw new KlifException("a batch was taken, but none waits");
    }
    images.upload(imageSlots[oldest]);
    labels.upload(labelSlots[oldest]);
    oldest = (oldest + 1) % CAPACITY;
    waiting--;
  }

  @Override
  public int waiting() {
    return waiting;
  }

  private void requireOpen() {
    if (closed) {
      throw new KlifException("a queue of batches was used after it was closed");
    }
  }

  @Override
  public void close() {
    closed = true;
    waiting = 0;
  }
}
