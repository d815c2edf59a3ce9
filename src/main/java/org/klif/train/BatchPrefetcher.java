package org.klif.train;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.klif.data.Batch;
import org.klif.data.Epoch;
import org.klif.device.Probe;

/**
 * Brings the batches of an epoch to the device, each while the one before is worked on. Where the
 * device works on its own, the results of a batch are read when the next one has been started, so
 * that it never waits for the host.
 */
final class BatchPrefetcher implements AutoCloseable {
  private final Epoch epoch;
  private final BatchSteps runs;
  private final Probe probe;
  private final int late;
  private final Deque<Started> started = new ArrayDeque<>();
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

  /**
   * Takes over the epoch.
   *
   * @param late batches that may be started ahead of reading the results of one: 0 or 1
   */
  BatchPrefetcher(Epoch epoch, BatchSteps runs, Probe probe, int late) {
    this.epoch = epoch;
    this.runs = runs;
    this.probe = probe;
    this.late = late;
    put();
  }

  boolean hasNext() {
    return next != null;
  }

  /** Gives the work on the next batch to the device, and puts the one after that. */
  void start() {
    Started now = next;
    now.run().start();
    started.add(now);
    put();
  }

  /** Batches that were started and are not finished. */
  int atWork() {
    return started.size();
  }

  /** Whether the oldest batch at work is to be finished ahead of starting the next one. */
  boolean due() {
    return started.size() > (hasNext() ? late : 0);
  }

  /** Waits for the oldest batch at work: the readings and its step's rates are its own now. */
  Started finish() {
    Started oldest = started.remove();
    oldest.run().finish();
    return oldest;
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

  /** Forgets what was put and what is at work. */
  @Override
  public void close() {
    try (epoch) {
      started.forEach(batch -> batch.run().drop());
      if (next != null) {
        next.run().drop();
      }
    }
  }
}
