package org.klif.device.cpu;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A fixed set of threads that share out numbered blocks; the caller is one of them. Which thread
 * takes which block is open, so a block's result may depend on its number only.
 */
final class Parallel implements AutoCloseable {
  /** Work on one block. */
  @FunctionalInterface
  interface Body {
    /** Does block number block with the scratch memory of a worker (0 to threads - 1). */
    void run(int block, int worker);
  }

  /** Nanoseconds that a thread waits awake: twice what it takes to wake it. */
  private static final long AWAKE = 200_000;

  private final int threads;
  private final Semaphore done = new Semaphore(0);
  private final Semaphore[] start;
  private final AtomicInteger next = new AtomicInteger();
  private volatile @Nullable Body body;
  private volatile int blocks;
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  Parallel(int threads) {
    this.threads = threads;
    this.start = new Semaphore[threads];
    for (int worker = 1; worker < threads; worker++) {
      start[worker] = new Semaphore(0);
      int number = worker;
      Thread thread = new Thread(() -> serve(number), "klif-cpu-" + worker);
      thread.setDaemon(true);
      thread.start();
    }
  }

  int threads() {
    return threads;
  }

  /** Runs all blocks and returns when they are done; the first failure is thrown again. */
  void run(int count, Body work) {
    if (count <= 1 || threads == 1) {
      for (int block = 0; block < count; block++) {
        work.run(block, 0);
      }
      return;
    }
    body = work;
    blocks = count;
    failure = null;
    next.set(0);
    int helpers = Math.min(threads, count) - 1;
    for (int worker = 1; worker <= helpers; worker++) {
      start[worker].release();
    }
    take(work, count, 0);
    await(done, helpers);
    body = null;
    Throwable thrown = failure;
    if (thrown instanceof RuntimeException e) {
      throw e;
    } else if (thrown instanceof Error e) {
      throw e;
    }
  }

  private void serve(int worker) {
    while (true) {
      await(start[worker], 1);
      Body work = body;
      if (closed || work == null) {
        return;
      }
      take(work, blocks, worker);
      done.release();
    }
  }

  /**
   * Waits awake for a while, as the next operation mostly follows at once, then asleep. To wake a
   * sleeping core takes longer than many an operation does.
   */
  @SuppressWarnings("ThreadPriorityCheck") // a hint: without it this only takes longer
  private static void await(Semaphore permits, int count) {
    long end = System.nanoTime() + AWAKE;
    do {
      if (permits.tryAcquire(count)) {
        return;
      }
      Thread.yield(); // oneDNN's threads may want this core
    } while (System.nanoTime() < end);
    permits.acquireUninterruptibly(count);
  }

  private void take(Body work, int count, int worker) {
    try {
      for (int block = next.getAndIncrement(); block < count; block = next.getAndIncrement()) {
        work.run(block, worker);
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  @Override
  public void close() {
    closed = true;
    for (int worker = 1; worker < threads; worker++) {
      start[worker].release();
    }
  }
}
