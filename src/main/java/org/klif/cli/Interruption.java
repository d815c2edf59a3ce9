package org.klif.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ctrl-C and the system's request to end (SIGINT, SIGTERM). The JVM answers them by running its
 * shutdown hooks, and ends with code 130 or 143 when these return; so the hook made here tells the
 * command to stop and waits until it has saved what it needs.
 */
final class Interruption {
  /** How long a command may take to look at {@link #requested}, at least. */
  private static final long NANOS_TO_HEAR = TimeUnit.SECONDS.toNanos(15);

  /** So many times as long as it ever took before: then it is not slow, it hangs. */
  private static final int TIMES_AS_LONG = 5;

  private final CountDownLatch commandEnded = new CountDownLatch(1);
  private final AtomicLong lastLook = new AtomicLong(System.nanoTime());
  private final AtomicLong longestPause = new AtomicLong();
  private volatile boolean requested;
  private volatile boolean acknowledged;
  private volatile boolean awaited;

  /** An interruption by the signals of this process. */
  static Interruption ofProcess() {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(new Thread(interruption::hook, "klif-interruption"));
    return interruption;
  }

  /** One that nothing requests but {@link #request}. */
  static Interruption manual() {
    return new Interruption();
  }

  private void hook() {
    request();
    try {
      if (awaited && !ended()) {
        System.err.println(
            "klif: ended without a new checkpoint: what is under way does not stop; --resume goes on from the last one");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    ErrorStream.drain();
  }

  /**
   * Waits until the command has ended, which saves what it needs once it knows of the request; but
   * not for one that hangs, as in a neuron's endless loop.
   */
  private boolean ended() throws InterruptedException {
    long limit = Math.max(NANOS_TO_HEAR, TIMES_AS_LONG * longestPause.get());
    if (commandEnded.await(limit, TimeUnit.NANOSECONDS)) {
      return true;
    }
    if (!acknowledged) {
      return false;
    }
    commandEnded.await();
    return true;
  }

  /** Asks the command to stop. */
  void request() {
    requested = true;
  }

  /** True when the command should stop. */
  boolean requested() {
    long now = System.nanoTime();
    longestPause.accumulateAndGet(now - lastLook.getAndSet(now), Math::max);
    if (requested) {
      acknowledged = true;
    }
    return requested;
  }

  /** From now on the command looks at {@link #requested} often, and is waited for. */
  void await() {
    awaited = true;
  }

  /** The command is done, its output written. */
  void commandEnded() {
    commandEnded.countDown();
  }
}
