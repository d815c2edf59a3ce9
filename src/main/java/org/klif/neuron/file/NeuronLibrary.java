package org.klif.neuron.file;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.neuron.InvalidOption;
import org.klif.neuron.LayerOptions;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSettings;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.Reset;

/**
 * The neurons and surrogates from files that a configuration names, read; and the way from options
 * to a {@link Neuron}, whichever kind it is.
 *
 * @param models by the neuron's name
 * @param surrogates by the surrogate's name
 */
public record NeuronLibrary(Map<String, NeuronModel> models, Map<String, NeuronSource> surrogates) {

  /** Only what comes with Klif. */
  public static final NeuronLibrary NONE = new NeuronLibrary(Map.of(), Map.of());

  private static final String KEYS = "neuron.";
  private static final String OF_FILE = "values.";
  private static final String VALUES = KEYS + OF_FILE;

  /** Copies the maps. */
  public NeuronLibrary {
    models = Map.copyOf(models);
    surrogates = Map.copyOf(surrogates);
  }

  /**
   * Reads the files that a configuration names.
   *
   * @param names of neurons: those that come with Klif, and paths; what is neither is left out
   * @param surrogate a curve's name or a path; null for the default. With a path, neurons that are
   *     written by hand are from files, too
   * @param copies a run's own copies of the files that come with Klif, which go first; null or a
   *     folder that is not there for none
   * @param trust says which of them may run
   * @throws UsageException when a file is missing, or two files give one name
   * @throws KlifException with file and line when a declaration is wrong
   */
  public static NeuronLibrary read(
      Collection<String> names, @Nullable String surrogate, @Nullable Path copies, Trust trust) {
    boolean ownSurrogate = surrogate != null && NeuronSource.isFile(surrogate);
    Map<String, NeuronModel> models = new HashMap<>();
    for (String name : new LinkedHashSet<>(names)) {
      NeuronModel model = model(name, ownSurrogate, copies, trust);
      if (model != null) {
        NeuronModel other = models.put(model.name(), model);
        if (other != null && !other.source().text().equals(model.source().text())) {
          throw new UsageException(
              "%s and %s are both called %s; give one of the files another name"
                  .formatted(other.source().origin(), model.source().origin(), model.name()));
        }
      }
    }
    Map<String, NeuronSource> surrogates = new HashMap<>();
    if (ownSurrogate) {
      NeuronSource source = NeuronFile.readSurrogate(Path.of(surrogate), trust);
      if (models.containsKey(source.name())) {
        throw new UsageException(
            "%s: a neuron is called %s, too; give the surrogate's file another name"
                .formatted(surrogate, source.name()));
      }
      surrogates.put(source.name(), source);
    }
    return new NeuronLibrary(models, surrogates);
  }

  private static @Nullable NeuronModel model(
      String name, boolean ownSurrogate, @Nullable Path copies, Trust trust) {
    if (NeuronSource.isFile(name)) {
      return NeuronFile.read(Path.of(name), trust);
    }
    boolean byHand = NeuronOptions.MODELS.contains(name);
    if (!NeuronFile.SHIPPED.contains(name) && !(byHand && ownSurrogate)) {
      return null;
    }
    Path copy = copies == null ? null : copies.resolve(name + NeuronSource.SUFFIX);
    return copy != null && Files.exists(copy)
        ? NeuronFile.readCopy(copy, trust)
        : NeuronFile.shipped(name);
  }

  /** All that was read, for a run's copies, in the order of names. */
  public List<NeuronSource> sources() {
    Map<String, NeuronSource> sources = new TreeMap<>(surrogates);
    models.forEach((name, model) -> sources.put(name, model.source()));
    return List.copyOf(sources.values());
  }

  /** Whether a word is a neuron's name. */
  public boolean knows(String name) {
    return models.containsKey(name)
        || NeuronOptions.MODELS.contains(name)
        || NeuronFile.SHIPPED.contains(name);
  }

  /**
   * The neuron that options describe. What they say of constants and first values counts where the
   * neuron has them; see {@link #requireUsed} for what no neuron has.
   *
   * @throws UsageException when there is no such neuron, or a value is out of range
   */
  public Neuron neuron(NeuronOptions options) {
    String name = options.name();
    NeuronModel model = models.get(name);
    if (NeuronOptions.MODELS.contains(name)) {
      NeuronSource own = surrogate(options);
      return own == null ? options.neuron() : likeBuiltIn(options, model, own);
    }
    if (model == null && NeuronFile.SHIPPED.contains(name)) {
      model = NeuronFile.shipped(name);
    }
    if (model == null) {
      throw unknown(options.model(), "");
    }
    return custom(options, model);
  }

