package org.klif.profile;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the time of one kind of step goes. The rows' times add up to {@code recorded.mean()}: each
 * has its own time without that of what lies within it.
 *
 * @param name as in "training step"
 * @param skipped steps ahead of the first recorded one
 * @param recorded times of the recorded steps, which wait for the device after each operation
 * @param timed times of the steps between them, which do not; null where there was none
 * @param rows in the order in which they first came to an end
 */
public record StepProfile(
    String name, int skipped, Times recorded, @Nullable Times timed, List<Row> rows) {
  /** Copies the list. */
  public StepProfile {
    rows = List.copyOf(rows);
  }

  /** Milliseconds of each phase. */
  public Map<String, Double> phases() {
    Map<String, Double> phases = new LinkedHashMap<>();
    rows.forEach(row -> phases.merge(row.phase(), row.ms(), Double::sum));
    return phases;
  }
}
