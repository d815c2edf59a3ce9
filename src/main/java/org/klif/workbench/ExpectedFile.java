package org.klif.workbench;

import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.YamlNode;

/**
 * NAME.check.yaml: what one neuron should do under some currents ({@link Starter} shows its keys).
 *
 * @param cases in the file's order
 */
public record ExpectedFile(List<Case> cases) {
  private static final double WITHIN = 1e-5;
  private static final List<String> KEYS =
      List.of("input", "steps", "set", "spikes", "states", "within");

  /**
   * One current and what it should lead to.
   *
   * @param place in the file
   * @param set values of constants and learned parameters
   * @param spikes steps at which it fires, counted from 1, or null where it is not said
   * @param states values after each step, by name; NaN where it does not matter
   * @param within how far a state may be off
   */
  public record Case(
      String place,
      Current current,
      Map<String, Double> set,
      @Nullable List<Integer> spikes,
      Map<String, ImmutableDoubleArray> states,
      double within) {
    /** Copies. */
    public Case {
      set = Map.copyOf(set);
      spikes = spikes == null ? null : List.copyOf(spikes);
      states = Map.copyOf(states);
    }
  }

  /** Copies. */
  public ExpectedFile {
    cases = List.copyOf(cases);
  }

  /** The file that belongs to a neuron's: alif.check.yaml beside alif.cuh. */
  public static Path beside(Path neuron) {
    String name = String.valueOf(neuron.getFileName());
    return neuron.resolveSibling(name.replaceAll("\\.cuh$", "") + ".check.yaml");
  }

  /** What is expected of a neuron that comes with Klif; empty where nothing is written down. */
  public static Optional<ExpectedFile> shipped(String name) {
    String file = name + ".check.yaml";
    try (InputStream in = ExpectedFile.class.getResourceAsStream("/neurons/" + file)) {
      return in == null
          ? Optional.empty()
          : Optional.of(parse(file, new String(in.readAllBytes(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new IllegalStateException("reading a resource", e);
    }
  }

  /**
   * Reads a file.
   *
   * @throws KlifException naming the line that is malformed
   */
  public static ExpectedFile read(Path file) {
    return parse(file.toString(), YamlNode.text(file));
  }

  static ExpectedFile parse(String name, String text) {
    YamlNode.Fields fields = YamlNode.read(name, text);
    requireKeys(fields, List.of("cases"));
    List<Case> cases = new ArrayList<>();
    for (YamlNode node : items(required(fields, "cases"))) {
      if (!(node instanceof YamlNode.Fields one)) {
        throw node.error("a case has keys: " + String.join(", ", KEYS));
      }
      cases.add(parseCase(one));
    }
    return new ExpectedFile(cases);
  }

  private static Case parseCase(YamlNode.Fields one) {
    requireKeys(one, KEYS);
    Map<String, Double> set = new LinkedHashMap<>();
    YamlNode setNode = one.values().get("set");
    if (setNode != null) {
      fields(setNode).values().forEach((name, value) -> set.put(name, number(value)));
    }
    YamlNode spikesNode = one.values().get("spikes");
    List<Integer> spikes = null;
    if (spikesNode != null) {
      spikes = new ArrayList<>();
      for (YamlNode step : items(spikesNode)) {
        spikes.add(whole(step));
      }
    }
    Current current = current(one);
    Map<String, ImmutableDoubleArray> states = new LinkedHashMap<>();
    YamlNode statesNode = one.values().get("states");
    if (statesNode != null) {
      fields(statesNode)
          .values()
          .forEach((name, values) -> states.put(name, values(values, current.steps())));
    }
    YamlNode within = one.values().get("within");
    return new Case(
        one.place(), current, set, spikes, states, within == null ? WITHIN : number(within));
  }

  private static Current current(YamlNode.Fields one) {
    YamlNode input = required(one, "input");
    YamlNode steps = one.values().get("steps");
    OptionalInt count = steps == null ? OptionalInt.empty() : OptionalInt.of(whole(steps));
    if (input instanceof YamlNode.Items list) {
      if (steps != null) {
        throw steps.error("a list of currents has its own number of steps");
      }
      ImmutableDoubleArray.Builder values = ImmutableDoubleArray.builder();
      list.items().forEach(item -> values.add(number(item)));
      if (list.items().isEmpty()) {
        throw input.error("a list of currents has at least one");
      }
      return Current.of(values.build());
    }
    try {
      return Current.parse(scalar(input), count);
    } catch (UsageException e) {
      throw input.error(String.valueOf(e.getMessage()));
    }
  }

  private static ImmutableDoubleArray values(YamlNode node, int steps) {
    ImmutableDoubleArray.Builder values = ImmutableDoubleArray.builder();
    List<YamlNode> items = items(node);
    for (YamlNode item : items) {
      values.add(scalar(item).equals("null") ? Double.NaN : number(item));
    }
    if (items.size() != steps) {
      throw node.error(
          "there are %d values for %d steps; null stands where one does not matter"
              .formatted(items.size(), steps));
    }
    return values.build();
  }

  private static void requireKeys(YamlNode.Fields fields, List<String> known) {
    for (String key : fields.values().keySet()) {
      if (!known.contains(key)) {
        throw new KlifException(
            "%s: unknown key '%s'; known are %s"
                .formatted(fields.places().get(key), key, String.join(", ", known)));
      }
    }
  }

  private static YamlNode required(YamlNode.Fields fields, String key) {
    YamlNode node = fields.values().get(key);
    if (node == null) {
      throw fields.error("'%s' is missing".formatted(key));
    }
    return node;
  }

  private static YamlNode.Fields fields(YamlNode node) {
    if (node instanceof YamlNode.Fields fields) {
      return fields;
    }
    throw node.error("names with values are expected here, as in {tau: 4.0}");
  }

  private static List<YamlNode> items(YamlNode node) {
    if (node instanceof YamlNode.Items items) {
      return items.items();
    }
    throw node.error("a list is expected here, as in [2, 4]");
  }

  private static String scalar(YamlNode node) {
    if (node instanceof YamlNode.Scalar scalar) {
      return scalar.text();
    }
    throw node.error("one value is expected here");
  }

  private static double number(YamlNode node) {
    String text = scalar(node);
    try {
      double value = Double.parseDouble(text);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw node.error("'%s' is no number".formatted(text));
  }

  private static int whole(YamlNode node) {
    String text = scalar(node);
    if (!text.matches("\\d{1,6}")) {
      throw node.error("'%s' is no number of a step".formatted(text));
    }
    return Integer.parseInt(text);
  }
}
