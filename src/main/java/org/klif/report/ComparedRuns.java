package org.klif.report;

import com.google.common.primitives.Doubles;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.klif.chart.LineChart;
import org.klif.neuron.NeuronOptions;

/**
 * Runs put into groups by what differs in their configurations apart from the seed. What only says
 * where and how fast a run was made makes no group.
 *
 * @param keys the fewest options that tell all groups apart, the most telling first
 * @param differing all options that are not the same in all groups
 * @param groups in the order of the keys, numbers by size
 */
record ComparedRuns(List<String> keys, List<String> differing, List<RunGroup> groups) {
  private static final String SEED = "seed";

  /** Nothing of the result is meant to depend on these. */
  static final Set<String> OF_NO_MEANING =
      Set.of(SEED, "dataFolder", "threads", "graph", "gpuMemory", "keepCharged");

  /** The first of these are kept in a label where several keys tell the same. */
  static final List<String> FIRST = List.of(RunGroup.DATA, RunGroup.MODEL, RunGroup.STEPS);

  static final List<String> LAST = List.of("network", "preset");

  /** Sorts runs into groups. */
  static ComparedRuns of(List<ReportedRun> runs) {
    List<Map<String, String>> options = runs.stream().map(ComparedRuns::options).toList();
    List<String> differing = differing(options);
    List<String> keys = telling(differing, options);
    Map<List<String>, List<ReportedRun>> members = new LinkedHashMap<>();
    Map<List<String>, Map<String, String>> values = new LinkedHashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      Map<String, String> own = options.get(i);
      List<String> all = values(differing, own);
      members.computeIfAbsent(all, none -> new ArrayList<>()).add(runs.get(i));
      values.putIfAbsent(all, own);
    }
    List<RunGroup> groups = new ArrayList<>();
    members.forEach(
        (all, group) -> {
          group.sort(Comparator.comparing(ComparedRuns::seed).thenComparing(ReportedRun::name));
          Map<String, String> own = values.get(all);
          groups.add(new RunGroup(part(keys, own), part(differing, own), group));
        });
    groups.sort(order(keys));
    return new ComparedRuns(keys, differing, List.copyOf(groups));
  }

  /** The data sets, each with its groups; one entry with an empty name where all have the same. */
  Map<String, List<RunGroup>> panels() {
    Map<String, List<RunGroup>> panels = new LinkedHashMap<>();
    for (RunGroup group : groups) {
      panels.computeIfAbsent(group.data(), none -> new ArrayList<>()).add(group);
    }
    return panels;
  }

  /**
   * A chart for each data set that has something to draw.
   *
   * @param chart of a title that names the data set, and its groups
   */
  List<LineChart> charts(String title, BiFunction<String, List<RunGroup>, LineChart> chart) {
    return panels().entrySet().stream()
        .map(
            panel -> {
              String data = panel.getKey();
              String named = data.isEmpty() ? title : title + ", " + data;
              return chart.apply(named, panel.getValue());
            })
        .filter(drawn -> !drawn.isEmpty())
        .toList();
  }

  /** A number for colour and dashes: groups of the same label have the same in every panel. */
  int number(RunGroup group) {
    Set<String> labels = new LinkedHashSet<>();
    groups.forEach(one -> labels.add(one.labelInPanel()));
    return List.copyOf(labels).indexOf(group.labelInPanel());
  }

  private static List<String> differing(List<Map<String, String>> options) {
    Set<String> names = new LinkedHashSet<>();
    options.forEach(own -> names.addAll(own.keySet()));
    List<String> differing = new ArrayList<>();
    for (String name : names) {
      Set<String> values = new TreeSet<>();
      options.stream()
          .filter(own -> own.containsKey(name))
          .forEach(own -> values.add(own.get(name)));
      // a key that some runs lack and on which the others agree came with a newer version
      if (values.size() > 1) {
        differing.add(name);
      }
    }
    differing.sort(Comparator.comparingInt(ComparedRuns::rank));
    return differing;
  }

  private static int rank(String key) {
    int last = LAST.indexOf(key);
    return FIRST.contains(key) ? FIRST.indexOf(key) - FIRST.size() : last + 1;
  }

  /** Leaves out, from the last to the first, keys without which all groups still differ. */
  private static List<String> telling(List<String> differing, List<Map<String, String>> options) {
    List<String> keys = new ArrayList<>(differing);
    long groups = count(keys, options);
    for (int i = keys.size() - 1; i >= 0; i--) {
      List<String> fewer = new ArrayList<>(keys);
      fewer.remove(i);
      if (count(fewer, options) == groups) {
        keys = fewer;
      }
    }
    return List.copyOf(keys);
  }

  private static long count(List<String> keys, List<Map<String, String>> options) {
    return options.stream().map(own -> values(keys, own)).distinct().count();
  }

  private static List<String> values(List<String> keys, Map<String, String> own) {
    return keys.stream().map(key -> own.getOrDefault(key, "")).toList();
  }

  private static Map<String, String> part(List<String> keys, Map<String, String> own) {
    Map<String, String> part = new LinkedHashMap<>();
    keys.forEach(key -> part.put(key, own.getOrDefault(key, "")));
    return Collections.unmodifiableMap(part);
  }

  private static Comparator<RunGroup> order(List<String> keys) {
    return (a, b) ->
        keys.stream()
            .mapToInt(key -> compare(key, a.key().get(key), b.key().get(key)))
            .filter(sign -> sign != 0)
            .findFirst()
            .orElse(0);
  }

  private static int compare(String key, String a, String b) {
    if (key.equals(RunGroup.MODEL)) {
      int known = Integer.compare(model(a), model(b));
      return known != 0 ? known : a.compareTo(b);
    }
    Double x = Doubles.tryParse(a);
    Double y = Doubles.tryParse(b);
    return x != null && y != null ? x.compareTo(y) : a.compareTo(b);
  }

  /** KLIF and what it is compared with first. */
  private static int model(String name) {
    int index = NeuronOptions.MODELS.indexOf(name);
    return index < 0 ? Integer.MAX_VALUE : index;
  }

  private static long seed(ReportedRun run) {
    return run.option(SEED).map(Doubles::tryParse).map(Double::longValue).orElse(0L);
  }

  private static Map<String, String> options(ReportedRun run) {
    Map<String, String> options = new LinkedHashMap<>(run.options());
    options.keySet().removeAll(OF_NO_MEANING);
    return options;
  }
}
