package org.klif.bench;

import java.util.Map;
import java.util.stream.Collectors;
import org.klif.device.Precision;
import org.klif.io.Resource;

/** What an H100 SXM can do at most: floors of times are computed from it, nothing is measured. */
public final class H100 {
  /** Its multiprocessors. */
  public static final int MULTIPROCESSORS = 132;

  /** Each issues 4 instructions of 32 threads a cycle, at 1.755 GHz. */
  public static final double INSTRUCTIONS_PER_SECOND = MULTIPROCESSORS * 4 * 32 * 1.755e9;

  static final double BYTES_PER_SECOND = 3.0e12;

  private static final int KERNEL = 0;
  private static final int INSTRUCTIONS = 3;

  private H100() {}

  /** Operations of dense products a second: the peak of the type. */
  static double operationsPerSecond(Precision precision) {
    return switch (precision) {
      case FLOAT32 -> 67e12;
      case TF32 -> 494e12;
      case BF16, FP16 -> 989e12;
    };
  }

  /** Instructions a neuron-step of the kernels in cuda-kernels/budget.tsv. */
  static Map<String, Double> instructions() {
    return Resource.text(H100.class, "budget.tsv")
        .lines()
        .skip(1)
        .map(line -> line.split("\t", -1))
        .collect(
            Collectors.toMap(cells -> cells[KERNEL], cells -> Double.valueOf(cells[INSTRUCTIONS])));
  }
}
