package org.klif.neuron;

import com.google.common.base.Ascii;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration may say of a neuron; null means the model's default (docs/MATH.md,
 * "Defaults").
 *
 * @param model klif, lif, plif or if, another neuron that comes with Klif, or the path of a file of
 *     the user's own ({@link NeuronSource#isFile})
 * @param tau membrane time constant (PLIF: its initial value)
 * @param vReset reset potential, used when softReset is not true
 * @param relu false: a KLIF without its ReLU, F = k H; of no meaning for the other models
 * @param surrogate a curve of {@link Surrogate.Kind}, or the path of a file of the user's own
 * @param values of neurons from files: constants, and first values of learned parameters, by name
 */
public record NeuronOptions(
    String model,
    @Nullable Double tau,
    @Nullable Boolean decayInput,
    @Nullable Double threshold,
    @Nullable Double vReset,
    @Nullable Boolean softReset,
    @Nullable Boolean detachReset,
    @Nullable Boolean scaleReset,
    @Nullable Double k,
    @Nullable Boolean perChannel,
    @Nullable Boolean relu,
    @Nullable String surrogate,
    @Nullable Double alpha,
    Map<String, Double> values) {

  /** The model names. */
  public static final List<String> MODELS = List.of("klif", "lif", "plif", "if");

  /** Copies the values, which may be left out; one that is null is the file's. */
  public NeuronOptions {
    Map<String, Double> known =
        values == null ? new LinkedHashMap<>() : new LinkedHashMap<>(values);
    known.values().removeIf(Objects::isNull);
    values = Collections.unmodifiableMap(known);
  }

  /** All defaults of a model. */
  public static NeuronOptions of(String model) {
    return new NeuronOptions(
        model, null, null, null, null, null, null, null, null, null, null, null, null, Map.of());
  }

  /** The same options for another model. */
  public NeuronOptions withModel(String newModel) {
    return with(newModel, detachReset, surrogate, alpha, values);
  }

  /** The same options with another surrogate. */
  public NeuronOptions withSurrogate(@Nullable String newSurrogate) {
    return with(model, detachReset, newSurrogate, alpha, values);
  }

  /** The same options with another steepness of the surrogate. */
  public NeuronOptions withAlpha(@Nullable Double newAlpha) {
    return with(model, detachReset, surrogate, newAlpha, values);
  }

  /** The same options with other values for neurons from files. */
  public NeuronOptions withValues(Map<String, Double> newValues) {
    return with(model, detachReset, surrogate, alpha, newValues);
  }

  /** The same options with another answer to whether the reset is detached. */
  public NeuronOptions withDetachReset(@Nullable Boolean newDetachReset) {
    return with(model, newDetachReset, surrogate, alpha, values);
  }

  private NeuronOptions with(
      String newModel,
      @Nullable Boolean newDetachReset,
      @Nullable String newSurrogate,
      @Nullable Double newAlpha,
      Map<String, Double> newValues) {
    return new NeuronOptions(
        newModel,
        tau,
        decayInput,
        threshold,
        vReset,
        softReset,
        newDetachReset,
        scaleReset,
        k,
        perChannel,
        relu,
        newSurrogate,
        newAlpha,
        newValues);
  }

  /** The neuron's name: the model, or that of its file. */
  public String name() {
    return NeuronSource.isFile(model) ? NeuronSource.nameOf(model) : Ascii.toLowerCase(model);
  }

  /** Whether the neuron is one of those written by hand. */
  public boolean builtIn() {
    return MODELS.contains(name());
  }

  /**
   * What is said with the words of the neurons written by hand, by their names, true being 1; what
   * is left to the model is not there.
   */
  public Map<String, Double> builtInValues() {
    Map<String, Double> said = new LinkedHashMap<>();
    put(said, "tau", tau);
    put(said, "decayInput", decayInput);
    put(said, "threshold", threshold);
    put(said, "vReset", vReset);
    put(said, "softReset", softReset);
    put(said, "detachReset", detachReset);
    put(said, "scaleReset", scaleReset);
    put(said, "k", k);
    put(said, "relu", relu);
    return said;
  }

  private static void put(Map<String, Double> said, String name, @Nullable Object value) {
    if (value != null) {
      said.put(
          name, value instanceof Double d ? d : Double.valueOf(Boolean.TRUE.equals(value) ? 1 : 0));
    }
  }

  /**
   * The neuron these options describe, one of those written by hand; NeuronLibrary knows the
   * others. An unknown model or a value out of range is an {@link InvalidOption}.
   */
  public Neuron neuron() {
    String name = Ascii.toLowerCase(model);
    if (!MODELS.contains(name)) {
      throw new InvalidOption(
          "model",
          "neuron %s is none of those written by hand: %s"
              .formatted(model, String.join(", ", MODELS)));
    }
    NeuronOptions all = complete();
    Neuron.Common common =
        new Neuron.Common(
            all.threshold,
            all.softReset ? new Reset.Soft() : new Reset.Hard(all.vReset),
            all.detachReset,
            new Surrogate(Surrogate.Kind.parse(all.surrogate), all.alpha));
    return switch (name) {
      case "klif" ->
          new Neuron.Klif(
              common, all.tau, all.decayInput, all.scaleReset, all.k, all.perChannel, all.relu);
      case "lif" -> new Neuron.Lif(common, all.tau, all.decayInput);
      case "plif" -> {
        if (!(all.tau > 1) || Double.isInfinite(all.tau)) {
          throw new InvalidOption(
              "tau", "tau of a PLIF neuron must be a number above 1, not " + all.tau);
        }
        // sigmoid(w) = 1/tau
        yield new Neuron.Plif(common, -Math.log(all.tau - 1), all.decayInput);
      }
      default -> new Neuron.If(common);
    };
  }

  /** With the default of everything that is left open. */
  public NeuronOptions complete() {
    Surrogate curve = curve();
    return new NeuronOptions(
        model,
        or(tau, 2.0),
        or(decayInput, true),
        or(threshold, 1.0),
        or(vReset, 0.0),
        or(softReset, false),
        // a public source says that KLIF with a detached reset does not converge (here it does,
        // docs/ABLATIONS.md); the others are usually trained detached
        or(detachReset, !name().equals("klif")),
        or(scaleReset, false),
        or(k, 1.0),
        or(perChannel, false),
        or(relu, true),
        hasOwnSurrogate() ? surrogate : curve.kind().token(),
        curve.alpha(),
        values);
  }

  /** Whether the surrogate is from a file. */
  public boolean hasOwnSurrogate() {
    return surrogate != null && NeuronSource.isFile(surrogate);
  }

  /**
   * The surrogate's curve; of one from a file only the steepness counts.
   *
   * @throws InvalidOption when there is none of that name, or alpha is out of range
   */
  public Surrogate curve() {
    Surrogate.Kind kind =
        surrogate == null || hasOwnSurrogate()
            ? Surrogate.Kind.ATAN
            : Surrogate.Kind.parse(surrogate);
    return new Surrogate(kind, or(alpha, kind.defaultAlpha()));
  }

  private static <T> T or(@Nullable T value, T fallback) {
    return value == null ? fallback : value;
  }
}
