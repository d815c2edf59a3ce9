package org.klif.train;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.klif.nn.Network;
import org.klif.nn.Parameter;
import org.klif.nn.StepReadback;

/**
 * The Euclidean norm of the gradients of each layer with weights, weights and bias together. Once
 * an epoch is enough: all gradients are brought to the host for it.
 */
final class GradientNorms {
  /** Columns of metrics.csv: this and the layer's name. */
  static final String PREFIX = "gradientNorm.";

  /** The columns in network order. */
  static List<String> columns(Network network) {
    return layers(network).stream().map(layer -> PREFIX + layer).toList();
  }

  /**
   * The columns' values, from the gradients that the last step left: sums in double precision, in
   * the parameters' canonical order. A step that loss scaling skipped has none.
   */
  static Map<String, Double> of(Network network, StepReadback readings) {
    Set<String> layers = layers(network);
    Map<String, Double> squares = new LinkedHashMap<>();
    double all = 0;
    for (Parameter parameter : network.parameters()) {
      double sum = squares(parameter.gradients());
      all += sum;
      String layer = layer(parameter);
      if (layers.contains(layer)) {
        squares.merge(PREFIX + layer, sum, Double::sum);
      }
    }
    double norm = readings.norm();
    if (!Double.isFinite(norm)) {
      return Map.of();
    }
    // the buffer holds scaled gradients where the loss is scaled, by what may have changed since
    double factor = readings.scale() == 0 || all == 0 ? 1 : norm / Math.sqrt(all);
    squares.replaceAll((column, sum) -> Math.sqrt(sum) * factor);
    return squares;
  }

  private static double squares(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return sum;
  }

  private static Set<String> layers(Network network) {
    Set<String> layers = new LinkedHashSet<>();
    for (Parameter parameter : network.parameters()) {
      if (parameter.group() == Parameter.Group.WEIGHT) {
        layers.add(layer(parameter));
      }
    }
    return layers;
  }

  private static String layer(Parameter parameter) {
    return parameter.name().substring(0, parameter.name().lastIndexOf('.'));
  }

  private GradientNorms() {}
}
