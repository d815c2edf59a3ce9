package org.klif.workbench;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.klif.UsageException;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronSettings;

/** What one neuron does beside what a file expects of it. */
public final class ExpectedCheck {
  private static final String CHECK = "expected";

  private ExpectedCheck() {}

  /** Runs all cases of a file. */
  static void check(
      Device device, Neuron.Custom neuron, ExpectedFile expected, Consumer<CheckRow> rows) {
    for (ExpectedFile.Case one : expected.cases()) {
      Neuron.Custom changed;
      try {
        changed = NeuronSettings.apply(neuron, one.set());
      } catch (UsageException e) {
        rows.accept(
            CheckRow.wrong(CHECK, one.current().text(), one.place() + ": " + e.getMessage()));
        continue;
      }
      NeuronTrace trace =
          NeuronSteps.trace(device, changed, changed.model().initialNumbers(1), one.current());
      rows.accept(compare(one, trace));
    }
  }

  private static CheckRow compare(ExpectedFile.Case one, NeuronTrace trace) {
    String where = "%s, %d steps".formatted(one.current().text(), trace.steps());
    List<Integer> fired = trace.spikeSteps();
    if (one.spikes() != null && !one.spikes().equals(fired)) {
      return CheckRow.wrong(
          CHECK,
          where,
          "%s: it fires at %s, expected is %s".formatted(one.place(), fired, one.spikes()));
    }
    for (Map.Entry<String, ImmutableDoubleArray> state : one.states().entrySet()) {
      NeuronTrace.Line line =
          trace.states().stream()
              .filter(l -> l.name().equals(state.getKey()))
              .findFirst()
              .orElse(null);
      if (line == null) {
        return CheckRow.wrong(
            CHECK, where, "%s: there is no state '%s'".formatted(one.place(), state.getKey()));
      }
      for (int t = 0; t < trace.steps(); t++) {
        double wanted = state.getValue().get(t);
        double found = line.values().get(t);
        if (!Double.isNaN(wanted) && !(Math.abs(found - wanted) <= one.within())) {
          return CheckRow.wrong(
              CHECK,
              where,
              String.format(
                  Locale.ROOT,
                  "%s: %s is %.7g after step %d, expected is %.7g",
                  one.place(),
                  state.getKey(),
                  found,
                  t + 1,
                  wanted));
        }
      }
    }
    return CheckRow.right(CHECK, where, "%d spikes".formatted(fired.size()));
  }
}
