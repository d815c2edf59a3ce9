package org.klif.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.klif.KlifException;
import org.klif.data.Catalogue;
import org.klif.device.Loss;
import org.klif.device.OptimizerStep;
import org.klif.neuron.LayerOptions;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.neuron.file.Trust;
import org.klif.nn.LayerSpec;
import org.klif.nn.NetworkSpec;

/**
 * Which settings a run reads: a rule for each key of the configuration. A setting that is not read
 * is no error, as a run's config.yaml has every key and sweeps vary the neuron, but whoever has
 * chosen it is told.
 */
public final class SettingUse {
  private static final String NEURON = "neuron.";
  private static final String VALUES = NEURON + "values.";
  private static final String MACROS = "macros.";
  private static final String CPU = "cpu";

  /** Says why a run does not read a key; empty when it does. */
  private interface Rule extends Function<Run, Optional<String>> {}

  /**
   * What the rules look at.
   *
   * @param neurons of the network, by name; a file's with what it declares
   */
  private record Run(
      RunConfig config, NetworkSpec spec, boolean images, Map<String, Set<String>> neurons) {

    boolean anyLayer(Predicate<LayerSpec> wanted) {
      return spec.flattened().anyMatch(wanted);
    }

    boolean tet() {
      return config.objective().kind() == Loss.Kind.TET;
    }

    boolean hasWeights() {
      return anyLayer(l -> l instanceof LayerSpec.Conv2d || l instanceof LayerSpec.Linear);
    }

    String neuronNames() {
      return neurons.isEmpty() ? "no neurons" : String.join(", ", neurons.keySet());
    }
  }

  private static final Map<String, Rule> RULES = new HashMap<>();

  static {
    for (String key :
        List.of(
            "preset",
            "data",
            "network",
            "T",
            "epochs",
            "batch",
            "seed",
            "threads",
            "device",
            "precision",
            "shards",
            "loss",
            "labelSmoothing",
            "augmentation",
            "mixup",
            "cutmix",
            "split",
            "schedule",
            "optimizer.rule",
            "optimizer.learningRate",
            "optimizer.momentum",
            "optimizer.nesterov",
            "optimizer.ema",
            "optimizer.clipNorm")) {
      RULES.put(key, run -> Optional.empty());
    }
    RULES.put(
        "dataFolder",
        run ->
            unless(
                !Catalogue.load().entry(run.config().data()).embedded(),
                run.config().data() + " comes with Klif"));
    for (String key : List.of("frames", "events.filter", "events.augmentation")) {
      RULES.put(key, run -> unless(!run.images(), run.config().data() + " has images, no events"));
    }
    RULES.put(
        "encoder",
        run ->
            unless(
                run.images(), run.config().data() + " has recordings, which are frames already"));
    RULES.put(
        "tetLambda", run -> unless(run.tet(), "loss is " + run.config().loss() + " and not tet"));
    RULES.put(
        "firingRate.strength",
        run -> unless(!run.neurons().isEmpty(), "the network has no neurons"));
    RULES.put(
        "firingRate.target",
        run ->
            run.neurons().isEmpty()
                ? Optional.of("the network has no neurons")
                : unless(run.config().firingRate().strength() > 0, "firingRate.strength is 0"));
    RULES.put(
        "dropout",
        run ->
            unless(
                run.anyLayer(l -> l instanceof LayerSpec.Dropout dropout && dropout.p() == null),
                "the network has no dp without a number of its own"));
    RULES.put("initialisation", run -> unless(run.hasWeights(), "the network has no weights"));
    RULES.put(
        "optimizer.weightDecay",
        run ->
            unless(
                run.config().optimizer().decayAll() || run.hasWeights(),
                "the network has no weights"));
    RULES.put(
        "optimizer.decayAll",
        run -> unless(run.config().optimizer().weightDecay() > 0, "optimizer.weightDecay is 0"));
    for (String key : List.of("fast", "graph", "gpuMemory", "keepCharged")) {
      RULES.put(key, run -> unless(!run.config().device().equals(CPU), "it is for GPUs"));
    }
    RULES.put("syncBatchNorm", SettingUse::syncBatchNorm);
    for (String key : List.of("optimizer.beta2", "optimizer.eps")) {
      RULES.put(
          key,
          run ->
              unless(
                  run.config().optimizer().options().rule() != OptimizerStep.Rule.SGD,
                  "it is Adam's, and optimizer.rule is sgd"));
    }
    RULES.put("optimizer.neuronRateFactor", SettingUse::neuronRate);
    RULES.put(
        NEURON + "model",
        run ->
            unless(
                run.spec().usesChosenNeuron() || named(run),
                "the network names its neurons (%s) and has no sn".formatted(run.neuronNames())));
    for (String key : List.of("surrogate", "alpha")) {
      RULES.put(
          NEURON + key,
          run ->
              run.neurons().isEmpty()
                  ? Optional.of("the network has no neurons")
                  : notInBraces(run, key));
    }
    for (String key :
        List.of(
            "softReset",
            "detachReset",
            "tau",
            "decayInput",
            "scaleReset",
            "k",
            "perChannel",
            "relu")) {
      RULES.put(NEURON + key, run -> neuron(run, key));
    }
    RULES.put(
        NEURON + "threshold",
        run ->
            run.tet() || run.spec().behindThresholdNorms().stream().anyMatch(Optional::isEmpty)
                ? Optional.empty()
                : neuron(run, "threshold"));
    RULES.put(
        NEURON + "vReset",
        run ->
            Boolean.TRUE.equals(run.config().neuron().softReset())
                    && run.neurons().values().stream().allMatch(Set::isEmpty)
                ? Optional.of("a soft reset (neuron.softReset) subtracts the threshold")
                : neuron(run, "vReset"));
  }

