package org.klif.report;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.klif.neuron.NeuronSource;

/**
 * Runs that differ only in their seed.
 *
 * @param key the options that tell this group from the others, in the order of importance; every
 *     group of a comparison has the same keys
 * @param differing all options that are not the same in all groups
 * @param runs at least one, by seed
 */
record RunGroup(Map<String, String> key, Map<String, String> differing, List<ReportedRun> runs) {
  /** Key of the data set. */
  static final String DATA = "data";

  /** Key of the neuron's model. */
  static final String MODEL = "neuron.model";

  /** Key of the number of time steps. */
  static final String STEPS = "T";

  RunGroup {
    runs = List.copyOf(runs);
  }

  /** What tells it from the others, for people. */
  String label() {
    return label(name -> true);
  }

  /** The label, or the model where nothing tells it from others; never empty. */
  String name() {
    return label().isEmpty() ? model() : label();
  }

  /** The layers of which some run has a column {@code prefix.LAYER}. */
  Set<String> layers(String prefix) {
    Set<String> layers = new LinkedHashSet<>();
    runs.forEach(run -> run.metrics().ifPresent(m -> layers.addAll(m.layers(prefix))));
    return layers;
  }

  /** The part of the label that these keys make; may be empty. */
  String label(Predicate<String> keys) {
    return key.entrySet().stream()
        .filter(e -> keys.test(e.getKey()))
        .map(e -> text(e.getKey(), e.getValue()))
        .collect(Collectors.joining(" · "));
  }

  /** The label without the data set, which a panel's title names; never empty. */
  String labelInPanel() {
    String label = label(name -> !name.equals(DATA));
    return label.isEmpty() ? model() : label;
  }

  /** The data set, empty where it is the same in all groups. */
  String data() {
    return key.getOrDefault(DATA, "");
  }

  /** The neuron's model as people write it, or the word runs. */
  String model() {
    return runs.get(0).neuron().map(name -> name.toUpperCase(Locale.ROOT)).orElse("runs");
  }

  private static String text(String key, String value) {
    if (key.equals(DATA) || key.equals("preset")) {
      return value;
    }
    if (key.equals(MODEL)) {
      return NeuronSource.nameOf(value).toUpperCase(Locale.ROOT);
    }
    return key.substring(key.lastIndexOf('.') + 1) + " " + value;
  }
}
