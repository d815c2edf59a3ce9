package org.klif.neuron;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a network's text says of one layer of neurons, as in {@code klif{threshold=0.5,tau=4}}: it
 * stands over what the configuration says of all.
 *
 * @param texts values by key, in the order of the text; a key is one of {@code neuron.}
 */
public record LayerOptions(Map<String, String> texts) {
  /** Nothing of its own. */
  public static final LayerOptions NONE = new LayerOptions(Map.of());

  private static final String VALUES = "values.";
  private static final Pattern VALUE = Pattern.compile("values\\.[A-Za-z_]\\w*");
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d+)?");
  private static final List<String> NUMBERS = List.of("tau", "threshold", "vReset", "k", "alpha");
  private static final List<String> FLAGS =
      List.of("decayInput", "softReset", "detachReset", "scaleReset", "perChannel", "relu");

  /** What all neurons have, and what only some of those written by hand have. */
  private static final Set<String> OF_ALL =
      Set.of("threshold", "vReset", "softReset", "detachReset", "surrogate", "alpha");

  private static final Set<String> OF_LEAK = Set.of("tau", "decayInput");
  private static final Set<String> OF_KLIF = Set.of("scaleReset", "k", "perChannel", "relu");

  /** Copies the map, whose order is kept. */
  public LayerOptions {
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
  }

  /**
   * Reads what stands between the braces.
   *
   * @throws InvalidOption naming the key that is unknown, given twice, or has no such value
   */
  public static LayerOptions parse(String inside) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String option : inside.split(",", -1)) {
      int equals = option.indexOf('=');
      if (equals < 1) {
        throw new InvalidOption(
            "", "has '%s' for an option; write name=value, as in tau=4".formatted(option));
      }
      String key = option.substring(0, equals);
      String value = option.substring(equals + 1);
      require(key, value);
      if (texts.put(key, value) != null) {
        throw new InvalidOption(key, "says %s twice".formatted(key));
      }
    }
    return new LayerOptions(texts);
  }

  private static void require(String key, String value) {
    if (key.equals("model")) {
      throw new InvalidOption(
          key, "has a model in its braces, which the word before them names, as in lif{tau=4}");
    }
    if (NUMBERS.contains(key) || VALUE.matcher(key).matches()) {
      requireValue(key, value, "a number", NUMBER.matcher(value).matches());
    } else if (FLAGS.contains(key)) {
      requireValue(key, value, "true or false", value.equals("true") || value.equals("false"));
    } else if (!key.equals("surrogate")) {
      throw new InvalidOption(
          key, "has no option '%s'; there are %s".formatted(key, String.join(", ", keys())));
    } else if (NeuronSource.isFile(value)) {
      throw new InvalidOption(
          key, "has the file of a surrogate, which is one for all layers; set neuron.surrogate");
    } else {
      String known =
          Arrays.stream(Surrogate.Kind.values())
              .map(Surrogate.Kind::token)
              .collect(Collectors.joining(", "));
      requireValue(key, value, "one of " + known, Surrogate.Kind.named(value).isPresent());
    }
  }

  private static void requireValue(String key, String value, String kind, boolean valid) {
    if (!valid) {
      throw new InvalidOption(key, "wants %s for %s, not '%s'".formatted(kind, key, value));
    }
  }

  private static List<String> keys() {
    List<String> keys = new ArrayList<>(NUMBERS);
    keys.addAll(FLAGS);
    keys.addAll(List.of("surrogate", VALUES + "NAME"));
    return keys;
  }

  /**
   * Whether a neuron written by hand reads a key of {@code neuron.}.
   *
   * @param name klif, lif, plif or if
   */
  public static boolean reads(String name, String key) {
    return OF_ALL.contains(key)
        || (OF_LEAK.contains(key) && !name.equals("if"))
        || (OF_KLIF.contains(key) && name.equals("klif"));
  }

  /**
   * Refuses what a neuron written by hand does not read.
   *
   * @param name klif, lif, plif or if
   */
  public void requireReadBy(String name) {
    for (String key : texts.keySet()) {
      if (!reads(name, key)) {
        throw new InvalidOption(
            key, "says %s, which %s does not have; leave it out".formatted(key, name));
      }
    }
  }

  /** Whether a key is said. */
  public boolean has(String key) {
    return texts.containsKey(key);
  }

  /**
   * A layer's options. A surrogate of its own comes with its own usual alpha: that of the
   * configuration was chosen for another curve.
   *
   * @param all what the configuration says
   */
  public NeuronOptions over(NeuronOptions all) {
    Map<String, Double> values = new LinkedHashMap<>(all.values());
    texts.forEach(
        (key, text) -> {
          if (key.startsWith(VALUES)) {
            values.put(key.substring(VALUES.length()), Double.valueOf(text));
          }
        });
    return new NeuronOptions(
        all.model(),
        number("tau", all.tau()),
        flag("decayInput", all.decayInput()),
        number("threshold", all.threshold()),
        number("vReset", all.vReset()),
        flag("softReset", all.softReset()),
        flag("detachReset", all.detachReset()),
        flag("scaleReset", all.scaleReset()),
        number("k", all.k()),
        flag("perChannel", all.perChannel()),
        flag("relu", all.relu()),
        texts.getOrDefault("surrogate", all.surrogate()),
        number("alpha", has("surrogate") ? null : all.alpha()),
        values);
  }

  private @Nullable Double number(String key, @Nullable Double other) {
    return has(key) ? Double.valueOf(texts.get(key)) : other;
  }

  private @Nullable Boolean flag(String key, @Nullable Boolean other) {
    return has(key) ? Boolean.valueOf(texts.get(key)) : other;
  }

  /** As the network's text has it: braces, or nothing. */
  public String token() {
    return texts.isEmpty()
        ? ""
        : texts.entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue())
            .collect(Collectors.joining(",", "{", "}"));
  }
}