  private static Optional<String> unless(boolean read, String reason) {
    return read ? Optional.empty() : Optional.of(reason);
  }

  private static Optional<String> syncBatchNorm(Run run) {
    if (run.config().shards() == 1) {
      return Optional.of("there is one shard (shards)");
    }
    return unless(
        run.anyLayer(l -> l instanceof LayerSpec.BatchNorm2d), "the network has no batch norm");
  }

  private static Optional<String> neuronRate(Run run) {
    boolean learns =
        run.neurons().entrySet().stream()
            .anyMatch(
                one -> Set.of("klif", "plif").contains(one.getKey()) || !one.getValue().isEmpty());
    return unless(learns, "the neurons (%s) learn nothing".formatted(run.neuronNames()));
  }

  private static boolean named(Run run) {
    String model = run.config().neuron().model();
    return NeuronSource.isFile(model) && run.spec().neurons().contains(NeuronSource.nameOf(model));
  }

  /** A word of the neurons written by hand, or of a file that declares it. */
  private static Optional<String> neuron(Run run, String key) {
    boolean read =
        run.neurons().entrySet().stream()
            .anyMatch(
                one ->
                    one.getValue().isEmpty()
                        ? LayerOptions.reads(one.getKey(), key)
                        : one.getValue().contains(key));
    return read
        ? notInBraces(run, key)
        : Optional.of(
            run.neurons().isEmpty()
                ? "the network has no neurons"
                : "no neuron of the network (%s) has it".formatted(run.neuronNames()));
  }

  /** A layer's own surrogate comes with its own alpha. */
  private static Optional<String> notInBraces(Run run, String key) {
    boolean everywhere =
        run.spec()
            .spiking()
            .map(LayerSpec.Spiking::options)
            .allMatch(own -> own.has(key) || (key.equals("alpha") && own.has("surrogate")));
    return unless(!everywhere, "each layer of neurons has its own in braces");
  }

  /** All keys that there is a rule for. */
  static Set<String> keys() {
    return Set.copyOf(RULES.keySet());
  }

  /**
   * Why a run does not read a key; empty when it does.
   *
   * @param config of the run; with device auto, what is for GPUs counts as read
   */
  public static Optional<String> unread(String key, RunConfig config) {
    return unread(key, run(config));
  }

  private static Run run(RunConfig config) {
    NetworkSpec spec = config.networkSpec();
    boolean images = Catalogue.load().entry(config.data()).shape().isStatic();
    return new Run(config, spec, images, neurons(config, spec));
  }

  private static Optional<String> unread(String key, Run run) {
    if (key.startsWith(VALUES)) {
      return Optional.empty(); // a value that no neuron declares is refused
    }
    if (key.startsWith(MACROS)) {
      boolean used = run.config().neurons().usesMacro(key.substring(MACROS.length()));
      return unless(used, "the network has no such word");
    }
    Rule rule = RULES.get(key);
    if (rule == null) {
      throw new IllegalArgumentException("there is no rule for " + key);
    }
    return rule.apply(run);
  }

  /**
   * One sentence for each chosen setting that a run does not read.
   *
   * @param chosen where each was given, by key, see {@link ConfigTree#chosen}
   */
  public static List<String> notes(Map<String, String> chosen, RunConfig config) {
    List<String> notes = new ArrayList<>();
    Run run = run(config);
    chosen.forEach(
        (key, place) -> unread(key, run).ifPresent(reason -> notes.add(note(key, place, reason))));
    return notes;
  }

  /** The sentence of a setting that is not read. */
  public static String note(String key, String place, String reason) {
    return "note: %s: %s has no effect: %s".formatted(place, key, reason);
  }

  private static Map<String, Set<String>> neurons(RunConfig config, NetworkSpec spec) {
    Map<String, Set<String>> neurons = new TreeMap<>();
    Set<String> names = new LinkedHashSet<>(spec.neurons());
    if (spec.usesChosenNeuron()) {
      names.add(config.neuron().name());
    }
    for (String name : names) {
      neurons.put(NeuronSource.nameOf(name), Set.of());
    }
    try {
      NeuronLibrary library = config.readNeurons(null, Trust.SHIPPED);
      neurons.replaceAll((name, none) -> declared(library, config, name));
    } catch (KlifException e) {
      // whoever opens the file says so
    }
    return neurons;
  }

  private static Set<String> declared(NeuronLibrary library, RunConfig config, String name) {
    if (config.neuron().withModel(name).builtIn() || !library.knows(name)) {
      return Set.of();
    }
    Set<String> names = new LinkedHashSet<>(Set.of(""));
    if (library.neuron(config.neuron().withModel(name)) instanceof Neuron.Custom custom) {
      custom.model().constants().forEach(c -> names.add(c.name()));
      custom.model().learned().forEach(l -> names.add(l.name()));
    }
    return names;
  }

  private SettingUse() {}
}
