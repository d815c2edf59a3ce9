package org.klif.bench;

import java.util.ArrayList;
import java.util.List;
import org.klif.device.CapturedWork;
import org.klif.device.Device;

/**
 * Times one operation of a device by itself: it is given to the device many times between two
 * synchronisations, short ones as captured work, so that neither the wait at the end nor the way to
 * a GPU is counted with each launch.
 */
final class Launches {
  /** A batch lasts at least so long, or has {@link #MOST_CHUNKS} chunks. */
  private static final long BATCH_NANOS = 10_000_000;

  private static final int MOST_CHUNKS = 1 << 10;
  private static final int FEWEST_BATCHES = 5;
  private static final int MOST_BATCHES = 15;

  /** Beyond the fewest, no further batch begins after so long. */
  private static final long ENOUGH_NANOS = 300_000_000;

  /** Launches of a chunk when one takes less than {@link #SHORT_NANOS}, else one. */
  private static final int CHUNK = 20;

  private static final long SHORT_NANOS = 1_000_000;

  /**
   * Time of one launch.
   *
   * @param spread over the batches, each the mean of its launches
   * @param launches in a batch
   */
  record Timing(Spread spread, int launches) {}

  /** Warms up, finds how many launches a batch needs, and times batches. */
  static Timing measure(Device device, Runnable work) {
    batch(device, work, 1);
    int length = batch(device, work, 1) < SHORT_NANOS ? CHUNK : 1;
    try (CapturedWork chunk = device.capture(() -> times(work, length))) {
      // what the device compiles, chooses or records at first use is not counted
      batch(device, chunk::run, 2);
      int chunks = 1;
      long nanos = batch(device, chunk::run, chunks);
      while (nanos < BATCH_NANOS && chunks < MOST_CHUNKS) {
        chunks = larger(chunks, nanos);
        nanos = batch(device, chunk::run, chunks);
      }
      List<Long> times = new ArrayList<>();
      long begin = System.nanoTime();
      while (times.size() < FEWEST_BATCHES
          || (times.size() < MOST_BATCHES && System.nanoTime() - begin < ENOUGH_NANOS)) {
        times.add(Math.max(1, batch(device, chunk::run, chunks) / ((long) chunks * length)));
      }
      return new Timing(Spread.ofNanos(times), chunks * length);
    }
  }

  private static void times(Runnable work, int length) {
    for (int i = 0; i < length; i++) {
      work.run();
    }
  }

  private static int larger(int chunks, long nanos) {
    double factor = Math.min(16, 1.2 * BATCH_NANOS / Math.max(1, nanos));
    return (int) Math.min(MOST_CHUNKS, Math.max(chunks + 1.0, chunks * factor));
  }

  private static long batch(Device device, Runnable work, int times) {
    device.synchronize();
    long begin = System.nanoTime();
    times(work, times);
    device.synchronize();
    return System.nanoTime() - begin;
  }

  private Launches() {}
}