  /**
   * What neurons from files have for constants and first values: where two of them have different
   * values under one name, it is left out.
   *
   * @param options what a configuration says
   * @param names of the network's neurons
   */
  public Map<String, Double> values(NeuronOptions options, Collection<String> names) {
    Map<String, Double> values = new LinkedHashMap<>();
    Set<String> different = new LinkedHashSet<>();
    for (String name : names) {
      NeuronOptions one = options.withModel(name);
      if (one.builtIn() || !(neuron(one) instanceof Neuron.Custom custom)) {
        continue;
      }
      Map<String, Double> own = new LinkedHashMap<>();
      custom.model().constants().forEach(c -> own.put(c.name(), custom.value(c)));
      custom.model().learned().forEach(l -> own.put(l.name(), l.initial()));
      own.forEach(
          (key, value) -> {
            Double other = values.put(key, value);
            if (other != null && !other.equals(value)) {
              different.add(key);
            }
          });
    }
    values.keySet().removeAll(different);
    return values;
  }

  /**
   * Refuses what is neither the name of a neuron that is always there nor a path.
   *
   * @param suggestion which of these names a word may stand for, as the message says it; or nothing
   */
  public static void requireKnown(
      String model, BiFunction<String, Collection<String>, String> suggestion) {
    if (!NeuronSource.isFile(model) && !names().contains(model)) {
      throw unknown(model, suggestion.apply(model, names()));
    }
  }

  private static InvalidOption unknown(String model, String suggestion) {
    return new InvalidOption(
        "model",
        "unknown neuron '%s'%s; known are %s, and a file of your own by its path, as in ./%s%s"
            .formatted(
                model,
                suggestion,
                String.join(", ", names()),
                NeuronSource.nameOf(model),
                NeuronSource.SUFFIX));
  }

  /** Names of neurons that are always there. */
  public static List<String> names() {
    List<String> names = new ArrayList<>(NeuronOptions.MODELS);
    names.addAll(NeuronFile.SHIPPED);
    return names;
  }

  private @Nullable NeuronSource surrogate(NeuronOptions options) {
    if (!options.hasOwnSurrogate()) {
      return null;
    }
    NeuronSource source = surrogates.get(NeuronSource.nameOf(options.surrogate()));
    if (source == null) {
      throw new UsageException(
          "the surrogate's file %s was not read".formatted(options.surrogate()));
    }
    return source;
  }

  private Neuron.Custom custom(NeuronOptions options, NeuronModel model) {
    NeuronSource own = surrogate(options);
    Neuron.Custom plain = Neuron.Custom.of(model, options.curve());
    Map<String, Double> said = options.builtInValues();
    said.putAll(options.values());
    said.keySet().retainAll(model.settings());
    return NeuronSettings.apply(new Neuron.Custom(plain.common(), model, Map.of(), own), said);
  }

  /** V_th, or what it starts at; empty for a neuron whose file has none of that name. */
  public static OptionalDouble threshold(Neuron neuron) {
    if (!(neuron instanceof Neuron.Custom custom)) {
      return OptionalDouble.of(neuron.common().threshold());
    }
    return DoubleStream.concat(
            custom.model().constants().stream()
                .filter(constant -> constant.name().equals("threshold"))
                .mapToDouble(custom::value),
            custom.model().learned().stream()
                .filter(learned -> learned.name().equals("threshold"))
                .mapToDouble(NeuronModel.Learned::initial))
        .findFirst();
  }

  /** A built-in model with a surrogate of the user's own: the file of the same neuron. */
  private static Neuron.Custom likeBuiltIn(
      NeuronOptions options, @Nullable NeuronModel copy, NeuronSource surrogate) {
    Neuron builtIn = options.withSurrogate(null).neuron();
    Neuron.Common common = builtIn.common();
    NeuronModel model = copy == null ? NeuronFile.shipped(builtIn.token()) : copy;
    Neuron.Custom custom = fromFile(builtIn, model);
    return new Neuron.Custom(
        new Neuron.Common(0, common.reset(), common.detachReset(), options.curve()),
        custom.model(),
        custom.values(),
        surrogate);
  }

  /**
   * The neuron of the file that comes with Klif, with the options of one written by hand: the same
   * arithmetic, its backward pass derived.
   *
   * @param builtIn klif, lif, plif or if; its threshold is a constant of the file
   */
  public static Neuron.Custom fromFile(Neuron builtIn) {
    return fromFile(builtIn, NeuronFile.shipped(builtIn.token()));
  }

