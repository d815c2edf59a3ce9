package org.klif.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.device.Launch;
import org.klif.device.Precision;

/**
 * What the launches of a training step move and compute, and the least time that an {@link H100}
 * takes for them. The start of a launch is in no time.
 *
 * @param kinds of launches, that with the most time first
 */
public record StepCount(List<Kind> kinds) {
  private static final double MICROS = 1e6;

  /** What binds a launch, so what its time is computed from. */
  public enum Bound {
    /** Bytes at the memory's speed. */
    MEMORY,
    /** Instructions at the rate at which they are issued. */
    ISSUE,
    /** Operations of a product at the type's peak. */
    OPERATIONS
  }

  /**
   * The launches of one name.
   *
   * @param name of the kernel, or of the driver's or the library's function
   * @param launches how many
   * @param read bytes, of all of them
   * @param written bytes, of all of them
   * @param operations of all of them
   * @param micros the least time, of all of them
   * @param bound what makes the most of it
   */
  public record Kind(
      String name,
      int launches,
      double read,
      double written,
      double operations,
      double micros,
      Bound bound) {
    private Kind plus(Kind other) {
      return new Kind(
          name,
          launches + other.launches,
          read + other.read,
          written + other.written,
          operations + other.operations,
          micros + other.micros,
          micros >= other.micros ? bound : other.bound);
    }
  }

  /** Copies the list. */
  public StepCount {
    kinds = List.copyOf(kinds);
  }

  /** Adds up launches by name. */
  static StepCount of(List<Launch> launches, Precision precision) {
    Map<String, Double> instructions = H100.instructions();
    Map<String, Kind> kinds = new LinkedHashMap<>();
    for (Launch launch : launches) {
      Kind one = kind(launch, instructions.getOrDefault(launch.name(), 0.0), precision);
      kinds.merge(launch.name(), one, Kind::plus);
    }
    List<Kind> sorted = new ArrayList<>(kinds.values());
    sorted.sort(Comparator.comparingDouble(Kind::micros).reversed().thenComparing(Kind::name));
    return new StepCount(sorted);
  }

  private static Kind kind(Launch launch, double instructions, Precision precision) {
    double seconds = (launch.read() + launch.written()) / H100.BYTES_PER_SECOND;
    Bound bound = Bound.MEMORY;
    double issue = instructions * launch.neuronSteps() / H100.INSTRUCTIONS_PER_SECOND;
    if (issue > seconds) {
      seconds = issue;
      bound = Bound.ISSUE;
    }
    double computed =
        isProduct(launch.name()) ? launch.operations() / H100.operationsPerSecond(precision) : 0;
    if (computed > seconds) {
      seconds = computed;
      bound = Bound.OPERATIONS;
    }
    return new Kind(
        launch.name(),
        1,
        launch.read(),
        launch.written(),
        launch.operations(),
        seconds * MICROS,
        bound);
  }

  private static boolean isProduct(String name) {
    return name.startsWith("cublas") || name.startsWith("cudnn");
  }

  /** All kinds together. */
  public Kind total() {
    return kinds.stream().reduce(new Kind("all", 0, 0, 0, 0, 0, Bound.MEMORY), Kind::plus);
  }
}
