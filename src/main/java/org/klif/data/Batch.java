package org.klif.data;

import org.jspecify.annotations.Nullable;

/**
 * Some samples, ready for a device. The arrays have exactly the lengths given and belong to the
 * loader: they are valid until the next batch is asked for.
 *
 * @param size N, the samples in this batch; the last batch of an epoch may have fewer
 * @param images normalised; (N, H, W, C) for static images, (T, N, H, W, C) for sequences
 * @param labels class of each sample
 * @param indices number of each sample in its data set
 * @param whole samples of the whole batch, of which this may be a shard's part
 * @param mixed what the samples were mixed with; null for nothing
 */
@SuppressWarnings("ArrayRecordComponent") // a view of buffers that are reused; never compared
public record Batch(
    int size, float[] images, int[] labels, int[] indices, int whole, @Nullable MixedLabels mixed) {
  /** Samples that are not mixed. */
  public Batch(int size, float[] images, int[] labels, int[] indices, int whole) {
    this(size, images, labels, indices, whole, null);
  }
}
