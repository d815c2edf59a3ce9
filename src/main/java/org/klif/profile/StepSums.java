package org.klif.profile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the recorded steps of one work add up to. */
final class StepSums {
  private static final double NANOS_PER_MILLI = 1e6;

  private record Key(String phase, String layer, String operation) {}

  private static final class Sum {
    long calls;
    long nanos;
    Cost cost = Cost.NONE;
  }

  private final String name;
  private final Map<Key, Sum> sums = new LinkedHashMap<>();
  private final List<Long> recorded = new ArrayList<>();
  private final List<Long> timed = new ArrayList<>();
  private int skipped;

  StepSums(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  void skip() {
    skipped++;
  }

  int skipped() {
    return skipped;
  }

  int recorded() {
    return recorded.size();
  }

  int timed() {
    return timed.size();
  }

  void addRecorded(long nanos) {
    recorded.add(nanos);
  }

  void addTimed(long nanos) {
    timed.add(nanos);
  }

  /** Adds time that nothing within it has. */
  void add(String phase, String layer, String operation, long nanos, Cost cost) {
    Sum sum = sums.computeIfAbsent(new Key(phase, layer, operation), key -> new Sum());
    sum.calls++;
    sum.nanos += nanos;
    sum.cost = sum.cost.plus(cost);
  }

  /** Means over the recorded steps. */
  StepProfile profile() {
    double steps = recorded.size();
    List<Row> rows = new ArrayList<>();
    sums.forEach(
        (key, sum) ->
            rows.add(
                new Row(
                    key.phase().isEmpty() ? Row.OTHER : key.phase(),
                    key.layer(),
                    key.operation(),
                    sum.calls / steps,
                    sum.nanos / steps / NANOS_PER_MILLI,
                    sum.cost.bytes() / steps,
                    sum.cost.flops() / steps)));
    return new StepProfile(
        name,
        skipped,
        Times.ofNanos(recorded),
        timed.isEmpty() ? null : Times.ofNanos(timed),
        rows);
  }
}
