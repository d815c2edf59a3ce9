package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronFile;
import org.klif.neuron.file.Trust;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** All neurons that can be named here. */
@Command(
    name = "list",
    description = "List the neurons: built in, coming as files with Klif, and files in a folder.")
final class KernelListCommand extends JsonCommand {
  @Option(
      names = "--folder",
      paramLabel = "DIR",
      defaultValue = "",
      description = "Where to look for files; the current folder unless given.")
  Path folder;

  KernelListCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    ArrayNode neurons = result.putArray("neurons");
    for (String name : NeuronOptions.MODELS) {
      show(neurons, NeuronFile.shipped(name), name, "built in");
    }
    for (String name : NeuronFile.SHIPPED) {
      show(neurons, NeuronFile.shipped(name), name, "file of Klif's");
    }
    for (Path file : files()) {
      String word = file.getParent() == null ? "./" + file : file.toString();
      if (NeuronFile.holdsSurrogate(file)) {
        line("%-16s a surrogate: --set neuron.surrogate=%1$s", word);
        neurons.addObject().put("name", word).put("kind", "surrogate");
        continue;
      }
      try {
        show(neurons, NeuronFile.read(file, Trust.SHIPPED), word, "file");
      } catch (KlifException e) {
        line("%-16s %s", word, e.getMessage());
        neurons.addObject().put("name", word).put("kind", "file").put("problem", e.getMessage());
      }
    }
    return KlifCommand.DONE;
  }

  private List<Path> files() {
    Path where = folder.toString().isEmpty() ? Path.of(".") : folder;
    try (Stream<Path> all = Files.list(where)) {
      return all.filter(f -> f.toString().endsWith(NeuronSource.SUFFIX))
          .map(f -> folder.toString().isEmpty() ? f.getFileName() : f)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new KlifException("Cannot read " + where + ": " + AtomicFile.reason(e), e);
    }
  }

  private void show(ArrayNode neurons, NeuronModel model, String word, String kind) {
    line("%-16s %s", word, kind);
    ObjectNode entry = neurons.addObject().put("name", word).put("kind", kind);
    ArrayNode learned = entry.putArray("learned");
    ArrayNode constants = entry.putArray("constants");
    ArrayNode states = entry.putArray("states");
    List<String> parts = new ArrayList<>();
    for (NeuronModel.Learned one : model.learned()) {
      parts.add(
          "%s = %s%s%s"
              .formatted(
                  one.name(),
                  number(one.initial()),
                  range(one),
                  one.perChannel() ? " per channel" : ""));
      learned
          .addObject()
          .put("name", one.name())
          .put("initial", one.initial())
          .put("perChannel", one.perChannel());
    }
    print("learned", parts);
    parts.clear();
    for (NeuronModel.Constant one : model.constants()) {
      parts.add("%s = %s".formatted(one.name(), number(one.value())));
      constants.addObject().put("name", one.name()).put("value", one.value());
    }
    print("constants", parts);
    parts.clear();
    for (NeuronModel.State one : model.states()) {
      parts.add(one.name() + (one.initial() == 0 ? "" : " = " + number(one.initial())));
      states.addObject().put("name", one.name()).put("initial", one.initial());
    }
    print("states", parts);
  }

  private static String range(NeuronModel.Learned one) {
    return switch (one.constraint()) {
      case SIGMOID -> " (0 to 1)";
      case SOFTPLUS -> " (above 0)";
      case NONE ->
          Double.isInfinite(one.lower())
              ? Double.isInfinite(one.upper()) ? "" : " (at most " + number(one.upper()) + ")"
              : Double.isInfinite(one.upper())
                  ? " (at least " + number(one.lower()) + ")"
                  : " (%s to %s)".formatted(number(one.lower()), number(one.upper()));
    };
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  private void print(String what, List<String> parts) {
    if (!parts.isEmpty()) {
      line("    %-10s %s", what, String.join(", ", parts));
    }
  }
}
