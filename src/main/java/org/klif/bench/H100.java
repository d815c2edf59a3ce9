package org.klif.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.klif.device.Precision;

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
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(H100.class.getResourceAsStream("budget.tsv")),
                StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .skip(1)
          .map(line -> line.split("\t", -1))
          .collect(
              Collectors.toMap(
                  cells -> cells[KERNEL], cells -> Double.valueOf(cells[INSTRUCTIONS])));
    } catch (IOException e) {
      throw new IllegalStateException("reading a resource", e);
    }
  }
}
