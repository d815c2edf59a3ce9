package org.klif.data;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Ends a read that waits too long, or a stream that brings too little, by closing the stream from a
 * second thread: the JDK's HTTP client has a time limit for the head of an answer only, not for its
 * body.
 */
final class StallGuard implements AutoCloseable {
  private final InputStream body;
  private final Pace pace;
  private final ScheduledExecutorService clock;
  private volatile long lastArrival = System.nanoTime();
  private final AtomicLong arrived = new AtomicLong();

  /** Why the stream was closed; null while it goes on. */
  private volatile @Nullable String failure;

  /** Looked at by the clock's thread alone. */
  private long windowStart = System.nanoTime();

  private long arrivedBefore;

  /**
   * What a source must keep up.
   *
   * @param silence the longest time without a byte
   * @param window so often the bytes are counted
   * @param bytes that must arrive in each window
   */
  record Pace(Duration silence, Duration window, long bytes) {
    /** Half a minute of silence, or less than 1,000 bytes a second over a minute. */
    static final Pace USUAL = new Pace(Duration.ofSeconds(30), Duration.ofSeconds(60), 60_000);
  }

  /** Watches over {@code body}, which stays the caller's to close. */
  StallGuard(InputStream body, Pace pace) {
    this.body = body;
    this.pace = pace;
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            new ThreadFactoryBuilder().setNameFormat("klif-stall-guard").setDaemon(true).build());
    long period = Math.max(1, Math.min(pace.silence.toMillis(), pace.window.toMillis()) / 4);
    var unused = clock.scheduleAtFixedRate(this::look, period, period, TimeUnit.MILLISECONDS);
  }

  /** As {@link InputStream#read(byte[])}. */
  int read(byte[] buffer) throws IOException {
    int count;
    try {
      count = body.read(buffer);
    } catch (IOException e) {
      throw failure == null ? e : new IOException(failure, e);
    }
    if (failure != null) {
      throw new IOException(failure);
    }
    lastArrival = System.nanoTime();
    arrived.addAndGet(Math.max(0, count));
    return count;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  private void look() {
    long now = System.nanoTime();
    if (now - lastArrival > pace.silence.toNanos()) {
      giveUp("nothing arrived for %d s".formatted(pace.silence.toSeconds()));
    } else if (now - windowStart >= pace.window.toNanos()) {
      long bytes = arrived.get() - arrivedBefore;
      if (bytes < pace.bytes) {
        giveUp(
            "only %,d bytes arrived in %d s, and less than %,d are not waited for"
                .formatted(bytes, pace.window.toSeconds(), pace.bytes));
      }
      windowStart = now;
      arrivedBefore += bytes;
    }
  }

  private void giveUp(String why) {
    failure = why;
    try {
      body.close();
    } catch (IOException e) {
      // The reader is told of the end in its own way.
    }
  }
}
