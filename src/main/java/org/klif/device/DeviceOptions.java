package org.klif.device;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;

/**
 * How a device is opened. A device refuses what it has not.
 *
 * @param threads threads of a CPU device; 0 means all processors
 * @param precision of matrix products and activations
 * @param fast algorithms are chosen by measurement, and need not be deterministic
 * @param graph captured work is replayed as a graph; false: it is given to the device anew each
 *     time
 * @param memoryLimit bytes of device memory that may be allocated at most; 0 for no limit
 * @param algorithmFile where the choice of {@code fast} is kept and read again, or null
 * @param keepCharged neuron units keep F from the forward pass instead of computing it again in the
 *     backward pass: more memory for less work
 * @param countedMultiprocessors work is not run, but its launches are counted ({@link
 *     Device#launchesOf}) as for a GPU of so many multiprocessors; 0: work is run
 */
public record DeviceOptions(
    int threads,
    Precision precision,
    boolean fast,
    boolean graph,
    long memoryLimit,
    @Nullable Path algorithmFile,
    boolean keepCharged,
    int countedMultiprocessors) {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})([KMGT])?(?:i?B)?");
  private static final String UNITS = "KMGT";

  /** Checks ranges. */
  public DeviceOptions {
    if (countedMultiprocessors < 0) {
      throw new UsageException("a GPU of %d multiprocessors".formatted(countedMultiprocessors));
    }
    if (threads < 0 || threads > 1024) {
      throw new UsageException("threads must be between 0 (all) and 1024, not " + threads);
    }
    if (memoryLimit < 0) {
      throw new UsageException("the limit of device memory must be at least 0, not " + memoryLimit);
    }
  }

  /** The defaults with a number of threads. */
  public DeviceOptions(int threads) {
    this(threads, Precision.FLOAT32, false, true, 0, null, false, 0);
  }

  /** All processors, float32, deterministic, graphs, no limit. */
  public static DeviceOptions defaults() {
    return new DeviceOptions(0);
  }

  /** In another precision. */
  public DeviceOptions withPrecision(Precision other) {
    return new DeviceOptions(
        threads,
        other,
        fast,
        graph,
        memoryLimit,
        algorithmFile,
        keepCharged,
        countedMultiprocessors);
  }

  /** With algorithms chosen by measurement, and where the choice is kept. */
  public DeviceOptions withFast(boolean newFast, @Nullable Path newFile) {
    return new DeviceOptions(
        threads,
        precision,
        newFast,
        graph,
        memoryLimit,
        newFile,
        keepCharged,
        countedMultiprocessors);
  }

  /** With or without graphs. */
  public DeviceOptions withGraph(boolean newGraph) {
    return new DeviceOptions(
        threads,
        precision,
        fast,
        newGraph,
        memoryLimit,
        algorithmFile,
        keepCharged,
        countedMultiprocessors);
  }

  /** With a limit of device memory in bytes, 0 for none. */
  public DeviceOptions withMemoryLimit(long bytes) {
    return new DeviceOptions(
        threads, precision, fast, graph, bytes, algorithmFile, keepCharged, countedMultiprocessors);
  }

  /** With F kept between the passes or computed twice. */
  public DeviceOptions withKeepCharged(boolean keep) {
    return new DeviceOptions(
        threads, precision, fast, graph, memoryLimit, algorithmFile, keep, countedMultiprocessors);
  }

  /** With launches counted for a GPU in place of being run. */
  public DeviceOptions withCounting(int multiprocessors) {
    return new DeviceOptions(
        threads, precision, fast, graph, memoryLimit, algorithmFile, keepCharged, multiprocessors);
  }

  /**
   * Bytes of a size as in 6G, 512M or 800MiB (K, M, G, T are powers of 1024); 0 for all, which is
   * no limit.
   *
   * @throws UsageException for any other text
   */
  public static long parseMemory(String text) {
    if (text.strip().equals("all")) {
      return 0;
    }
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches()) {
      throw new UsageException(
          "'%s' is no size of memory; write it as in 6G or 512M, or all".formatted(text));
    }
    String unit = matcher.group(2);
    int power = unit == null ? 0 : UNITS.indexOf(unit) + 1;
    long number = Long.parseLong(matcher.group(1));
    if (number > Long.MAX_VALUE >> (10 * power)) {
      throw new UsageException(
          "'%s' is more memory than any device has; write it as in 6G or 512M, or all"
              .formatted(text));
    }
    return number << (10 * power);
  }
}
