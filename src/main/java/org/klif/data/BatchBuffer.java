package org.klif.data;

import org.klif.data.random.SampleRandom;

/**
 * The arrays of one batch and the room one thread needs to fill them; reused from batch to batch.
 */
final class BatchBuffer {
  private final SampleShape shape;
  private final Batch batch;
  private final float[] sample;
  private final float[] scratch;

  BatchBuffer(int size, SampleShape shape) {
    this.shape = shape;
    this.batch =
        new Batch(
            size,
            new float[Math.multiplyExact(size, shape.values())],
            new int[size],
            new int[size]);
    this.sample = new float[shape.values()];
    this.scratch = new float[shape.values()];
  }

  int size() {
    return batch.size();
  }

  Batch batch() {
    return batch;
  }

  /** Reads a sample into place {@code n}. */
  void put(int n, Dataset dataset, int index, Normalisation normalisation) {
    dataset.read(index, sample, 0);
    place(n, dataset, index, normalisation);
  }

  /** Reads and changes a sample into place {@code n}. */
  void putAugmented(
      int n,
      Dataset dataset,
      int index,
      Normalisation normalisation,
      Augmentation augmentation,
      SampleRandom random) {
    dataset.read(index, sample, 0);
    augmentation.apply(sample, scratch, shape, random);
    place(n, dataset, index, normalisation);
  }

  /** (T, C, H, W) to place n of (T, N, H, W, C), normalised; T = 1 gives (N, H, W, C). */
  private void place(int n, Dataset dataset, int index, Normalisation normalisation) {
    int channels = shape.channels();
    int pixels = shape.height() * shape.width();
    float[] images = batch.images();
    for (int t = 0; t < shape.steps(); t++) {
      int target = (t * batch.size() + n) * pixels * channels;
      for (int c = 0; c < channels; c++) {
        float scale = normalisation.scale(c);
        float shift = normalisation.shift(c);
        int source = (t * channels + c) * pixels;
        for (int p = 0; p < pixels; p++) {
          images[target + p * channels + c] = sample[source + p] * scale + shift;
        }
      }
    }
    batch.labels()[n] = dataset.label(index);
    batch.indices()[n] = index;
  }
}
