package org.klif.sweep;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.klif.KlifException;
import org.klif.config.ConfigTree;
import org.klif.config.Nearest;
import org.klif.io.YamlNode;

/** Makes a {@link SweepFile} of a YAML text; knows its keys and what may stand under them. */
final class SweepReader {
  private static final List<String> KEYS =
      List.of("name", "base", "variants", "grid", "random", "seeds", "halving");
  private static final List<String> BASE_KEYS = List.of("preset", "config", "settings");
  private static final List<String> RANDOM_KEYS = List.of("count", "seed", "ranges");
  private static final List<String> HALVING_KEYS = List.of("metric", "factor", "first");
  private static final String SEED = "seed";
  private static final String VARIANT = "variant";
  private static final int MOST_DRAWS = 100_000;

  private final String file;
  private final Path folder;
  private final Map<String, String> sweptAt = new HashMap<>();

  SweepReader(String file, Path folder) {
    this.file = file;
    this.folder = folder;
  }

  SweepFile read(YamlNode.Fields root) {
    requireKnown(root, "the sweep", KEYS);
    String name = scalar(required(root, "name"), "name").text();
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw root.values()
          .get("name")
          .error("name may hold letters, digits, '.', '_' and '-', not \"%s\"".formatted(name));
    }
    SweepFile.Base base = base(required(root, "base"));
    List<Axis> axes = new ArrayList<>();
    variants(root).ifPresent(axes::add);
    axes.addAll(grid(root));
    random(root).ifPresent(axes::add);
    seeds(root).ifPresent(axes::add);
    return new SweepFile(file, name, base, axes, halving(root));
  }

  private SweepFile.Base base(YamlNode node) {
    if (node instanceof YamlNode.Scalar preset) {
      return new SweepFile.Base(preset.text(), null, List.of());
    }
    YamlNode.Fields base = fields(node, "base");
    requireKnown(base, "base", BASE_KEYS);
    YamlNode preset = base.values().get("preset");
    YamlNode config = base.values().get("config");
    if ((preset == null) == (config == null)) {
      throw base.error("base needs either preset or config");
    }
    YamlNode settings = base.values().get("settings");
    return new SweepFile.Base(
        preset == null ? null : scalar(preset, "preset").text(),
        config == null ? null : folder.resolve(scalar(config, "config").text()),
        settings == null ? List.of() : settings(fields(settings, "settings"), ""));
  }

  /** Settings of nested or dotted keys. */
  private List<Setting> settings(YamlNode.Fields fields, String prefix) {
    List<Setting> settings = new ArrayList<>();
    for (Map.Entry<String, YamlNode> field : fields.values().entrySet()) {
      String key = prefix + field.getKey();
      if (field.getValue() instanceof YamlNode.Fields group) {
        settings.addAll(settings(group, key + "."));
      } else {
        String place = fields.places().get(field.getKey());
        settings.add(setting(key, scalar(field.getValue(), key).text(), place));
      }
    }
    return settings;
  }

  private Setting setting(String key, String value, String place) {
    return new Setting(key, ConfigTree.resolved(key, value, folder), place);
  }

  private Optional<Axis> variants(YamlNode.Fields root) {
    YamlNode node = root.values().get("variants");
    if (node == null) {
      return Optional.empty();
    }
    YamlNode.Fields variants = notEmpty(fields(node, "variants"), "variants");
    List<Axis.Point> points = new ArrayList<>();
    for (Map.Entry<String, YamlNode> variant : variants.values().entrySet()) {
      List<Setting> settings = settings(fields(variant.getValue(), variant.getKey()), "");
      settings.forEach(setting -> sweptAt.putIfAbsent(setting.key(), setting.place()));
      points.add(new Axis.Point(Map.of(VARIANT, variant.getKey()), settings));
    }
    return Optional.of(new Axis(points));
  }

  private List<Axis> grid(YamlNode.Fields root) {
    YamlNode node = root.values().get("grid");
    return node == null ? List.of() : gridAxes(notEmpty(fields(node, "grid"), "grid"), "");
  }

  private List<Axis> gridAxes(YamlNode.Fields fields, String prefix) {
    List<Axis> axes = new ArrayList<>();
    for (Map.Entry<String, YamlNode> field : fields.values().entrySet()) {
      String key = prefix + field.getKey();
      if (field.getValue() instanceof YamlNode.Fields group) {
        axes.addAll(gridAxes(group, key + "."));
        continue;
      }
      sweep(key, fields.places().get(field.getKey()));
      axes.add(axis(key, values(field.getValue(), key)));
    }
    return axes;
  }

  private Optional<Axis> seeds(YamlNode.Fields root) {
    YamlNode node = root.values().get("seeds");
    if (node == null) {
      return Optional.empty();
    }
    sweep(SEED, root.places().get("seeds"));
    List<YamlNode.Scalar> seeds = values(node, "seeds");
    seeds.forEach(seed -> whole(seed, "a seed", Long.MIN_VALUE));
    return Optional.of(axis(SEED, seeds));
  }

  private Axis axis(String key, List<YamlNode.Scalar> values) {
    return new Axis(
        values.stream()
            .map(
                value ->
                    new Axis.Point(
                        Map.of(key, value.text()),
                        List.of(setting(key, value.text(), value.place()))))
            .toList());
  }

  private Optional<Axis> random(YamlNode.Fields root) {
    YamlNode node = root.values().get("random");
    if (node == null) {
      return Optional.empty();
    }
    YamlNode.Fields random = fields(node, "random");
    requireKnown(random, "random", RANDOM_KEYS);
    int count = (int) whole(scalar(required(random, "count"), "count"), "count", 1);
    if (count > MOST_DRAWS) {
      throw random.values().get("count").error("count must be at most " + MOST_DRAWS);
    }
    YamlNode seedNode = random.values().get(SEED);
    long seed = seedNode == null ? 1 : whole(scalar(seedNode, SEED), SEED, Long.MIN_VALUE);
    YamlNode.Fields ranges = notEmpty(fields(required(random, "ranges"), "ranges"), "ranges");
    Map<String, List<String>> draws = new LinkedHashMap<>();
    Map<String, String> places = new HashMap<>();
    for (Map.Entry<String, YamlNode> range : ranges.values().entrySet()) {
      String key = range.getKey();
      String place = ranges.places().get(key);
      sweep(key, place);
      places.put(key, place);
      draws.put(key, Range.read(key, range.getValue()).draws(seed, key, count));
    }
    return Optional.of(new Axis(points(draws, places, count)));
  }

  /** One point a draw; a draw that is there already, as small ranges give, is left out. */
  private static List<Axis.Point> points(
      Map<String, List<String>> draws, Map<String, String> places, int count) {
    Set<Map<String, String>> seen = new HashSet<>();
    List<Axis.Point> points = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<String, String> shown = new LinkedHashMap<>();
      List<Setting> settings = new ArrayList<>();
      for (Map.Entry<String, List<String>> draw : draws.entrySet()) {
        String value = draw.getValue().get(i);
        shown.put(draw.getKey(), value);
        settings.add(new Setting(draw.getKey(), value, places.get(draw.getKey())));
      }
      if (seen.add(shown)) {
        points.add(new Axis.Point(shown, settings));
      }
    }
    return points;
  }

  private static Optional<Halving> halving(YamlNode.Fields root) {
    YamlNode node = root.values().get("halving");
    if (node == null) {
      return Optional.empty();
    }
    YamlNode.Fields halving = fields(node, "halving");
    requireKnown(halving, "halving", HALVING_KEYS);
    YamlNode metric = halving.values().get("metric");
    YamlNode factor = halving.values().get("factor");
    YamlNode first = halving.values().get("first");
    return Optional.of(
        new Halving(
            metric == null
                ? Halving.Metric.TEST_ACCURACY
                : Halving.Metric.of(scalar(metric, "metric")),
            factor == null ? 3 : (int) whole(scalar(factor, "factor"), "factor", 2),
            first == null ? 1 : (int) whole(scalar(first, "first"), "first", 1)));
  }

  /** Notes that a key is varied, once. */
  private void sweep(String key, String place) {
    String before = sweptAt.put(key, place);
    if (before != null) {
      throw new KlifException("%s: %s is varied already in %s".formatted(place, key, before));
    }
  }

  private static YamlNode required(YamlNode.Fields fields, String key) {
    YamlNode node = fields.values().get(key);
    if (node == null) {
      throw fields.error(key + " is missing");
    }
    return node;
  }

  private static void requireKnown(YamlNode.Fields fields, String what, List<String> keys) {
    for (Map.Entry<String, String> field : fields.places().entrySet()) {
      if (!keys.contains(field.getKey())) {
        throw new KlifException(
            "%s: %s has no key '%s'%s; its keys are %s"
                .formatted(
                    field.getValue(),
                    what,
                    field.getKey(),
                    Nearest.suggestion(field.getKey(), keys),
                    String.join(", ", keys)));
      }
    }
  }

  private static YamlNode.Fields notEmpty(YamlNode.Fields fields, String what) {
    if (fields.values().isEmpty()) {
      throw fields.error(what + " is empty");
    }
    return fields;
  }

  static YamlNode.Fields fields(YamlNode node, String what) {
    if (node instanceof YamlNode.Fields fields) {
      return fields;
    }
    throw node.error(what + " must hold keys, as in \"key: value\"");
  }

  static YamlNode.Scalar scalar(YamlNode node, String what) {
    if (node instanceof YamlNode.Scalar scalar) {
      return scalar;
    }
    throw node.error(what + " must be one value");
  }

  /** A list of different values. */
  static List<YamlNode.Scalar> values(YamlNode node, String what) {
    if (!(node instanceof YamlNode.Items list)) {
      throw node.error(what + " must be a list, as in [1, 2, 3]");
    }
    if (list.items().isEmpty()) {
      throw node.error(what + " is an empty list");
    }
    Set<String> seen = new HashSet<>();
    List<YamlNode.Scalar> values = new ArrayList<>();
    for (YamlNode item : list.items()) {
      YamlNode.Scalar value = scalar(item, "each value of " + what);
      if (!seen.add(value.text())) {
        throw value.error("%s holds %s twice".formatted(what, value.text()));
      }
      values.add(value);
    }
    return values;
  }

  static long whole(YamlNode.Scalar value, String what, long least) {
    long number =
        ConfigTree.wholeNumber(value.text())
            .orElseThrow(
                () ->
                    value.error(
                        "%s must be a whole number from -2^63 to below 2^63, not %s"
                            .formatted(what, value.text())));
    if (number < least) {
      throw value.error("%s must be at least %d, not %d".formatted(what, least, number));
    }
    if (least >= 1 && number > Integer.MAX_VALUE) {
      throw value.error("%s must be at most %d, not %d".formatted(what, Integer.MAX_VALUE, number));
    }
    return number;
  }
}
