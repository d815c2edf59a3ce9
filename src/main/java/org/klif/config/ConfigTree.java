package org.klif.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Throwables;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.YamlNode;
import org.klif.neuron.NeuronSource;
import org.klif.nn.NetworkSpec;

/**
 * Settings on their way to a {@link RunConfig}: defaults, over them a preset or a file, over them
 * single settings. Remembers where each value came from, so that an error can name the place.
 */
public final class ConfigTree {
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d+)?");

  /** What may be, or hold, the path of a neuron's or surrogate's file. */
  private static final List<String> FILE_KEYS =
      List.of("neuron.model", "neuron.surrogate", "network");

  /** How a config.yaml begins that was written by Klif and has every key. */
  private static final String HEADER = "# Everything this run is made of.";

  private static final Pattern VALUE = Pattern.compile("neuron\\.values\\.[A-Za-z_]\\w*");
  private static final Pattern MACRO = Pattern.compile("macros\\.[A-Za-z_]\\w*");
  private static final Pattern WHOLE_NUMBER = Pattern.compile("[-+]?\\d{1,19}");
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  /**
   * Where a value was given: on the command line, or in a file.
   *
   * @param chosen by somebody for this run; not by a preset or a file that has every key
   */
  private record Origin(String place, boolean inFile, boolean chosen) {
    KlifException error(String message) {
      String text = place + ": " + message;
      return inFile ? new KlifException(text) : new UsageException(text);
    }
  }

  private final ObjectNode root;
  private final Map<String, Origin> origins = new LinkedHashMap<>();

  private ConfigTree(ObjectNode root) {
    this.root = root;
  }

  /** Starts from a configuration. */
  public ConfigTree(RunConfig base) {
    this(MAPPER.<ObjectNode>valueToTree(base));
  }

  /** Starts from the defaults. */
  public static ConfigTree defaults() {
    return new ConfigTree(RunConfig.DEFAULTS);
  }

  /** Starts from a preset. An unknown one is a {@link UsageException} with a suggestion. */
  public static ConfigTree preset(String name) {
    ConfigTree tree = defaults();
    tree.file("preset " + name, Presets.yaml(name), false);
    return tree;
  }

  /**
   * Sets what a YAML text says.
   *
   * @param place what messages call it
   * @throws KlifException naming the line that is malformed, unknown or of the wrong type
   */
  public ConfigTree file(String place, String yaml) {
    return file(place, yaml, !yaml.startsWith(HEADER));
  }

  private ConfigTree file(String place, String yaml, boolean chosen) {
    put(YamlNode.read(place, yaml), "", chosen);
    return this;
  }

  private void put(YamlNode.Fields fields, String prefix, boolean chosen) {
    for (Map.Entry<String, YamlNode> field : fields.values().entrySet()) {
      String key = prefix + field.getKey();
      Origin origin = new Origin(fields.places().get(field.getKey()), true, chosen);
      JsonNode known = known(key, origin);
      if (field.getValue() instanceof YamlNode.Fields group) {
        if (!known.isObject()) {
          throw origin.error(key + " is one value, not a group of keys");
        }
        put(group, key + ".", chosen);
      } else if (known.isObject()) {
        throw origin.error(key + " is a group of keys, not a value");
      } else if (field.getValue() instanceof YamlNode.Scalar scalar) {
        put(key, scalar.text(), origin);
      } else {
        throw origin.error(key + " is one value, not a list");
      }
    }
  }

  /**
   * Sets one value.
   *
   * @param key dotted, as in neuron.tau
   * @param text of a number, true, false, null, or any other text
   * @param place what messages call it, as in --T 0
   */
  public ConfigTree set(String key, String text, String place) {
    return set(key, text, new Origin(place, false, true));
  }

  /**
   * Sets one value that a file gives; what is wrong with it is then no {@link UsageException}.
   *
   * @param place what messages call it, as in sweep.yaml, line 3
   */
  public ConfigTree setFromFile(String key, String text, String place) {
    return set(key, text, new Origin(place, true, true));
  }

  private ConfigTree set(String key, String text, Origin origin) {
    if (known(key, origin).isObject()) {
      throw origin.error(
          key
              + " is a group; its keys are "
              + (key.equals("neuron.values")
                  ? "those that the neuron's file declares"
                  : key.equals("macros")
                      ? "names of your own, as in macros.block"
                      : keys(root)
                          .filter(k -> k.startsWith(key + "."))
                          .collect(Collectors.joining(", "))));
    }
    put(key, text, origin);
    return this;
  }

  /** Sets one value from key=value, as --set takes it. */
  public ConfigTree set(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals < 1) {
      throw new UsageException(
          "a setting is key=value, as in neuron.tau=2.5, not '" + assignment + "'");
    }
    String key = assignment.substring(0, equals).strip();
    return set(key, assignment.substring(equals + 1).strip(), "--set " + assignment);
  }

  private JsonNode known(String key, Origin origin) {
    JsonNode node = root.at(pointer(key));
    if (node.isMissingNode() && MACRO.matcher(key).matches()) {
      return JsonNodeFactory.instance.textNode("");
    }
    if (node.isMissingNode() && VALUE.matcher(key).matches()) {
      // which names there are is known when the neurons' files are read
      return JsonNodeFactory.instance.nullNode();
    }
    if (key.isEmpty() || node.isMissingNode()) {
      throw origin.error(
          "there is no setting '%s'%s"
              .formatted(key, Nearest.suggestion(key, keys(root).toList())));
    }
    return node;
  }

  private void put(String key, String text, Origin origin) {
    int dot = key.lastIndexOf('.');
    ObjectNode parent = (ObjectNode) root.at(pointer(dot < 0 ? "" : key.substring(0, dot)));
    String name = key.substring(dot + 1);
    JsonNode value = node(text, known(key, origin));
    // an option of a neuron's file is a constant of 0 or 1
    boolean flag = value.isBoolean() && VALUE.matcher(key).matches();
    parent.set(
        name, flag ? JsonNodeFactory.instance.numberNode(value.booleanValue() ? 1 : 0) : value);
    origins.put(key, origin);
  }

  private static JsonNode node(String text, JsonNode old) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (old.isTextual()) {
      return nodes.textNode(text);
    }
    return switch (text) {
      case "null" -> nodes.nullNode();
      case "true", "false" -> nodes.booleanNode(Boolean.parseBoolean(text));
      default -> {
        OptionalLong whole = wholeNumber(text);
        yield whole.isPresent()
            ? nodes.numberNode(whole.getAsLong())
            : NUMBER.matcher(text).matches()
                ? nodes.numberNode(Double.parseDouble(text))
                : nodes.textNode(text);
      }
    };
  }

  /** A whole number from -2^63 to below 2^63, as seeds are; empty for any other text. */
  public static OptionalLong wholeNumber(String text) {
    try {
      return WHOLE_NUMBER.matcher(text).matches()
          ? OptionalLong.of(Long.parseLong(text))
          : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty(); // 19 digits, and too large
    }
  }

  /**
   * Where each setting was given that somebody chose for this run, by key: on the command line, in
   * a file of a few settings or in a sweep, not in a preset or in a run's own config.yaml.
   */
  public Map<String, String> chosen() {
    Map<String, String> chosen = new LinkedHashMap<>();
    origins.forEach(
        (key, origin) -> {
          if (origin.chosen()) {
            chosen.put(key, origin.place());
          }
        });
    return chosen;
  }

  /** The paths of neurons' and surrogates' files that the command line gives. */
  public Set<String> namedFiles() {
    Set<String> files = new LinkedHashSet<>();
    for (String key : FILE_KEYS) {
      Origin origin = origins.get(key);
      if (origin != null && !origin.inFile()) {
        withFiles(key, root.at(pointer(key)).asText(), path -> add(files, path));
      }
    }
    return files;
  }

  private static String add(Set<String> files, String path) {
    files.add(path);
    return path;
  }

  /**
   * Takes back what was set of other keys: these have their defaults again.
   *
   * @param kept says of a key and its value whether it stays
   */
  public ConfigTree retain(BiPredicate<String, String> kept) {
    ObjectNode defaults = MAPPER.valueToTree(RunConfig.DEFAULTS);
    for (String key : List.copyOf(origins.keySet())) {
      if (!kept.test(key, root.at(pointer(key)).asText())) {
        int dot = key.lastIndexOf('.');
        ObjectNode parent = (ObjectNode) root.at(pointer(dot < 0 ? "" : key.substring(0, dot)));
        JsonNode usual = defaults.at(pointer(key));
        if (usual.isMissingNode()) {
          parent.remove(key.substring(dot + 1));
        } else {
          parent.set(key.substring(dot + 1), usual);
        }
        origins.remove(key);
      }
    }
    return this;
  }

  /** Paths that a file gives count from its folder. */
  public ConfigTree relativeTo(Path folder) {
    for (String key : FILE_KEYS) {
      Origin origin = origins.get(key);
      if (origin != null && origin.inFile()) {
        changeFiles(key, path -> resolved(path, folder));
      }
    }
    return this;
  }

  private void changeFiles(String key, UnaryOperator<String> change) {
    JsonNode node = root.at(pointer(key));
    if (!node.isTextual()) {
      return;
    }
    String changed = withFiles(key, node.textValue(), change);
    int dot = key.lastIndexOf('.');
    ObjectNode parent = (ObjectNode) root.at(pointer(dot < 0 ? "" : key.substring(0, dot)));
    parent.put(key.substring(dot + 1), changed);
  }

  private static String withFiles(String key, String value, UnaryOperator<String> change) {
    return key.equals("network")
        ? NetworkSpec.withFiles(value, change)
        : NeuronSource.isFile(value) ? change.apply(value) : value;
  }

  /**
   * A value of a key as it is elsewhere: paths of neurons' files that a file gives count from its
   * folder.
   */
  public static String resolved(String key, String value, Path folder) {
    return FILE_KEYS.contains(key) ? withFiles(key, value, path -> resolved(path, folder)) : value;
  }

  private static String resolved(String path, Path folder) {
    return folder.resolve(path).normalize().toString();
  }

  private static String pointer(String key) {
    return key.isEmpty() ? "" : "/" + key.replace("~", "~0").replace("/", "~1").replace('.', '/');
  }

  /** All keys, dotted, in order; those of neurons from files and of macros where they are given. */
  public List<String> keys() {
    return keys(root).toList();
  }

  private static java.util.stream.Stream<String> keys(ObjectNode node) {
    return node.properties().stream()
        .flatMap(
            field ->
                field.getValue() instanceof ObjectNode group
                    ? keys(group).map(key -> field.getKey() + "." + key)
                    : java.util.stream.Stream.of(field.getKey()));
  }

  /**
   * Checks everything and makes the record.
   *
   * @throws KlifException naming the line of a file; a {@link UsageException} when the value came
   *     from the command line
   */
  public RunConfig build() {
    try {
      return MAPPER.treeToValue(root, RunConfig.class);
    } catch (JsonMappingException e) {
      throw explained(e);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that cannot be read", e);
    }
  }

  private KlifException explained(JsonMappingException e) {
    if (e.getCause() instanceof InvalidSetting invalid) {
      return origin(invalid.key()).error(invalid.getMessage());
    }
    boolean overflow = e.getCause() instanceof InputCoercionException;
    if (!overflow && !(e instanceof MismatchedInputException)) {
      // of the record's own checks, not of the text of a number
      if (e.getCause() != null) {
        Throwables.throwIfUnchecked(e.getCause());
      }
      throw new IllegalStateException("a tree that cannot be read", e);
    }
    String key =
        e.getPath().stream()
            .map(JsonMappingException.Reference::getFieldName)
            .collect(Collectors.joining("."));
    String expected =
        e instanceof MismatchedInputException mismatch
            ? typeText(mismatch.getTargetType())
            : "a whole number of at most 2147483647";
    return origin(key)
        .error("%s must be %s, not %s".formatted(key, expected, root.at(pointer(key))));
  }

  private Origin origin(String key) {
    Origin exact = origins.get(key);
    if (exact != null) {
      return exact;
    }
    boolean allInFiles = !origins.isEmpty() && origins.values().stream().allMatch(Origin::inFile);
    return new Origin("configuration", allInFiles, false);
  }

  private static String typeText(Class<?> type) {
    if (type == int.class) {
      return "a whole number";
    }
    if (type == long.class) {
      return "a whole number from -2^63 to below 2^63";
    }
    if (type == double.class || type == Double.class) {
      return "a number";
    }
    return type == Boolean.class || type == boolean.class ? "true or false" : "a text";
  }

  /** The complete content of config.yaml. */
  public static String yaml(RunConfig config) {
    StringBuilder text =
        new StringBuilder(HEADER + " To repeat it: klif train --config THIS_FILE\n");
    append(text, "", written(config));
    return text.toString();
  }

  /** Without what a neuron leaves open, which has no meaning for many, and without no macros. */
  private static ObjectNode written(RunConfig config) {
    ObjectNode root = MAPPER.valueToTree(config);
    ObjectNode neuron = (ObjectNode) root.get("neuron");
    neuron.properties().removeIf(field -> field.getValue().isNull() || emptyGroup(field));
    root.properties().removeIf(ConfigTree::emptyGroup);
    return root;
  }

  private static boolean emptyGroup(Map.Entry<String, JsonNode> field) {
    return field.getValue().isObject() && field.getValue().isEmpty();
  }

  /** The values in config.yaml as text, by key. */
  public static Map<String, String> values(RunConfig config) {
    ObjectNode root = written(config);
    Map<String, String> values = new LinkedHashMap<>();
    keys(root).forEach(key -> values.put(key, scalar(root.at(pointer(key)))));
    return values;
  }

  private static void append(StringBuilder text, String indent, ObjectNode node) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      text.append(indent).append(field.getKey()).append(':');
      if (field.getValue() instanceof ObjectNode group) {
        text.append('\n');
        append(text, indent + "  ", group);
      } else {
        text.append(' ').append(scalar(field.getValue())).append('\n');
      }
    }
  }

  /**
   * YAML 1.1 reads an exponent only with a sign and a point, so numbers are written without one.
   */
  private static String scalar(JsonNode value) {
    return value.isDouble()
        ? new BigDecimal(Double.toString(value.doubleValue())).toPlainString()
        : value.toString();
  }
}
