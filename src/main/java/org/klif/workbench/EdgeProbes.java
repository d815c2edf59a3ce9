package org.klif.workbench;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.tensor.ActivationShape;

/**
 * Inputs at the edge: no current, currents far larger than any network's, one that is not a number,
 * and a potential exactly at the threshold. States and gradients must stay finite where the current
 * is.
 */
record EdgeProbes(Device device, Neuron.Custom neuron, Consumer<CheckRow> rows) {
  private static final String CHECK = "edges";
  private static final int STEPS = 32;
  private static final int CHANNELS = 4;

  /** No weight, batch norm or learning rate makes larger currents before training has failed. */
  private static final float HUGE = 1e6f;

  private record Probe(String name, IntFunction<Float> current) {}

  private static final List<Probe> PROBES =
      List.of(
          new Probe("no current", t -> 0f),
          new Probe("currents of 1e3", t -> 1e3f),
          new Probe("currents of -1e3", t -> -1e3f),
          new Probe("currents of 1e6", t -> HUGE),
          new Probe("currents of -1e6", t -> -HUGE),
          new Probe("currents of 1e6 and -1e6 in turn", t -> t % 2 == 0 ? HUGE : -HUGE));

  /** Runs all. */
  void check() {
    for (Probe probe : PROBES) {
      rows.accept(finite(probe));
    }
    rows.accept(threshold());
    rows.accept(notANumber());
  }

  private static ActivationShape shape(int steps) {
    return new ActivationShape(steps, false, 1, CHANNELS, 1, 1);
  }

  private CheckRow finite(Probe probe) {
    NeuronModel model = neuron.model();
    for (CheckCase.Numbers numbers : List.of(CheckCase.Numbers.INITIAL, CheckCase.Numbers.BOUNDS)) {
      CheckCase one =
          new CheckCase(probe.name(), neuron, shape(STEPS), false, false, numbers, 0, 1);
      CheckInputs inputs = new CheckInputs(one, device);
      float[][] currents = new float[STEPS][CHANNELS];
      for (int t = 0; t < STEPS; t++) {
        Arrays.fill(currents[t], probe.current().apply(t));
        System.arraycopy(currents[t], 0, inputs.x, t * CHANNELS, CHANNELS);
      }
      String failure =
          new StepFailure(neuron).find(device, one.shape(), inputs.raw, inputs.initial, currents);
      if (failure != null) {
        return CheckRow.wrong(CHECK, probe.name(), failure);
      }
      if (!DeviceResults.of(device, one, inputs).hasFiniteGradients()) {
        return CheckRow.wrong(
            CHECK,
            probe.name(),
            "%s: a gradient is not a number, though all states are finite; a derivative in the step is infinite or 0/0 there"
                .formatted(model.source().origin()));
      }
    }
    return CheckRow.right(CHECK, probe.name(), "states and gradients finite");
  }

  /** Two neighbouring currents, of which the larger fires, in the first step. */
  private CheckRow threshold() {
    String where = "exactly at the threshold";
    float[] raw = neuron.model().initialNumbers(1);
    ActivationShape single = new ActivationShape(1, false, 1, 1, 1, 1);
    try (NeuronSteps step = new NeuronSteps(device, neuron, single, raw)) {
      float low = -HUGE;
      float high = HUGE;
      if (fires(step, low) || !fires(step, high)) {
        return CheckRow.right(CHECK, where, "not reached in the first step");
      }
      while (true) {
        float middle = (low + high) / 2;
        if (middle == low || middle == high) {
          break;
        }
        if (fires(step, middle)) {
          high = middle;
        } else {
          low = middle;
        }
      }
      float below = argument(step, low);
      float above = argument(step, high);
      if (below < 0 && above >= 0) {
        return CheckRow.right(CHECK, where, "fires from x = %s on".formatted(high));
      }
      return CheckRow.wrong(
          CHECK,
          where,
          "%s: the output is not the spike: it is 1 from x = %s on, where u of spike(u) is %s; step must return what spike(u) gave"
              .formatted(neuron.model().source().origin(), high, above));
    }
  }

  private static boolean fires(NeuronSteps step, float x) {
    step.restart();
    step.advance(new float[] {x});
    return step.spikes()[0] > 0.5f;
  }

  private static float argument(NeuronSteps step, float x) {
    step.restart();
    step.advance(new float[] {x});
    return step.arguments()[0];
  }

  /** A NaN in one neuron's current must not reach another. */
  private CheckRow notANumber() {
    String where = "one current that is not a number";
    int steps = 8;
    int sick = 2;
    CheckCase one =
        new CheckCase(where, neuron, shape(steps), false, false, CheckCase.Numbers.INITIAL, 0, 7);
    CheckInputs inputs = new CheckInputs(one, device);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < inputs.x.length; i++) {
      inputs.x[i] = (float) (0.5 + random.nextGaussian());
    }
    DeviceResults well = DeviceResults.of(device, one, inputs);
    inputs.x[2 * CHANNELS + sick] = Float.NaN;
    DeviceResults ill = DeviceResults.of(device, one, inputs);
    for (int i = 0; i < well.spikes.length; i++) {
      boolean other = i % CHANNELS != sick;
      boolean same =
          Float.compare(well.spikes[i], ill.spikes[i]) == 0
              && Float.compare(well.gx[i], ill.gx[i]) == 0;
      if (other && !same) {
        return CheckRow.wrong(CHECK, where, "it changes the results of other neurons");
      }
      if (!(ill.spikes[i] >= 0 && ill.spikes[i] <= 1)) {
        return CheckRow.wrong(
            CHECK,
            where,
            "%s: the output is not a spike there; step must return what spike(u) gave"
                .formatted(neuron.model().source().origin()));
      }
    }
    return CheckRow.right(CHECK, where, "stays in its neuron");
  }
}
