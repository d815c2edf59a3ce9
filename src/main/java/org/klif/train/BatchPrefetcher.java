package org.klif.train;

import org.jspecify.annotations.Nullable;
import org.klif.data.Batch;
import org.klif.data.Epoch;
import org.klif.device.Probe;

/** Brings the batches of an epoch to the device, each while the one before is worked on. */
final class BatchPrefetcher implements AutoCloseable {
  private final Epoch epoch;
  private final BatchSteps runs;
  private final Probe probe;
  private @Nullable Started next;

  /**
   * A batch at work.
   *
   * @param labels of its samples
   */
  @SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
  record Started(BatchStep run, int[] labels) {
    int size() {
      return labels.length;
    }
  }

  /** Takes over the epoch. */
  BatchPrefetcher(Epoch epoch, BatchSteps runs, Probe probe) {
    this.epoch = epoch;
    this.runs = runs;
    this.probe = probe;
    put();
  }

  boolean hasNext() {
    return next != null;
  }

  /** Gives the work on the next batch to the device, and puts the one after that. */
  Started start() {
    Started started = next;
    started.run().start();
    put();
    return started;
  }

  private void put() {
    next = null;
    if (epoch.hasNext()) {
      probe.begin(Probe.Kind.PHASE, "data");
      Batch batch = epoch.next();
      probe.end();
      BatchStep run = runs.of(batch.whole());
      run.put(batch);
      next = new Started(run, batch.labels().clone());
    }
  }

  /** Forgets what was put and not started. */
  @Override
  public void close() {
    try (epoch) {
      if (next != null) {
        next.run().drop();
      }
    }
  }
}
