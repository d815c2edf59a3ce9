package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.workbench.KernelBuild;
import picocli.CommandLine.Command;

/** Compiles a neuron. */
@Command(name = "build", description = "Compile a neuron for a device, and say where it is kept.")
final class KernelBuildCommand extends KernelCommand {
  KernelBuildCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    Neuron.Custom neuron = neuron();
    KernelBuild build;
    try (Device device = open()) {
      result.put("device", device.info().name());
      build = KernelBuild.of(device, neuron);
    }
    put(result, neuron);
    result.put("cache", build.folder().toString()).put("seconds", build.seconds());
    ArrayNode made = result.putArray("compiled");
    build.made().forEach(path -> made.add(path.toString()));
    if (build.made().isEmpty()) {
      line("%s was compiled before; it is in %s", neuron.model().name(), build.folder());
    }
    build.made().forEach(path -> line("compiled in %.2f s: %s", build.seconds(), path));
    putRegisters(result, neuron);
    if (result.path("registers").isEmpty()) {
      line("registers are counted where nvcc and ptxas are, and they are not here");
    }
    return KlifCommand.DONE;
  }
}
