package org.klif.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.klif.nn.DeadLayerWatch;
import org.klif.nn.NeuronLayer;
import org.klif.nn.Readings;

/**
 * Watches the neuron layers for dead ones: at each of the first steps of a run, and over each
 * epoch.
 */
final class ActivityWatch {
  private static final int FIRST_STEPS = 20;
  private static final int PATIENCE_STEPS = 10;

  private final DeadLayerWatch early = new DeadLayerWatch(PATIENCE_STEPS);
  private final DeadLayerWatch late = new DeadLayerWatch(1);
  private final Map<String, double[]> sums = new LinkedHashMap<>();
  private final Consumer<String> warnings;
  private int steps;

  ActivityWatch(Consumer<String> warnings) {
    this.warnings = warnings;
  }

  /** After forward and backward of a step, counted from 1; the readings are downloaded. */
  void step(long step, List<NeuronLayer> layers, Readings readings) {
    List<DeadLayerWatch.Observation> now = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      String layer = layers.get(i).name();
      now.add(new DeadLayerWatch.Observation(layer, readings.rate(i), readings.gradient(i)));
      double[] sum = sums.computeIfAbsent(layer, name -> new double[2]);
      sum[0] += readings.rate(i);
      sum[1] += readings.gradient(i);
    }
    steps++;
    if (step <= FIRST_STEPS) {
      early.observe("step " + step, now).forEach(finding -> warnings.accept(finding.message()));
    }
  }

  /** At the end of an epoch. */
  void epoch(int epoch) {
    List<DeadLayerWatch.Observation> means = new ArrayList<>();
    sums.forEach(
        (name, sum) ->
            means.add(new DeadLayerWatch.Observation(name, sum[0] / steps, sum[1] / steps)));
    if (steps > 0) {
      late.observe("epoch " + epoch, means).forEach(f -> warnings.accept(f.message()));
    }
    sums.clear();
    steps = 0;
  }
}
