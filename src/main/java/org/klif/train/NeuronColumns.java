package org.klif.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.klif.neuron.Neuron;
import org.klif.nn.NeuronLayer;
import org.klif.run.RunMetrics;

/**
 * The columns of metrics.csv that each neuron layer has: k or tau, where it is learned, and rate.
 */
final class NeuronColumns {
  /** All columns of a run's metrics.csv. */
  static List<String> all(List<NeuronLayer> layers) {
    List<String> columns = new ArrayList<>(RunMetrics.BASE_COLUMNS);
    layers.stream()
        .filter(layer -> layer.parameter() != null)
        .forEach(layer -> columns.add(parameterColumn(layer)));
    layers.forEach(layer -> columns.add("rate." + layer.name()));
    return columns;
  }

  /**
   * Their values now; k or tau is the mean over the channels when each has its own.
   *
   * @param rates mean spikes per neuron-step, by layer
   */
  static Map<String, Double> values(List<NeuronLayer> layers, Map<String, Double> rates) {
    Map<String, Double> values = new TreeMap<>();
    for (NeuronLayer layer : layers) {
      if (layer.parameter() != null) {
        double sum = 0;
        float[] parameter = layer.parameter().values();
        for (float value : parameter) {
          // PLIF: 1 / tau = sigmoid(w)
          sum += isKlif(layer) ? value : 1 + Math.exp(-value);
        }
        values.put(parameterColumn(layer), sum / parameter.length);
      }
      values.put("rate." + layer.name(), rates.getOrDefault(layer.name(), Double.NaN));
    }
    return values;
  }

  private static String parameterColumn(NeuronLayer layer) {
    return (isKlif(layer) ? "k." : "tau.") + layer.name();
  }

  private static boolean isKlif(NeuronLayer layer) {
    return layer.neuron() instanceof Neuron.Klif;
  }

  private NeuronColumns() {}
}
