package org.klif.data;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.klif.KlifException;

/**
 * The batches of one epoch, in order. A batch's arrays are valid until the next call of {@link
 * #next} or {@link #close}. Closing early is allowed. Not thread-safe.
 */
public final class Epoch implements Iterator<Batch>, AutoCloseable {
  private final BatchLoader loader;
  private final int epoch;
  private final int[] order;
  private final int end;
  private final Queue<Future<BatchBuffer>> ahead = new ArrayDeque<>();
  private int nextToPrepare;
  private BatchBuffer current;

  Epoch(BatchLoader loader, int epoch, int[] order, int fromBatch, int depth) {
    this.loader = loader;
    this.epoch = epoch;
    this.order = order;
    this.end = loader.batchesPerEpoch();
    this.nextToPrepare = fromBatch;
    for (int i = 0; i < depth; i++) {
      prepareOne();
    }
  }

  @Override
  public boolean hasNext() {
    return !ahead.isEmpty();
  }

  /**
   * The next batch; waits for it when it is not ready.
   *
   * @throws KlifException when the calling thread is interrupted; what a worker threw is thrown
   *     here
   */
  @Override
  public Batch next() {
    Future<BatchBuffer> head = ahead.poll();
    if (head == null) {
      throw new NoSuchElementException("the epoch has no more batches");
    }
    takeBack();
    prepareOne();
    try {
      current = head.get();
    } catch (ExecutionException e) {
      close();
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof KlifException known
          ? known
          : new KlifException("preparing a batch failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new KlifException("interrupted while waiting for a batch", e);
    }
    return current.batch();
  }

  /** Drops what was prepared ahead; later {@link #hasNext} is false. */
  @Override
  public void close() {
    takeBack();
    // A cancelled task may still be writing into its buffer, so that buffer is not used again.
    for (Future<BatchBuffer> future : ahead) {
      future.cancel(false);
    }
    ahead.clear();
  }

  private void takeBack() {
    if (current != null) {
      loader.recycle(current);
      current = null;
    }
  }

  private void prepareOne() {
    if (nextToPrepare < end) {
      int batch = nextToPrepare++;
      ahead.add(
          loader
              .workers()
              .submit(
                  () -> {
                    BatchBuffer buffer = loader.takeBuffer(batch);
                    loader.fill(buffer, epoch, order, batch);
                    return buffer;
                  }));
    }
  }
}
