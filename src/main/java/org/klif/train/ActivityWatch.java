package org.klif.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.klif.neuron.LayerOptions;
import org.klif.neuron.Neuron;
import org.klif.nn.DeadLayerWatch;
import org.klif.nn.DeadLayerWatch.Condition;
import org.klif.nn.DeadLayerWatch.Finding;
import org.klif.nn.DeadLayerWatch.Observation;
import org.klif.nn.Initialisation;
import org.klif.nn.NeuronLayer;
import org.klif.nn.StepReadback;

/**
 * Watches the neuron layers for those that never or always fire, at each of the first steps of a
 * run and over each epoch, and says what helps in this network.
 */
final class ActivityWatch {
  private static final int FIRST_STEPS = 20;
  private static final int PATIENCE_STEPS = 10;

  private final DeadLayerWatch watch = new DeadLayerWatch(PATIENCE_STEPS);
  private final Map<String, double[]> sums = new LinkedHashMap<>();
  private final List<NeuronLayer> layers;
  private final Initialisation initialisation;
  private final Consumer<String> warnings;
  private int steps;

  /**
   * Watches some layers.
   *
   * @param layers in network order
   * @param initialisation of the network's weights
   */
  ActivityWatch(
      List<NeuronLayer> layers, Initialisation initialisation, Consumer<String> warnings) {
    this.layers = List.copyOf(layers);
    this.initialisation = initialisation;
    this.warnings = warnings;
  }

  /** After forward and backward of a step, counted from 1; the readings are downloaded. */
  void step(long step, StepReadback readings) {
    List<Observation> now = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      String layer = layers.get(i).name();
      now.add(new Observation(layer, readings.rate(i), readings.gradient(i)));
      double[] sum = sums.computeIfAbsent(layer, name -> new double[2]);
      sum[0] += readings.rate(i);
      sum[1] += readings.gradient(i);
    }
    steps++;
    if (step <= FIRST_STEPS) {
      warn(watch.step("step " + step, now));
    }
  }

  /** At the end of an epoch. */
  void epoch(int epoch) {
    List<Observation> means = new ArrayList<>();
    sums.forEach((name, sum) -> means.add(new Observation(name, sum[0] / steps, sum[1] / steps)));
    if (steps > 0) {
      warn(watch.epoch("epoch " + epoch, means));
    }
    forget();
  }

  /** Begins the epoch again. */
  void forget() {
    sums.clear();
    steps = 0;
  }

  private void warn(List<Finding> findings) {
    List<Finding> mute =
        findings.stream().filter(f -> f.condition() != Condition.SATURATED).toList();
    if (!mute.isEmpty() && mute.size() == layers.size()) {
      warnings.accept(
          "no layer fires since %s, so nothing is learned of the samples; %s"
              .formatted(mute.get(0).since(), help(layers.get(0), false)));
      return;
    }
    for (Finding finding : findings) {
      NeuronLayer layer =
          layers.stream().filter(l -> l.name().equals(finding.layer())).findFirst().orElseThrow();
      warnings.accept(message(finding, layer));
    }
  }

  private String message(Finding finding, NeuronLayer layer) {
    return switch (finding.condition()) {
      case SILENT ->
          "layer %s never fires since %s, so what is behind it sees nothing; %s"
              .formatted(layer.name(), finding.since(), help(layer, false));
      case DEAD ->
          "layer %s never fires since %s and passes no gradient, so it cannot learn; %s"
              .formatted(layer.name(), finding.since(), help(layer, false));
      case SATURATED ->
          "layer %s has fired at every step in every neuron since %s, so it tells nothing apart; %s"
              .formatted(layer.name(), finding.since(), help(layer, true));
      case ALIVE -> throw new IllegalArgumentException("nothing is wrong with " + layer.name());
    };
  }

  /** What may help this layer in this network. */
  private String help(NeuronLayer layer, boolean always) {
    List<String> ways = new ArrayList<>();
    if (!layer.normalised()) {
      ways.add("bn ahead of the neuron");
    }
    if (layer.neuron() instanceof Neuron.Custom custom) {
      Set<String> names = custom.model().settings();
      ways.add(
          names.isEmpty()
              ? "another threshold in the neuron's file"
              : "another neuron.values." + String.join(", ", names) + overThem(layer, names));
    } else {
      ways.add(
          "a %s %s than %s"
              .formatted(
                  always ? "higher" : "lower",
                  setting(layer, "threshold"),
                  layer.neuron().common().threshold()));
    }
    if (always) {
      ways.add("a lower optimizer.learningRate");
    } else {
      if (layer.neuron().decayInput()) {
        ways.add(
            layer.spec().options().has("decayInput")
                ? "decayInput=false in its braces " + layer.spec().options().token()
                : "neuron.decayInput=false");
      }
      if (!layer.normalised() && initialisation != Initialisation.KAIMING_NORMAL) {
        ways.add("initialisation=kaiming-normal");
      }
    }
    int last = ways.size() - 1;
    return "what helps: "
        + (last == 0
            ? ways.get(0)
            : String.join(", ", ways.subList(0, last)) + " or " + ways.get(last));
  }

  /** Where a value of this layer is set: its own braces stand over the configuration. */
  private static String setting(NeuronLayer layer, String key) {
    LayerOptions own = layer.spec().options();
    return own.has(key) ? "%s in its braces %s".formatted(key, own.token()) : "neuron." + key;
  }

  private static String overThem(NeuronLayer layer, Set<String> names) {
    LayerOptions own = layer.spec().options();
    return names.stream().anyMatch(name -> own.has(name) || own.has("values." + name))
        ? " (over which its braces stand: %s)".formatted(own.token())
        : "";
  }
}
