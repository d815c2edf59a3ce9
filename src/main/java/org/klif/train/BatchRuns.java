package org.klif.train;

import org.jspecify.annotations.Nullable;
import org.klif.device.Loss;
import org.klif.nn.Network;
import org.klif.optim.Optimizer;

/** The runs that a data set needs: one for full batches, and one for the rest when there is one. */
final class BatchRuns implements AutoCloseable {
  private final BatchRun full;
  private final BatchRun rest;

  private BatchRuns(BatchRun full, BatchRun rest) {
    this.full = full;
    this.rest = rest;
  }

  /** For training with an optimizer, for evaluation without one. */
  static BatchRuns create(
      Network network, Loss.Kind kind, int samples, int batch, @Nullable Optimizer optimizer) {
    int size = Math.min(batch, samples);
    BatchRun full = new BatchRun(network, kind, size, optimizer);
    try {
      int left = samples % size;
      return new BatchRuns(full, left == 0 ? full : new BatchRun(network, kind, left, optimizer));
    } catch (RuntimeException | Error e) {
      full.close();
      throw e;
    }
  }

  BatchRun of(int size) {
    return size == full.plan().inputShape().batch() ? full : rest;
  }

  BatchRun full() {
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
