package org.klif.workbench;

import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.tensor.ActivationShape;

/**
 * Finds the step that makes a number that is none (NaN, infinite) from finite ones, and says it
 * with file and line, time step and all values.
 */
record StepFailure(Neuron.Custom neuron) {
  /**
   * Runs a sequence step by step.
   *
   * @param shape of the layer; its steps do not count
   * @param raw learned numbers of the layer
   * @param initial states before the first step: S planes
   * @param currents (T, cells); one that is not finite is not looked at
   * @return a sentence, or null when all stays finite
   */
  @Nullable String find(
      Device device, ActivationShape shape, float[] raw, float[] initial, float[][] currents) {
    int cells = shape.batch() * shape.features();
    try (NeuronSteps steps = new NeuronSteps(device, neuron, shape, raw)) {
      steps.restart(initial);
      float[] before = initial;
      for (int t = 0; t < currents.length; t++) {
        steps.advance(currents[t]);
        float[] after = steps.states();
        float[] spikes = steps.spikes();
        for (int i = 0; i < cells; i++) {
          for (int s = 0; s < neuron.model().states().size(); s++) {
            if (finite(before, i, cells)
                && Float.isFinite(currents[t][i])
                && !Float.isFinite(after[s * cells + i])) {
              return sentence(s, t, i, cells, shape, currents[t][i], before, after, raw);
            }
          }
          if (finite(before, i, cells) && !Float.isFinite(spikes[i])) {
            return sentence(-1, t, i, cells, shape, currents[t][i], before, spikes, raw);
          }
        }
        before = after;
      }
    }
    return null;
  }

  private static boolean finite(float[] states, int cell, int cells) {
    for (int i = cell; i < states.length; i += cells) {
      if (!Float.isFinite(states[i])) {
        return false;
      }
    }
    return true;
  }

  private String sentence(
      int state,
      int step,
      int cell,
      int cells,
      ActivationShape shape,
      float x,
      float[] before,
      float[] after,
      float[] raw) {
    NeuronModel model = neuron.model();
    String name = state < 0 ? "the spike" : model.states().get(state).name();
    float value = after[Math.max(0, state) * cells + cell];
    List<String> values = new ArrayList<>(List.of("x = " + number(x)));
    for (int s = 0; s < model.states().size(); s++) {
      values.add(model.states().get(s).name() + " = " + number(before[s * cells + cell]));
    }
    for (int l = 0; l < model.learned().size(); l++) {
      NeuronModel.Learned learned = model.learned().get(l);
      int at =
          model.offset(l, shape.channels()) + (learned.perChannel() ? cell % shape.channels() : 0);
      values.add(learned.name() + " = " + number(value(learned, raw[at])));
    }
    return "%s:%d: the step makes %s %s at time step %d from %s"
        .formatted(
            model.source().origin(),
            state < 0 ? stepLine() : line(name),
            name,
            Float.isNaN(value) ? "not a number" : "infinite",
            step + 1,
            String.join(", ", values));
  }

  /** The value that a step sees. */
  private static double value(NeuronModel.Learned learned, double raw) {
    return switch (learned.constraint()) {
      case NONE -> raw;
      case SIGMOID -> 1 / (1 + Math.exp(-raw));
      case SOFTPLUS -> Math.log1p(Math.exp(-Math.abs(raw))) + Math.max(raw, 0);
    };
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.6g", value);
  }

  /** Where step begins. */
  private int stepLine() {
    List<String> lines = Splitter.on('\n').splitToList(neuron.model().source().text());
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).matches(".*\\bstep\\s*\\(.*")) {
        return i + 1;
      }
    }
    return 1;
  }

  /** The first line of step that sets a state. */
  private int line(String state) {
    List<String> lines = Splitter.on('\n').splitToList(neuron.model().source().text());
    Pattern sets = Pattern.compile("(?<![\\w.])" + Pattern.quote(state) + "\\s*[-+*/]?=(?!=)");
    int from = stepLine();
    for (int i = from; i < lines.size(); i++) {
      String code = lines.get(i).replaceAll("//.*", "");
      Matcher matcher = sets.matcher(code);
      if (matcher.find()) {
        return i + 1;
      }
    }
    return from;
  }
}
