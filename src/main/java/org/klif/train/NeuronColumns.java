package org.klif.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.nn.NeuronLayer;
import org.klif.run.RunMetrics;

/**
 * The columns of metrics.csv that each neuron layer has: what it learns (k, tau, or the parameters
 * of a neuron from a file by their names) and rate.
 */
final class NeuronColumns {
  /** All columns of a run's metrics.csv. */
  static List<String> all(List<NeuronLayer> layers) {
    List<String> columns = new ArrayList<>(RunMetrics.BASE_COLUMNS);
    for (NeuronLayer layer : layers) {
      for (int i = 0; i < layer.parameters().size(); i++) {
        columns.add(column(layer, i));
      }
    }
    layers.forEach(layer -> columns.add("rate." + layer.name()));
    return columns;
  }

  /**
   * Their values now, as the neuron's step sees them; the mean over the channels where each has its
   * own.
   *
   * @param rates mean spikes per neuron-step, by layer
   */
  static Map<String, Double> values(List<NeuronLayer> layers, Map<String, Double> rates) {
    Map<String, Double> values = new TreeMap<>();
    for (NeuronLayer layer : layers) {
      for (int i = 0; i < layer.parameters().size(); i++) {
        double sum = 0;
        float[] numbers = layer.parameters().get(i).values();
        for (float number : numbers) {
          sum += value(layer.neuron(), i, number);
        }
        values.put(column(layer, i), sum / numbers.length);
      }
      values.put("rate." + layer.name(), rates.getOrDefault(layer.name(), Double.NaN));
    }
    return values;
  }

  private static double value(Neuron neuron, int index, double number) {
    if (neuron instanceof Neuron.Custom custom) {
      NeuronModel.Constraint constraint = custom.model().learned().get(index).constraint();
      return switch (constraint) {
        case NONE -> number;
        case SIGMOID -> 1 / (1 + Math.exp(-number));
        // log(1 + exp(x)), without overflow for a large x
        case SOFTPLUS -> Math.max(number, 0) + Math.log1p(Math.exp(-Math.abs(number)));
      };
    }
    // PLIF: 1 / tau = sigmoid(w)
    return neuron instanceof Neuron.Plif ? 1 + Math.exp(-number) : number;
  }

  private static String column(NeuronLayer layer, int index) {
    String name =
        layer.neuron() instanceof Neuron.Custom custom
            ? unlikeRate(custom.model().learned().get(index).name())
            : layer.neuron() instanceof Neuron.Plif ? "tau" : "k";
    return name + "." + layer.name();
  }

  /** rate.LAYER is the firing rate. */
  private static String unlikeRate(String name) {
    return name.equals("rate") ? "learned.rate" : name;
  }

  private NeuronColumns() {}
}
