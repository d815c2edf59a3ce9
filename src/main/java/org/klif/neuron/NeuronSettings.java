package org.klif.neuron;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.klif.UsageException;

/** Other values for a neuron's constants and for what its learned parameters start from. */
public final class NeuronSettings {
  private NeuronSettings() {}

  /**
   * The neuron with these values.
   *
   * @param settings value by name
   * @throws UsageException when there is no such name, or the value is out of its bounds
   */
  public static Neuron.Custom apply(Neuron.Custom neuron, Map<String, Double> settings) {
    NeuronModel model = neuron.model();
    Map<String, Double> constants = new HashMap<>(neuron.values());
    Map<String, Double> left = new HashMap<>(settings);
    for (NeuronModel.Constant constant : model.constants()) {
      Double value = left.remove(constant.name());
      if (value != null) {
        constants.put(constant.name(), value);
      }
    }
    List<NeuronModel.Learned> learned = new ArrayList<>();
    for (NeuronModel.Learned one : model.learned()) {
      Double value = left.remove(one.name());
      learned.add(value == null ? one : startingFrom(one, value, model.name()));
    }
    for (String name : left.keySet()) {
      throw new UsageException(
          "neuron %s has no constant or learned parameter '%s'; it has: %s"
              .formatted(model.name(), name, String.join(", ", model.settings())));
    }
    NeuronModel changed =
        new NeuronModel(model.source(), model.struct(), learned, model.constants(), model.states());
    return new Neuron.Custom(neuron.common(), changed, constants, neuron.surrogate());
  }

  private static NeuronModel.Learned startingFrom(
      NeuronModel.Learned one, double value, String neuron) {
    double lower = one.constraint() == NeuronModel.Constraint.NONE ? one.lower() : 0;
    double upper = one.constraint() == NeuronModel.Constraint.SIGMOID ? 1 : one.upper();
    boolean open = one.constraint() != NeuronModel.Constraint.NONE;
    boolean inside = open ? value > lower && value < upper : value >= lower && value <= upper;
    if (!inside || Double.isInfinite(value)) {
      throw new UsageException(
          "%s of neuron %s must be a number %s, not %s"
              .formatted(
                  one.name(),
                  neuron,
                  (open ? "between %s and %s" : "from %s to %s").formatted(lower, upper),
                  value));
    }
    return new NeuronModel.Learned(
        one.name(),
        value,
        one.constraint(),
        one.lower(),
        one.upper(),
        one.perChannel(),
        one.line());
  }
}
