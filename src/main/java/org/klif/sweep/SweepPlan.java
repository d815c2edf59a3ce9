package org.klif.sweep;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.config.SettingUse;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.Trust;
import org.klif.train.RunContext;

/**
 * All runs of a sweep, in order.
 *
 * @param name of the sweep
 * @param swept the keys that are varied, without the seed
 * @param runs one a combination of values
 * @param halving how runs are given up early, if they are
 */
public record SweepPlan(
    String name, List<String> swept, List<Run> runs, Optional<Halving> halving) {
  private static final String SEED = "seed";
  private static final String VARIANT = "variant";
  private static final int MOST_RUNS = 100_000;
  private static final int LONGEST_ID = 120;
  private static final Pattern BESIDE = Pattern.compile("(?:\\./)?(\\w+)\\.cuh");

  /**
   * A run of the plan.
   *
   * @param job what to train
   * @param values text by swept key
   * @param group the same for runs that differ in their seed alone
   */
  public record Run(Job job, Map<String, String> values, String group) {}

  /**
   * What the command line adds to the file.
   *
   * @param settings key=value, for all runs
   * @param dataFolder empty for that of the file
   * @param device empty for that of the file
   * @param threads of each run, when the file leaves it open; 0 for all processors
   */
  public record Options(List<String> settings, String dataFolder, String device, int threads) {
    /** Adds nothing. */
    public static final Options NONE = new Options(List.of(), "", "", 0);

    public Options {
      settings = List.copyOf(settings);
    }
  }

  /** Copies what it is given. */
  public SweepPlan {
    swept = List.copyOf(swept);
    runs = List.copyOf(runs);
  }

  /** The jobs of all runs, each trained to its end. */
  public List<Job> jobs() {
    return runs.stream().map(Run::job).toList();
  }

  /**
   * Refuses runs whose neurons' files may not run, ahead of all of them.
   *
   * @param trust says which may
   * @return variables of the environment that hand the permission on to the runs' processes
   * @throws KlifException naming a file that nobody has allowed
   */
  public Map<String, String> permission(Trust trust) {
    Set<NeuronSource> sources = new LinkedHashSet<>();
    runs.stream()
        .map(run -> run.job().config())
        .filter(RunConfig::namesNeuronFiles)
        .forEach(config -> sources.addAll(config.readNeurons(null, trust).sources()));
    trust.require(sources);
    return trust.handOn(sources);
  }

  /**
   * Compiles the neurons' files for the devices of their runs, which find them compiled.
   *
   * @param trust says which may run
   * @throws KlifException with file and line of a mistake, or saying which compiler is missing
   */
  public void compileNeurons(Trust trust) {
    Set<List<Object>> compiled = new HashSet<>();
    for (Run run : runs) {
      RunConfig config = run.job().config();
      if (config.namesNeuronFiles()
          && compiled.add(
              List.of(config.neuron(), config.network(), config.device(), config.precision()))) {
        RunContext.compileNeurons(config, trust);
      }
    }
  }

  /**
   * Makes every combination of the file's values.
   *
   * @throws KlifException naming the line whose value no run can have, or two runs that are the
   *     same
   */
  public static SweepPlan of(SweepFile file, Options options) {
    Set<String> keys = new LinkedHashSet<>();
    long number = 1;
    for (Axis axis : file.axes()) {
      axis.points().forEach(point -> keys.addAll(point.shown().keySet()));
      number = Math.multiplyExact(number, axis.points().size());
      if (number > MOST_RUNS) {
        throw new KlifException(file.place() + " asks for more than " + MOST_RUNS + " runs");
      }
    }
    requireNotSwept(file, options);
    List<Run> runs = new ArrayList<>();
    Map<RunConfig, String> seen = new LinkedHashMap<>();
    for (List<Axis.Point> points : combinations(file.axes())) {
      Run run = run(file, options, keys, points);
      String same = seen.put(run.job().config().complete(), run.job().id());
      if (same != null) {
        throw new KlifException(
            "%s: the runs %s and %s are the same".formatted(file.place(), same, run.job().id()));
      }
      runs.add(run);
    }
    keys.remove(SEED);
    return new SweepPlan(file.name(), List.copyOf(keys), runs, file.halving());
  }

  /**
   * A sentence for each setting that is varied and that some runs do not read, and for each common
   * one that no run reads.
   */
  public static List<String> notes(SweepFile file, Options options) {
    Set<String> varied = new HashSet<>();
    file.axes()
        .forEach(
            axis -> axis.points().forEach(p -> p.settings().forEach(s -> varied.add(s.key()))));
    Map<String, Integer> runs = new LinkedHashMap<>();
    Map<String, Set<String>> sentences = new LinkedHashMap<>();
    Map<String, Integer> unread = new LinkedHashMap<>();
    for (List<Axis.Point> points : combinations(file.axes())) {
      ConfigTree tree = tree(file, options, points, new LinkedHashMap<>());
      RunConfig config = tree.build();
      tree.chosen()
          .forEach(
              (key, place) -> {
                runs.merge(key, 1, Integer::sum);
                SettingUse.unread(key, config)
                    .ifPresent(
                        reason -> {
                          unread.merge(key, 1, Integer::sum);
                          sentences
                              .computeIfAbsent(key, k -> new LinkedHashSet<>())
                              .add(SettingUse.note(key, place, reason));
                        });
              });
    }
    List<String> notes = new ArrayList<>();
    sentences.forEach(
        (key, some) -> {
          if (varied.contains(key) || unread.get(key).equals(runs.get(key))) {
            String first = some.iterator().next();
            notes.add("%s (%d of %d runs)".formatted(first, unread.get(key), runs.get(key)));
          }
        });
    return notes;
  }

  private static void requireNotSwept(SweepFile file, Options options) {
    for (String assignment : options.settings()) {
      String key = assignment.substring(0, Math.max(0, assignment.indexOf('='))).strip();
      for (Axis axis : file.axes()) {
        for (Axis.Point point : axis.points()) {
          for (Setting setting : point.settings()) {
            if (setting.key().equals(key)) {
              throw new UsageException(
                  "--set %s: %s is varied in %s".formatted(assignment, key, setting.place()));
            }
          }
        }
      }
    }
  }

  /** All combinations; the last axis changes fastest. */
  private static List<List<Axis.Point>> combinations(List<Axis> axes) {
    List<List<Axis.Point>> all = List.of(List.of());
    for (Axis axis : axes) {
      List<List<Axis.Point>> longer = new ArrayList<>();
      for (List<Axis.Point> some : all) {
        for (Axis.Point point : axis.points()) {
          List<Axis.Point> more = new ArrayList<>(some);
          more.add(point);
          longer.add(more);
        }
      }
      all = longer;
    }
    return all;
  }

  private static Run run(
      SweepFile file, Options options, Set<String> keys, List<Axis.Point> points) {
    Map<String, String> values = new LinkedHashMap<>();
    RunConfig config = tree(file, options, points, values).build();
    if (config.threads() == 0) {
      config = config.withThreads(options.threads());
    }
    Map<String, String> group = new LinkedHashMap<>(values);
    group.remove(SEED);
    return new Run(new Job(id(values, keys), config), values, id(group, keys));
  }

  /** A run's settings; what is varied goes into {@code values}. */
  private static ConfigTree tree(
      SweepFile file, Options options, List<Axis.Point> points, Map<String, String> values) {
    ConfigTree tree = file.base().tree(file.place());
    options.settings().forEach(tree::set);
    for (Axis.Point point : points) {
      values.putAll(point.shown());
      point.settings().forEach(s -> tree.setFromFile(s.key(), s.value(), s.place()));
    }
    set(tree, "dataFolder", "--data", options.dataFolder());
    set(tree, "device", "--devices", options.device());
    return tree;
  }

  private static void set(ConfigTree tree, String key, String option, String value) {
    if (!value.isEmpty()) {
      tree.set(key, value, option + " " + value);
    }
  }

  /** A name made of what is varied; where a value cannot be in a name, a hash tells it apart. */
  private static String id(Map<String, String> values, Set<String> keys) {
    if (values.isEmpty()) {
      return "run";
    }
    String exact =
        values.entrySet().stream()
            .map(value -> label(value.getKey(), keys) + plain(value.getValue()))
            .collect(Collectors.joining("_"));
    String clean = exact.replaceAll("[^A-Za-z0-9._-]+", "-").replaceAll("^[^A-Za-z0-9]+", "");
    if (clean.equals(exact) && clean.length() <= LONGEST_ID) {
      return clean;
    }
    String hash = Hashing.sha256().hashString(exact, StandardCharsets.UTF_8).toString();
    String start = clean.substring(0, Math.min(clean.length(), LONGEST_ID));
    return (start.isEmpty() ? "run" : start) + "-" + hash.substring(0, 8);
  }

  /** ./mine.cuh, a neuron's file beside the sweep's, is mine. */
  private static String plain(String value) {
    return BESIDE.matcher(value).replaceFirst("$1");
  }

  /** The last part of a key where that is clear, as in learningRate-0.002; s1 for a seed. */
  private static String label(String key, Set<String> keys) {
    if (key.equals(VARIANT)) {
      return "";
    }
    if (key.equals(SEED)) {
      return "s";
    }
    String last = key.substring(key.lastIndexOf('.') + 1);
    long alike = keys.stream().filter(k -> k.equals(last) || k.endsWith("." + last)).count();
    return (alike > 1 ? key : last) + "-";
  }
}
