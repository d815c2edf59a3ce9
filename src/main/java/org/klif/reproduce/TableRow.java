package org.klif.reproduce;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.klif.config.ConfigTree;
import org.klif.device.Precision;
import org.klif.neuron.NeuronOptions;

/**
 * One row of the table file: a network on a data set, to be run with several neurons, seeds and T.
 *
 * @param name in commands and in the names of run folders
 * @param scale small, fast or full
 * @param data name of the data set
 * @param preset what is trained
 * @param steps each T to run (key T)
 * @param seeds to run
 * @param neurons to run
 * @param threads of a CPU for one run; 0 means all
 * @param settings further keys of a configuration over the preset's
 * @param gpu whether the row needs a GPU
 * @param lastEpoch whether a run under protocol A counts with its last epoch instead of its best
 * @param comparable whether published figures of this data set are of the same network and schedule
 * @param secondsPerRun of one run at the first T on the machine that {@code measuredOn} names; null
 *     where none was measured
 * @param measuredOn the machine of {@code secondsPerRun}, or null
 */
record TableRow(
    String name,
    String scale,
    String data,
    String preset,
    @JsonProperty("T") List<Integer> steps,
    List<Long> seeds,
    List<String> neurons,
    int threads,
    Map<String, String> settings,
    boolean gpu,
    boolean lastEpoch,
    boolean comparable,
    @Nullable Double secondsPerRun,
    @Nullable String measuredOn) {
  static final List<String> SCALES = List.of("small", "fast", "full");

  private static final String PRECISION = "precision";

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");

  TableRow {
    check(name != null && NAME.matcher(name).matches(), "name", "small letters, digits and -");
    check(scale != null && SCALES.contains(scale), "scale", "small, fast or full");
    check(data != null && !data.isBlank(), "data", "the name of a data set");
    check(preset != null && !preset.isBlank(), "preset", "the name of a preset");
    steps = copy(steps);
    check(!steps.isEmpty() && steps.stream().allMatch(t -> t > 0), "T", "a list such as [4, 8]");
    seeds = copy(seeds);
    check(!seeds.isEmpty(), "seeds", "a list such as [1, 2, 3]");
    neurons = copy(neurons);
    check(
        !neurons.isEmpty() && NeuronOptions.MODELS.containsAll(neurons),
        "neurons",
        "a list of " + String.join(", ", NeuronOptions.MODELS));
    check(threads >= 0, "threads", "0 or more");
    settings = settings == null ? Map.of() : Map.copyOf(settings);
    check(secondsPerRun == null || secondsPerRun > 0, "secondsPerRun", "positive");
  }

  /** The precision of its runs where nothing else is asked for. */
  String precision() {
    return settings.getOrDefault(PRECISION, Precision.FLOAT32.token());
  }

  /** How many epochs a run has. */
  int epochs() {
    ConfigTree tree = ConfigTree.preset(preset);
    settings.forEach((key, value) -> tree.set(key, value, "row " + name));
    return tree.build().epochs();
  }

  private static <T> List<T> copy(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  private static void check(boolean valid, String key, String what) {
    if (!valid) {
      throw new IllegalArgumentException(key + " must be " + what);
    }
  }
}
