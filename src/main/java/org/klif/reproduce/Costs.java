package org.klif.reproduce;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * How long a run takes: from runs that were measured where there are some, else from what the table
 * file states, else unknown.
 */
final class Costs {
  /** Evaluation takes so much of an epoch's training time, more than was seen on any row. */
  private static final double EVALUATION = 0.15;

  /** Start of a program, reading the data, writing trace and report. */
  private static final double START_SECONDS = 4;

  private final Map<Experiment, Double> secondsPerEpoch = new HashMap<>();

  /**
   * Notes a measurement.
   *
   * @param seconds median of training an epoch; anything but a positive number is not noted
   */
  void measured(Experiment experiment, double seconds) {
    if (seconds > 0 && Double.isFinite(seconds)) {
      secondsPerEpoch.put(experiment, seconds);
    }
  }

  /**
   * The time a run still takes.
   *
   * @param epochs still to train
   * @param allEpochs of the whole run
   * @return empty when nothing is known of its row
   */
  OptionalDouble seconds(Experiment wanted, int epochs, int allEpochs) {
    OptionalDouble known =
        Stream.<Predicate<Experiment>>of(
                e -> e.steps() == wanted.steps() && e.neuron().equals(wanted.neuron()),
                e -> e.steps() == wanted.steps(),
                e -> true)
            .map(like -> mean(wanted, like))
            .filter(OptionalDouble::isPresent)
            .findFirst()
            .orElse(OptionalDouble.empty());
    if (known.isPresent()) {
      return OptionalDouble.of(START_SECONDS + epochs * (1 + EVALUATION) * known.getAsDouble());
    }
    Double stated = wanted.row().secondsPerRun();
    if (stated == null) {
      return OptionalDouble.empty();
    }
    double scaled = stated * wanted.steps() / wanted.row().steps().get(0);
    return OptionalDouble.of(scaled * epochs / allEpochs);
  }

  /** Mean over runs of the same row, in proportion to T. */
  private OptionalDouble mean(Experiment wanted, Predicate<Experiment> like) {
    return secondsPerEpoch.entrySet().stream()
        .filter(e -> e.getKey().row().equals(wanted.row()) && like.test(e.getKey()))
        .mapToDouble(e -> e.getValue() * wanted.steps() / e.getKey().steps())
        .average();
  }
}
