package org.klif.train;

import org.jspecify.annotations.Nullable;
import org.klif.device.Loss;
import org.klif.nn.Network;
import org.klif.optim.Optimizer;

/** The runs that a data set needs: one for full batches, and one for the rest when there is one. */
final class BatchSteps implements AutoCloseable {
  private final BatchStep full;
  private final BatchStep rest;

  private BatchSteps(BatchStep full, BatchStep rest) {
    this.full = full;
    this.rest = rest;
  }

  /**
   * For training with an optimizer, for evaluation without one; for one shard's parts of the
   * batches where sharding is given.
   */
  static BatchSteps create(
      Network network,
      Loss.Objective objective,
      int samples,
      int batch,
      @Nullable Optimizer optimizer,
      @Nullable Sharding sharding) {
    int size = Math.min(batch, samples);
    BatchStep full = new BatchStep(network, objective, size, optimizer, sharding);
    try {
      int left = samples % size;
      return new BatchSteps(
          full, left == 0 ? full : new BatchStep(network, objective, left, optimizer, sharding));
    } catch (RuntimeException | Error e) {
      full.close();
      throw e;
    }
  }

  /** For a batch of that many samples, those of other shards included. */
  BatchStep of(int whole) {
    return whole == full.whole() ? full : rest;
  }

  BatchStep full() {
    return full;
  }

  @Override
  public void close() {
    try (full) {
      if (rest != full) {
        rest.close();
      }
    }
  }
}
