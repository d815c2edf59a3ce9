package org.klif.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Ctrl-C and the system's request to end (SIGINT, SIGTERM). The JVM answers them by running its
 * shutdown hooks, and ends with code 130 or 143 when these return; so the hook made here tells the
 * command to stop and waits until it has saved what it needs.
 */
final class Interruption {
  private final CountDownLatch commandEnded = new CountDownLatch(1);
  private volatile boolean requested;
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
      if (awaited) {
        commandEnded.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    ErrorStream.drain();
  }

  /** Asks the command to stop. */
  void request() {
    requested = true;
  }

  /** True when the command should stop. */
  boolean requested() {
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
