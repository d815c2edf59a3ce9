package org.klif.device;

import org.klif.KlifException;

/** A queue in {@link #CAPACITY} slots, each with room for a batch, that are used in turn. */
public abstract class QueueOfSlots implements InputQueue {
  private final Buffer images;
  private final Buffer labels;
  private final Slots slots = new Slots("a batch", CAPACITY);

  /** An empty queue that fills these buffers. */
  protected QueueOfSlots(Buffer images, Buffer labels) {
    BufferChecks.requireType("labels", labels, DType.INT32);
    if (!images.type().isFloating()) {
      throw new KlifException("images of %s cannot be queued".formatted(images.type()));
    }
    this.images = images;
    this.labels = labels;
  }

  @Override
  public final void put(float[] newImages, int[] newLabels) {
    if (newImages.length != images.size() || newLabels.length != labels.size()) {
      throw new KlifException(
          "a batch of %d values and %d labels was put where %d and %d are needed"
              .formatted(newImages.length, newLabels.length, images.size(), labels.size()));
    }
    put(slots.empty(), newImages, newLabels);
    slots.filled();
  }

  @Override
  public final void take() {
    take(slots.full());
    slots.emptied();
  }

  @Override
  public final int waiting() {
    return slots.waiting();
  }

  @Override
  public final void close() {
    if (slots.close()) {
      free();
    }
  }

  /** {@link InputQueue#put} into an empty slot. */
  protected abstract void put(int slot, float[] newImages, int[] newLabels);

  /** {@link InputQueue#take} of a full slot. */
  protected abstract void take(int slot);

  /** Frees the slots; called once. */
  protected abstract void free();
}
