package org.klif.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.klif.KlifException;
import org.klif.run.RunMetrics;
import org.klif.run.RunTrace;
import org.klif.run.YamlNode;

/**
 * What the report knows of a run.
 *
 * @param name the folder's name
 * @param config config.yaml; a missing node when the file is absent
 * @param metrics metrics.csv, where it is there
 * @param trace trace.json, where it is there
 */
record RunFolder(
    String name, JsonNode config, Optional<RunMetrics> metrics, Optional<RunTrace> trace) {
  private static final Set<String> BUILT_IN = Set.of("klif", "lif", "plif", "if");

  /** Reads what is there; a corrupt file and a folder with none of the three are refused. */
  static RunFolder read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new KlifException("No run folder " + folder);
    }
    Path config = folder.resolve("config.yaml");
    Path metrics = folder.resolve("metrics.csv");
    Path trace = folder.resolve("trace.json");
    if (Files.notExists(config) && Files.notExists(metrics) && Files.notExists(trace)) {
      throw new KlifException(
          folder + " is not a run folder: it has no config.yaml, metrics.csv or trace.json");
    }
    return new RunFolder(
        folder.toAbsolutePath().normalize().getFileName().toString(),
        Files.exists(config) ? readConfig(config) : MissingNode.getInstance(),
        Files.exists(metrics) ? Optional.of(RunMetrics.read(metrics)) : Optional.empty(),
        Files.exists(trace) ? Optional.of(RunTrace.read(trace)) : Optional.empty());
  }

  /** A text of the configuration, the first of these keys that is there: {@code a.b} nests. */
  Optional<String> option(String... keys) {
    for (String key : keys) {
      JsonNode node = config.at("/" + key.replace('.', '/'));
      if (node.isValueNode() && !node.isNull()) {
        return Optional.of(key.equals(RunGroup.MODEL) ? neuron(node.asText()) : node.asText());
      }
    }
    return Optional.empty();
  }

  /** A neuron's name, also where the configuration has the path of its file. */
  static String neuron(String model) {
    String file = model.substring(model.lastIndexOf('/') + 1);
    return file.endsWith(".cuh") ? file.substring(0, file.length() - ".cuh".length()) : file;
  }

  /** Whether the neuron is KLIF, PLIF, LIF or IF and not one from a file. */
  boolean hasBuiltInNeuron() {
    return option(RunGroup.MODEL).map(BUILT_IN::contains).orElse(true);
  }

  /** Whether a layer is of such neurons, by its name. */
  static boolean isBuiltIn(String layer) {
    return BUILT_IN.contains(layer.substring(layer.lastIndexOf('.') + 1));
  }

  private static JsonNode readConfig(Path file) {
    return YamlNode.read(file.toString(), YamlNode.text(file)).json();
  }
}
