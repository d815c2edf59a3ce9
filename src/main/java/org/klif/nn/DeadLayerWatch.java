package org.klif.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds neuron layers that tell nothing apart: silent ones, which never fire, and saturated ones,
 * which fire always.
 *
 * <p>What a single step shows is reported when it was so in each of the last {@code patience}
 * steps. A layer that does not fire but passes gradient may wake up, so that it is reported only
 * when a whole epoch had no spike; a layer without either (F = 0 everywhere, so that the ReLU of
 * KLIF lets nothing through) cannot. A layer is reported once, until it recovers.
 */
public final class DeadLayerWatch {
  /** A rate this near to 1 means that every neuron fires at every step. */
  private static final double ALWAYS = 1 - 1e-6;

  /** What can be wrong with a layer. */
  public enum Condition {
    /** It fires now and then. */
    ALIVE,
    /** No spike, but a gradient. */
    SILENT,
    /** No spike and no gradient. */
    DEAD,
    /** A spike of every neuron at every step. */
    SATURATED;

    boolean fires() {
      return this == ALIVE || this == SATURATED;
    }
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
      if (rate == 0) {
        return gradient == 0 ? Condition.DEAD : Condition.SILENT;
      }
      return rate >= ALWAYS ? Condition.SATURATED : Condition.ALIVE;
    }
  }

  /**
   * A layer in a bad state.
   *
   * @param since the first moment of it, e.g. "step 1"
   */
  public record Finding(String layer, Condition condition, String since) {}

  private static final class History {
    Condition condition = Condition.ALIVE;
    String since = "";
    int times;
    boolean reported;

    void add(Condition next, String moment) {
      if (next != condition) {
        reported &= next.fires() == condition.fires() && next != Condition.ALIVE;
        condition = next;
        since = moment;
        times = 0;
      }
      times++;
    }
  }

  private final int patience;
  private final Map<String, History> histories = new LinkedHashMap<>();

  /** Reports what a step shows after that many in a row, at least 1. */
  public DeadLayerWatch(int patience) {
    if (patience < 1) {
      throw new IllegalArgumentException("patience " + patience);
    }
    this.patience = patience;
  }

  /**
   * Takes the activity of all layers in a step.
   *
   * @param moment when it was, for people: "step 3"
   * @return the layers that have just become reportable
   */
  public List<Finding> step(String moment, List<Observation> observations) {
    return observe(moment, observations, patience);
  }

  /**
   * Takes the mean activity of all layers in an epoch.
   *
   * @param moment when it was, for people: "epoch 3"
   * @return the layers that have just become reportable
   */
  public List<Finding> epoch(String moment, List<Observation> means) {
    return observe(moment, means, 1);
  }

  private List<Finding> observe(String moment, List<Observation> observations, int needed) {
    List<Finding> found = new ArrayList<>();
    for (Observation observation : observations) {
      History history = histories.computeIfAbsent(observation.layer(), name -> new History());
      history.add(observation.condition(), moment);
      boolean lasting =
          history.times >= needed && (needed == 1 || history.condition != Condition.SILENT);
      if (lasting && history.condition != Condition.ALIVE && !history.reported) {
        history.reported = true;
        found.add(new Finding(observation.layer(), history.condition, history.since));
      }
    }
    return found;
  }
}
