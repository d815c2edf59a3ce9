package org.klif.report;

import com.google.common.primitives.Doubles;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.klif.neuron.Surrogate;

/**
 * The surrogate gradient of a run as a function of the charged potential H: {@code dS/dH = k g'(kH
 * - V_th)} where kH > 0 (the ReLU of KLIF; everywhere without it). With k = 1 it is that of neurons
 * without k where H > 0.
 *
 * @param surrogate g'
 * @param threshold V_th
 * @param relu whether KLIF has its ReLU
 */
record SurrogateCurve(Surrogate surrogate, double threshold, boolean relu) {
  private static final int POINTS = 301;
  private static final double HALF_WIDTH = 2.5;

  /** The name of a run's surrogate, where its configuration has one. */
  static Optional<String> name(ReportedRun run) {
    return run.option("neuron.surrogate");
  }

  /** That of a run; empty where it cannot be drawn. */
  static Optional<SurrogateCurve> of(ReportedRun run) {
    return name(run).flatMap(Surrogate.Kind::named).map(kind -> of(run, kind));
  }

  private static SurrogateCurve of(ReportedRun run, Surrogate.Kind kind) {
    double alpha =
        number(run, "neuron.alpha").filter(value -> value > 0).orElse(kind.defaultAlpha());
    double threshold =
        !run.hasBuiltInNeuron()
            ? 0
            : number(run, "neuron.threshold")
                .orElseGet(
                    () ->
                        run.trace()
                            .flatMap(t -> t.layers().stream().findFirst())
                            .map(layer -> layer.threshold())
                            .orElse(1.0));
    boolean relu = run.option("neuron.relu").map(Boolean::parseBoolean).orElse(true);
    return new SurrogateCurve(new Surrogate(kind, alpha), threshold, relu);
  }

  /** k where training starts. */
  static double firstScale(ReportedRun run) {
    return number(run, "neuron.k").orElse(1.0);
  }

  private static Optional<Double> number(ReportedRun run, String key) {
    return run.option(key).map(Doubles::tryParse).filter(Double::isFinite);
  }

  /** The surrogate's name. */
  String name() {
    return surrogate.kind().token();
  }

  /** Potentials around the threshold. */
  double[] potentials() {
    return IntStream.range(0, POINTS)
        .mapToDouble(i -> threshold + HALF_WIDTH * (2.0 * i / (POINTS - 1) - 1))
        .toArray();
  }

  /** Of KLIF, at these potentials. */
  double[] scaled(double k) {
    return Arrays.stream(potentials())
        .map(
            h ->
                !relu || k * h > 0
                    ? k * SurrogateShape.derivative(surrogate, k * h - threshold)
                    : 0)
        .toArray();
  }

  /** Of neurons without k, at these potentials. */
  double[] plain() {
    return Arrays.stream(potentials())
        .map(h -> SurrogateShape.derivative(surrogate, h - threshold))
        .toArray();
  }
}
