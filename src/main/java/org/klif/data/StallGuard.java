package org.klif.data;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Ends a read that waits too long, by closing the stream from a second thread: the JDK's HTTP
 * client has a time limit for the head of an answer only, not for its body.
 */
final class StallGuard implements AutoCloseable {
  private final InputStream body;
  private final Duration patience;
  private final ScheduledExecutorService clock;
  private volatile long lastArrival = System.nanoTime();
  private volatile boolean stalled;

  /** Watches over {@code body}, which stays the caller's to close. */
  StallGuard(InputStream body, Duration patience) {
    this.body = body;
    this.patience = patience;
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "klif-stall-guard");
              thread.setDaemon(true);
              return thread;
            });
    long period = Math.max(1, patience.toMillis() / 4);
    var unused = clock.scheduleAtFixedRate(this::look, period, period, TimeUnit.MILLISECONDS);
  }

  /** As {@link InputStream#read(byte[])}. */
  int read(byte[] buffer) throws IOException {
    int count;
    try {
      count = body.read(buffer);
    } catch (IOException e) {
      throw stalled ? stall(e) : e;
    }
    if (stalled) {
      throw stall(null);
    }
    lastArrival = System.nanoTime();
    return count;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  private IOException stall(IOException cause) {
    return new IOException("nothing arrived for " + patience.toSeconds() + " s", cause);
  }

  private void look() {
    if (System.nanoTime() - lastArrival > patience.toNanos()) {
      stalled = true;
      try {
        body.close();
      } catch (IOException e) {
        // The reader hears of the end in its own way.
      }
    }
  }
}