  private static Neuron.Custom fromFile(Neuron builtIn, NeuronModel file) {
    Neuron.Common common = builtIn.common();
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("threshold", common.threshold());
    values.put("softReset", flag(common.reset() instanceof Reset.Soft));
    values.put("vReset", common.reset().restingPotential());
    values.put("detachReset", flag(common.detachReset()));
    NeuronModel model = file;
    if (builtIn instanceof Neuron.Klif klif) {
      values.put("tau", klif.tau());
      values.put("decayInput", flag(klif.decayInput()));
      values.put("scaleReset", flag(klif.scaleReset()));
      values.put("relu", flag(klif.relu()));
      model = learning(model, klif.k(), klif.perChannel());
    } else if (builtIn instanceof Neuron.Lif lif) {
      values.put("tau", lif.tau());
      values.put("decayInput", flag(lif.decayInput()));
    } else if (builtIn instanceof Neuron.Plif plif) {
      values.put("decayInput", flag(plif.decayInput()));
      model = learning(model, plif.w(), false);
    }
    return new Neuron.Custom(
        new Neuron.Common(0, common.reset(), common.detachReset(), common.surrogate()),
        atRest(model, common.reset()),
        values,
        null);
  }

  private static NeuronModel learning(NeuronModel m, double first, boolean perChannel) {
    NeuronModel.Learned one = m.learned().get(0);
    NeuronModel.Learned changed =
        new NeuronModel.Learned(
            one.name(), first, one.constraint(), one.lower(), one.upper(), perChannel, one.line());
    return new NeuronModel(m.source(), m.struct(), List.of(changed), m.constants(), m.states());
  }

  /** Built-in neurons start at their resting potential. */
  private static NeuronModel atRest(NeuronModel m, Reset reset) {
    List<NeuronModel.State> states =
        m.states().stream()
            .map(s -> new NeuronModel.State(s.name(), reset.restingPotential(), s.line()))
            .toList();
    return new NeuronModel(m.source(), m.struct(), m.learned(), m.constants(), states);
  }

  private static double flag(boolean on) {
    return on ? 1 : 0;
  }

  /**
   * Refuses values that no neuron of a network has.
   *
   * @param options what a configuration says
   * @param used the network's neurons
   */
  public static void requireUsed(NeuronOptions options, Collection<Neuron> used) {
    Map<String, Set<String>> declared = new LinkedHashMap<>();
    boolean builtIn = false;
    for (Neuron neuron : used) {
      if (neuron instanceof Neuron.Custom custom
          && !NeuronOptions.MODELS.contains(custom.token())) {
        declared.put(custom.token(), custom.model().settings());
      } else {
        builtIn = true;
      }
    }
    Set<String> said = new LinkedHashSet<>();
    options.values().keySet().forEach(name -> said.add(VALUES + name));
    if (!builtIn && !used.isEmpty()) {
      options.builtInValues().keySet().forEach(name -> said.add(KEYS + name));
      if (options.perChannel() != null) {
        said.add(KEYS + "perChannel");
      }
    }
    for (String key : said) {
      String name = key.substring(key.lastIndexOf('.') + 1);
      if (declared.values().stream().noneMatch(names -> names.contains(name))) {
        throw new UsageException("%s: %s".formatted(key, there(declared)));
      }
    }
  }

  /**
   * Refuses options of one layer that its neuron does not have.
   *
   * @throws UsageException naming the key
   */
  public static void requireRead(LayerOptions options, Neuron neuron) {
    if (NeuronOptions.MODELS.contains(neuron.token())) {
      try {
        options.requireReadBy(neuron.token());
      } catch (InvalidOption e) {
        throw new UsageException("it " + e.getMessage());
      }
    } else if (neuron instanceof Neuron.Custom custom) {
      requireDeclared(options, custom.model());
    }
  }

  private static void requireDeclared(LayerOptions options, NeuronModel model) {
    Set<String> names = model.settings();
    for (String key : options.texts().keySet()) {
      String name = key.startsWith(OF_FILE) ? key.substring(OF_FILE.length()) : key;
      boolean curve = key.equals("surrogate") || key.equals("alpha");
      if (!curve && !names.contains(name)) {
        throw new UsageException(
            "it says %s, and %s".formatted(key, each(Map.of(model.name(), names))));
      }
    }
  }

  private static String there(Map<String, Set<String>> declared) {
    return declared.isEmpty()
        ? "the network has no neuron from a file"
        : "no neuron of the network declares it; " + each(declared);
  }

  private static String each(Map<String, Set<String>> declared) {
    List<String> each = new ArrayList<>();
    declared.forEach(
        (neuron, names) ->
            each.add(
                "neuron %s has %s"
                    .formatted(
                        neuron,
                        names.isEmpty()
                            ? "no constant and no learned parameter"
                            : String.join(", ", names))));
    return String.join("; ", each);
  }
}
