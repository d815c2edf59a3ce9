package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronFile;
import org.klif.workbench.CheckRow;
import org.klif.workbench.ExpectedFile;
import org.klif.workbench.KernelBuild;
import org.klif.workbench.KernelCheck;
import org.klif.workbench.SurrogateCheck;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Checks a neuron or a surrogate. */
@Command(
    name = "check",
    description =
        "Check a neuron: every gradient by finite differences, what NAME.check.yaml expects, edges, and"
            + " that the bits are the same each time. Or a surrogate's file.")
final class KernelCheckCommand extends KernelCommand {
  @Option(names = "--quick", description = "Fewer cases: one surrogate, short sequences.")
  boolean quick;

  KernelCheckCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    ArrayNode rows = result.putArray("rows");
    List<CheckRow> wrong = new ArrayList<>();
    Consumer<CheckRow> each =
        row -> {
          if (rows.isEmpty()) {
            console.out().println(CheckRow.head());
          }
          report(row, rows);
          if (!row.ok()) {
            wrong.add(row);
          }
        };
    if (NeuronSource.isFile(file) && NeuronFile.holdsSurrogate(Path.of(file))) {
      NeuronSource source = surrogateFile();
      result.put("surrogate", source.name()).put("file", source.origin());
      SurrogateCheck.check(source, curve(file).alpha(), each);
    } else {
      neuron(result, each);
    }
    int right = rows.size() - wrong.size();
    summary("%d ok, %d wrong".formatted(right, wrong.size()));
    wrong.forEach(row -> line("%s", row.failure()));
    result.put("ok", right).put("wrong", wrong.size());
    return wrong.isEmpty() ? KlifCommand.DONE : KlifCommand.FAILED;
  }

  private void neuron(ObjectNode result, Consumer<CheckRow> each) {
    Neuron.Custom neuron = neuron();
    put(result, neuron);
    Optional<ExpectedFile> expected = expected(neuron.token());
    try (Device device = choice.open(console, choice.options())) {
      // what a compiler says of the kernel is clearer than what it says of the check's own copy
      KernelBuild.of(device, neuron);
    }
    result.put("device", choice.device);
    new KernelCheck(neuron, expected, quick).run(this::open, each);
  }

  private Optional<ExpectedFile> expected(String name) {
    if (!NeuronSource.isFile(file)) {
      return ExpectedFile.shipped(name);
    }
    Path beside = ExpectedFile.beside(Path.of(file));
    return Files.exists(beside) ? Optional.of(ExpectedFile.read(beside)) : Optional.empty();
  }

  private void report(CheckRow row, ArrayNode rows) {
    console.note(row.line());
    ObjectNode entry =
        rows.addObject()
            .put("check", row.check())
            .put("case", row.where())
            .put("worst", row.worst());
    if (Double.isFinite(row.error()) && row.tolerance() > 0) {
      entry.put("error", row.error()).put("tolerance", row.tolerance());
    }
    entry.put("ok", row.ok());
    if (!row.ok()) {
      entry.put("problem", row.failure());
    }
  }
}
