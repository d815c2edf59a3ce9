package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.klif.device.Device;
import org.klif.device.compile.KernelRegisters;
import org.klif.neuron.Neuron;
import org.klif.workbench.KernelBuild;
import org.klif.workbench.NeuronCost;
import picocli.CommandLine.Command;

/** Compiles a neuron. */
@Command(name = "build", description = "Compile a neuron for a device, and say where it is kept.")
final class KernelBuildCommand extends KernelCommand.OnNeuron {
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
    return KlifCommand.DONE;
  }

  private void putRegisters(ObjectNode result, Neuron.Custom neuron) {
    ArrayNode registers = result.putArray("registers");
    for (KernelRegisters.Usage usage : NeuronCost.registers(neuron)) {
      registers
          .addObject()
          .put("kernel", usage.entry())
          .put("architecture", usage.architecture())
          .put("registers", usage.registers())
          .put("spillBytes", usage.spillBytes());
      line(
          "%-32s %s: %d registers, %d bytes spilled",
          usage.entry(), usage.architecture(), usage.registers(), usage.spillBytes());
    }
    if (registers.isEmpty()) {
      line("registers are counted where nvcc and ptxas are, and they are not here");
    }
  }
}
