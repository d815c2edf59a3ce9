package org.klif.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.Linear;

/** What a machine can do at best: memory bandwidth, and the rate of matrix products. */
public final class MachineLimits {
  /** Elements of each array of the triad: 64 MiB, so that three do not fit a usual cache. */
  private static final int TRIAD_ELEMENTS = 1 << 24;

  private static final int TRIAD_BYTES = 12; // of an element: two read, one written
  private static final int MATRIX = 1024;
  private static final Timing.Effort EFFORT = new Timing.Effort(5, 0.5, 15, 0.5);

  /**
   * STREAM's triad a = b + s c over float arrays, in bytes per second: 12 bytes counted per
   * element, the write's own read of the cache line not counted (as STREAM does).
   */
  public static double triadBytesPerSecond(int threads) {
    float[] a = new float[TRIAD_ELEMENTS];
    float[] b = new float[TRIAD_ELEMENTS];
    float[] c = new float[TRIAD_ELEMENTS];
    Arrays.fill(b, 1);
    Arrays.fill(c, 2);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Void>> parts = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int from = (int) ((long) TRIAD_ELEMENTS * i / threads);
        int to = (int) ((long) TRIAD_ELEMENTS * (i + 1) / threads);
        parts.add(
            () -> {
              triad(a, b, c, from, to);
              return null;
            });
      }
      Timing timing = Timing.measure(EFFORT, () -> runAll(pool, parts));
      if (a[TRIAD_ELEMENTS - 1] != 7) {
        throw new IllegalStateException("the triad was not computed");
      }
      return (double) TRIAD_BYTES * TRIAD_ELEMENTS / timing.median();
    } finally {
      pool.shutdown();
    }
  }

  private static void triad(float[] a, float[] b, float[] c, int from, int to) {
    for (int i = from; i < to; i++) {
      a[i] = b[i] + 3f * c[i];
    }
  }

  private static void runAll(ExecutorService pool, List<Callable<Void>> parts) {
    try {
      for (Future<Void> part : pool.invokeAll(parts)) {
        part.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KlifException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The device's own product of two dense float32 matrices of 1024 x 1024, in operations per
   * second.
   */
  public static double matrixFlopsPerSecond(Device device) {
    try (BufferScope scope = new BufferScope(device)) {
      Linear product = scope.own(device.linear(new Linear.Spec(MATRIX, MATRIX, MATRIX)));
      Buffer x = scope.zeros((long) MATRIX * MATRIX);
      Buffer weight = scope.zeros(device.linearWeightLayout(MATRIX, MATRIX).physicalSize());
      Buffer y = scope.zeros((long) MATRIX * MATRIX);
      // dense values: an implementation may skip zeros
      RandomValues.normal(x, 1);
      RandomValues.normal(weight, 2);
      Timing timing =
          Timing.measure(
              EFFORT,
              () -> {
                product.forward(x, weight, null, y);
                device.synchronize();
              });
      return 2.0 * MATRIX * MATRIX * MATRIX / timing.median();
    }
  }

  private MachineLimits() {}
}
