package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.config.Nearest;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.compile.KernelRegisters;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSettings;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.Surrogate;
import org.klif.neuron.file.NeuronFile;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.neuron.file.Trust;
import org.klif.workbench.NeuronCost;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the commands of klif kernel about one neuron share: build, check, bench and trace. */
abstract class KernelCommand extends JsonCommand {
  @Parameters(
      index = "0",
      paramLabel = "FILE",
      description = "A neuron's file, or the name of one that comes with Klif.")
  String file;

  @Option(
      names = "--surrogate",
      paramLabel = "NAME",
      defaultValue = "atan",
      description = "A surrogate's name or file; atan (default).")
  String surrogate;

  @Option(
      names = "--alpha",
      paramLabel = "X",
      description = "Steepness of the surrogate; its default unless given, 2 for a file.")
  Double alpha;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description = "Another value for a constant, or for what a learned parameter starts from.")
  Map<String, Double> settings = new LinkedHashMap<>();

  @Mixin DeviceChoice choice = new DeviceChoice();

  KernelCommand(Console console) {
    super(console);
  }

  /** Files come from the command line alone, which is a permission. */
  private Trust trust() {
    return new TrustOption().naming(List.of(file, surrogate), console);
  }

  /** The file as a surrogate. */
  final NeuronSource surrogateFile() {
    Trust trust = trust();
    NeuronSource source = NeuronFile.readSurrogate(Path.of(file), trust);
    trust.require(List.of(source));
    return source;
  }

  /** The curve of that name, or for a file, with the steepness of the command line. */
  final Surrogate curve(String nameOrFile) {
    return NeuronOptions.of(file).withSurrogate(nameOrFile).withAlpha(alpha).curve();
  }

  /** The neuron with its surrogate and settings. */
  final Neuron.Custom neuron() {
    Trust trust = trust();
    NeuronModel model = model(file, trust);
    NeuronSource own =
        NeuronSource.isFile(surrogate) ? NeuronFile.readSurrogate(Path.of(surrogate), trust) : null;
    trust.require(own == null ? List.of(model.source()) : List.of(model.source(), own));
    Neuron.Custom plain = Neuron.Custom.of(model, curve(surrogate));
    return NeuronSettings.apply(
        new Neuron.Custom(plain.common(), model, plain.values(), own), settings);
  }

  /** Opens the device with its own number of threads. */
  final Device open() {
    return choice.open(console, choice.options());
  }

  /** Opens it again, with so many threads; 0 for what the command line says. */
  final Device open(int threads) {
    DeviceOptions options = choice.options();
    return Devices.open(
        choice.device, threads == 0 ? options : choice.accelerator.options(threads));
  }

  /** Puts the neuron's name and file. */
  static void put(ObjectNode result, Neuron.Custom neuron) {
    result.put("neuron", neuron.model().name());
    result.put("file", neuron.model().source().origin());
    result.put("sha256", neuron.model().source().sha256());
  }

  /** Puts and prints what each kernel needs, where that can be found out. */
  final void putRegisters(ObjectNode result, Neuron.Custom neuron) {
    ArrayNode registers = result.putArray("registers");
    for (KernelRegisters.Usage usage : NeuronCost.registers(neuron)) {
      registers
          .addObject()
          .put("kernel", usage.entry())
          .put("architecture", usage.architecture())
          .put("registers", usage.registers())
          .put("spillBytes", usage.spillBytes());
      line(
          "%-32s %d registers on %s, %d bytes spilled",
          usage.entry(), usage.registers(), usage.architecture(), usage.spillBytes());
    }
  }

  /** A neuron's file, or one that comes with Klif. */
  private static NeuronModel model(String fileOrName, Trust trust) {
    if (NeuronSource.isFile(fileOrName)) {
      return NeuronFile.read(Path.of(fileOrName), trust);
    }
    NeuronLibrary.requireKnown(fileOrName, Nearest::suggestion);
    return NeuronFile.shipped(fileOrName);
  }
}
