package org.klif.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.WholeFile;
import org.klif.neuron.InvalidOption;
import org.klif.neuron.LayerOptions;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.neuron.file.Trust;
import org.klif.nn.LayerSpec;
import org.klif.nn.NetworkSpec;

/**
 * What a configuration says of neurons: the chosen one, and those that the network's text names.
 *
 * @param neuron what sn stands for, and the values of all
 * @param network text
 * @param macros texts that its words may stand for, by name
 */
public record NeuronConfig(NeuronOptions neuron, String network, Map<String, String> macros) {
  /** Checks what can be checked without looking at any file. */
  void require() {
    InvalidSetting.require(neuron != null, "neuron", "is missing");
    String model = neuron.model();
    InvalidSetting.requireText("neuron.model", model);
    try {
      NeuronLibrary.requireKnown(model, Nearest::suggestion);
      neuron.curve();
      // the others are checked when their files are read
      if (neuron.builtIn()) {
        neuron.withSurrogate(null).neuron();
      }
    } catch (InvalidOption e) {
      throw new InvalidSetting("neuron." + e.option(), e);
    }
    for (String name : macros.keySet()) {
      InvalidSetting.read(
          "macros." + name,
          () -> {
            NetworkSpec.requireMacro(name, ownName(), macros);
            return name;
          });
    }
    InvalidSetting.read("network", this::spec).spiking().forEach(this::requireLayer);
  }

  /** What a layer says in its braces, with what all layers have. */
  private void requireLayer(LayerSpec.Spiking layer) {
    if (layer.options().equals(LayerOptions.NONE)) {
      return;
    }
    NeuronOptions own = layer.over(neuron);
    if (own.builtIn()) {
      try {
        layer.options().requireReadBy(own.name());
      } catch (InvalidOption e) {
        throw new InvalidSetting(
            "network", new UsageException("'%s' %s".formatted(layer.token(), e.getMessage())));
      }
    }
    try {
      own.curve();
      if (own.builtIn()) {
        own.withSurrogate(null).neuron();
      }
    } catch (InvalidOption e) {
      throw new InvalidSetting(
          "network", new UsageException("'%s': %s".formatted(layer.token(), e.getMessage())));
    }
  }

  /** Whether the chosen neuron, the surrogate or one of the network is a file. */
  boolean namesFiles() {
    return neuron.hasOwnSurrogate()
        || NeuronSource.isFile(neuron.model())
        || spec().neurons().stream().anyMatch(NeuronSource::isFile);
  }

  /** The network, in which the configured neuron may go by its file's name. */
  NetworkSpec spec() {
    return NetworkSpec.parse(network, ownName(), macros);
  }

  /** Whether the network has a macro in it. */
  boolean usesMacro(String name) {
    Map<String, String> others = new LinkedHashMap<>(macros);
    others.remove(name);
    try {
      return !new NeuronConfig(neuron, network, others).spec().equals(spec());
    } catch (UsageException e) {
      return true;
    }
  }

  private Set<String> ownName() {
    return NeuronSource.isFile(neuron.model()) ? Set.of(neuron.name()) : Set.of();
  }

  /** The network's neurons by what names them: names and paths. */
  private Set<String> used() {
    NetworkSpec spec = spec();
    Set<String> names = new LinkedHashSet<>(spec.neurons());
    boolean byItsName = NeuronSource.isFile(neuron.model()) && names.remove(neuron.name());
    if (byItsName || spec.usesChosenNeuron()) {
      names.add(neuron.model());
    }
    return names;
  }

  /**
   * Reads the files of the network's neurons and of its surrogate.
   *
   * @param copies a run's own copies, which go first for what comes with Klif; or null
   * @param trust says which of them may run
   */
  NeuronLibrary read(@Nullable Path copies, Trust trust) {
    Set<String> used = used();
    if (copies != null) {
      used.forEach(name -> requireCopy(name, copies));
      if (neuron.surrogate() != null) {
        requireCopy(neuron.surrogate(), copies);
      }
    }
    return NeuronLibrary.read(used, neuron.surrogate(), copies, trust);
  }

  private static void requireCopy(String name, Path copies) {
    if (!NeuronSource.isFile(name)) {
      return;
    }
    Path file = Path.of(name).toAbsolutePath().normalize();
    if (copies.toAbsolutePath().normalize().equals(file.getParent()) && !Files.exists(file)) {
      throw new KlifException(
          "%s is missing: it is the run's copy of the file that it was trained with; bring it back"
              .formatted(name));
    }
  }

  /**
   * Every value of a built-in neuron written out. Whether the reset is detached stays open when the
   * network names models of its own, whose defaults differ; all stays open beside a neuron from a
   * file, which may have other values under the same names.
   */
  NeuronOptions complete() {
    NeuronOptions all = neuron.complete();
    Set<String> named = spec().neurons();
    if (!neuron.builtIn() || !NeuronOptions.MODELS.containsAll(named)) {
      return neuron.withSurrogate(all.surrogate()).withAlpha(all.alpha());
    }
    return named.isEmpty() ? all : all.withDetachReset(neuron.detachReset());
  }

  /**
   * With the constants and first values of neurons from files written out, too, each where it is
   * the same in all of them that have it.
   *
   * @param library what the files hold
   */
  NeuronOptions withValues(NeuronLibrary library) {
    Map<String, Double> values = library.values(neuron, used());
    return values.isEmpty() ? neuron : neuron.withValues(values);
  }

  /** A path whose file's text is known stands for the text: a run's copy equals its original. */
  static String content(String file) {
    try {
      String name = NeuronSource.nameOf(file);
      String text = WholeFile.text(Path.of(file), WholeFile.LARGEST_TEXT);
      NeuronSource source = new NeuronSource(name, file, text);
      return "%s/%s%s".formatted(source.sha256(), name, NeuronSource.SUFFIX);
    } catch (KlifException e) {
      return file; // whoever opens it says so
    }
  }
}
