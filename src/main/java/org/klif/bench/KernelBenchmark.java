package org.klif.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.neuron.Neuron;

/**
 * The operations whose speed is that of memory, each alone and at many sizes: neuron sequences,
 * batch norm, optimizer, copy.
 *
 * @param neuron which neuron
 * @param steps each T of the neuron sequences
 * @param sizes each number of neurons; also the numbers of elements of the other operations
 * @param timed false on a device whose times mean nothing: each operation is run once
 */
public record KernelBenchmark(Neuron neuron, List<Integer> steps, List<Long> sizes, boolean timed) {
  private static final int MOST_STEPS = 10_000;

  /** A tensor's time step is at most 2 GiB. */
  private static final long MOST_NEURONS =
      Integer.MAX_VALUE / 4 / TimedKernel.CHANNELS * TimedKernel.CHANNELS;

  /** 256 MiB of float32: larger than any cache. */
  private static final long COPY_ELEMENTS = 1L << 26;

  private static final long UNTIMED_COPY_ELEMENTS = 1L << 12;

  /** Checks the sizes. */
  public KernelBenchmark {
    steps = List.copyOf(steps);
    sizes = List.copyOf(sizes);
    for (int one : steps) {
      if (one < 1 || one > MOST_STEPS) {
        throw new UsageException(
            "--T: each must be between 1 and %d, not %d".formatted(MOST_STEPS, one));
      }
    }
    for (long one : sizes) {
      if (one < 1 || one > MOST_NEURONS || one % TimedKernel.CHANNELS != 0) {
        throw new UsageException(
            "--neurons: each must be a multiple of %d up to %d, not %d"
                .formatted(TimedKernel.CHANNELS, MOST_NEURONS, one));
      }
    }
  }

  /**
   * What it took.
   *
   * @param rows each operation at each size
   * @param copyBefore copy speed measured first, 10^9 bytes a second (read + written); 0 untimed
   * @param copyAfter and last
   */
  public record Result(List<KernelRow> rows, double copyBefore, double copyAfter) {
    /** Copies the list. */
    public Result {
      rows = List.copyOf(rows);
    }

    /** The mean of both, to which a row's speed is compared. */
    public double copyGigabytesPerSecond() {
      return (copyBefore + copyAfter) / 2;
    }
  }

  /**
   * Runs all. A size that the device has no memory for becomes a row that says so.
   *
   * @param progress told each row as it is done
   */
  public Result run(Device device, Consumer<KernelRow> progress) {
    List<KernelRow> rows = new ArrayList<>();
    Consumer<KernelRow> each =
        row -> {
          rows.add(row);
          progress.accept(row);
        };
    double before = copySpeed(device);
    for (long size : sizes) {
      for (int time : steps) {
        measure(device, "neuron", time, size, s -> TimedKernel.neuron(s, neuron, time, size), each);
        measure(
            device, "fused unit", time, size, s -> TimedKernel.unit(s, neuron, time, size), each);
      }
      measure(device, "batch norm", 0, size, s -> TimedKernel.batchNorm(s, size), each);
      measure(device, "optimizer", 0, size, s -> TimedKernel.optimizer(s, size), each);
      measure(device, "copy", 0, size, s -> TimedKernel.copy(s, size), each);
    }
    return new Result(rows, before, copySpeed(device));
  }

  private double copySpeed(Device device) {
    long size = timed ? COPY_ELEMENTS : UNTIMED_COPY_ELEMENTS;
    try (BufferScope scope = new BufferScope(device)) {
      return row(device, TimedKernel.copy(scope, size).get(0)).gigabytesPerSecond();
    }
  }

  private void measure(
      Device device,
      String what,
      int time,
      long size,
      Function<BufferScope, List<TimedKernel>> prepare,
      Consumer<KernelRow> rows) {
    try (BufferScope scope = new BufferScope(device)) {
      for (TimedKernel kernel : prepare.apply(scope)) {
        rows.accept(row(device, kernel));
      }
    } catch (KlifException e) {
      rows.accept(KernelRow.failed(what, time, size, device.activationType(), e.getMessage()));
    }
  }

  private KernelRow row(Device device, TimedKernel kernel) {
    if (timed) {
      return KernelRow.of(kernel, Launches.measure(device, kernel.work()));
    }
    kernel.work().run();
    device.synchronize();
    return KernelRow.of(kernel, null);
  }
}
