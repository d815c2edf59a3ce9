package org.klif.report;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.klif.KlifException;
import org.klif.io.YamlNode;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSource;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.run.RunTrace;

/**
 * What the report knows of a run.
 *
 * @param name the folder's name
 * @param options what config.yaml says, by dotted keys in the file's order; empty when it is absent
 * @param metrics metrics.csv, where it is there
 * @param trace trace.json, where it is there
 */
record ReportedRun(
    String name,
    Map<String, String> options,
    Optional<RunMetrics> metrics,
    Optional<RunTrace> trace) {
  /** Reads what is there; a corrupt file and a folder with none of the three are refused. */
  static ReportedRun read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new KlifException("No run folder " + folder);
    }
    RunFolder files = new RunFolder(folder);
    Path config = files.config();
    Path metrics = files.metrics();
    Path trace = files.trace();
    if (Files.notExists(config) && Files.notExists(metrics) && Files.notExists(trace)) {
      throw new KlifException(
          folder + " is not a run folder: it has no config.yaml, metrics.csv or trace.json");
    }
    return new ReportedRun(
        folder.toAbsolutePath().normalize().getFileName().toString(),
        Files.exists(config) ? readConfig(config) : Map.of(),
        Files.exists(metrics) ? Optional.of(RunMetrics.read(metrics)) : Optional.empty(),
        Files.exists(trace) ? Optional.of(RunTrace.read(trace)) : Optional.empty());
  }

  /** What the configuration says of a setting, by its dotted key. */
  Optional<String> option(String key) {
    return Optional.ofNullable(options.get(key)).filter(text -> !text.equals("null"));
  }

  /** The neuron's name, also where the configuration has the path of its file. */
  Optional<String> neuron() {
    return option(RunGroup.MODEL).map(NeuronSource::nameOf);
  }

  /** Whether the neuron is KLIF, PLIF, LIF or IF and not one from a file. */
  boolean hasBuiltInNeuron() {
    return neuron().map(NeuronOptions.MODELS::contains).orElse(true);
  }

  /** Whether a layer is of such neurons, by its name. */
  static boolean isBuiltIn(String layer) {
    return NeuronOptions.MODELS.contains(layer.substring(layer.lastIndexOf('.') + 1));
  }

  private static Map<String, String> readConfig(Path file) {
    Map<String, String> options = new LinkedHashMap<>();
    collect(YamlNode.read(file.toString(), YamlNode.text(file)), "", options);
    return Collections.unmodifiableMap(options);
  }

  private static void collect(YamlNode.Fields fields, String prefix, Map<String, String> options) {
    fields
        .values()
        .forEach(
            (name, value) -> {
              if (value instanceof YamlNode.Fields group) {
                collect(group, prefix + name + ".", options);
              } else if (value instanceof YamlNode.Scalar scalar) {
                options.put(prefix + name, scalar.text());
              } else {
                options.put(prefix + name, value.json().toString());
              }
            });
  }
}
