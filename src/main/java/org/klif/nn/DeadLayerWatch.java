package org.klif.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds neuron layers that cannot learn: silent ones, which neither fire nor pass gradient (F = 0
 * everywhere, so the ReLU of KLIF lets nothing through), and saturated ones, which fire always.
 *
 * <p>A layer is reported when it was so in each of the last {@code patience} observations, and once
 * only until it recovers.
 */
public final class DeadLayerWatch {
  /** A rate this near to 1 means that every neuron fires at every step. */
  private static final double ALWAYS = 1 - 1e-6;

  /** What can be wrong with a layer. */
  public enum Condition {
    /** It fires and passes gradient now and then. */
    ALIVE,
    /** No spike and no gradient. */
    SILENT,
    /** A spike of every neuron at every step. */
    SATURATED
  }

  /**
   * Activity of one layer, see {@link NeuronLayer#activity}.
   *
   * @param rate mean spikes per neuron-step
   * @param gradient mean |gradient of the input current|
   */
  public record Observation(String layer, double rate, double gradient) {
    /** What one observation says. */
    Condition condition() {
      if (rate == 0 && gradient == 0) {
        return Condition.SILENT;
      }
      return rate >= ALWAYS ? Condition.SATURATED : Condition.ALIVE;
    }
  }

  /**
   * A layer in a bad state.
   *
   * @param since the first moment of it, e.g. "step 1"
   * @param message one sentence that says what helps
   */
  public record Finding(String layer, Condition condition, String since, String message) {}

  private static final class History {
    Condition condition = Condition.ALIVE;
    String since = "";
    int times;
  }

  private final int patience;
  private final Map<String, History> histories = new LinkedHashMap<>();

  /** Reports a layer after that many observations in a row, at least 1. */
  public DeadLayerWatch(int patience) {
    if (patience < 1) {
      throw new IllegalArgumentException("patience " + patience);
    }
    this.patience = patience;
  }

  /**
   * Takes the activity of all layers.
   *
   * @param moment when it was, for people: "step 3", "epoch 2"
   * @return the layers that have just become reportable
   */
  public List<Finding> observe(String moment, List<Observation> observations) {
    List<Finding> found = new ArrayList<>();
    for (Observation observation : observations) {
      History history = histories.computeIfAbsent(observation.layer(), name -> new History());
      Condition condition = observation.condition();
      if (condition != history.condition) {
        history.condition = condition;
        history.since = moment;
        history.times = 0;
      }
      history.times++;
      if (history.times == patience && condition != Condition.ALIVE) {
        found.add(finding(observation.layer(), history));
      }
    }
    return found;
  }

  /** All layers that are in a bad state now. */
  public List<Finding> findings() {
    List<Finding> found = new ArrayList<>();
    histories.forEach(
        (layer, history) -> {
          if (history.condition != Condition.ALIVE && history.times >= patience) {
            found.add(finding(layer, history));
          }
        });
    return found;
  }

  private static Finding finding(String layer, History history) {
    String message =
        history.condition == Condition.SILENT
            ? ("layer %s has neither fired nor passed gradient since %s, so it cannot learn; what"
                    + " helps: bn ahead of the neuron, decayInput = false, or the initialisation"
                    + " kaiming-normal")
                .formatted(layer, history.since)
            : ("layer %s has fired at every step in every neuron since %s, so it tells nothing"
                    + " apart; what helps: bn ahead of the neuron, a higher threshold, or a lower"
                    + " learning rate")
                .formatted(layer, history.since);
    return new Finding(layer, history.condition, history.since, message);
  }
}
