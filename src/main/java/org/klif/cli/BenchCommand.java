package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalLong;
import org.klif.UsageException;
import org.klif.bench.MachineLimits;
import org.klif.bench.NeuronBenchmark;
import org.klif.bench.TrainingBenchmark;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.Neuron;
import org.klif.train.ConfigTree;
import org.klif.train.PeakMemory;
import org.klif.train.RunConfig;
import org.klif.train.RunContext;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Benchmarks: bench neuron and bench train. */
@Command(
    name = "bench",
    description = "Measure a neuron sequence or a training step beside the machine's own limits.",
    synopsisSubcommandLabel = "(neuron | train)")
final class BenchCommand implements Runnable {
  @Mixin CommonOptions common = new CommonOptions();

  private BenchCommand() {}

  /** The command with its own commands. */
  static CommandLine commandLine(Console console) {
    return new CommandLine(new BenchCommand())
        .addSubcommand("neuron", new NeuronSequence(console))
        .addSubcommand("train", new TrainingStep(console));
  }

  @Override
  public void run() {
    throw new UsageException("klif bench does what? There are neuron and train");
  }

  private static int threads(DeviceOptions options) {
    return options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
  }

  private static void describe(Console console, Device device, ObjectNode result) {
    console.out().println(device.info().name() + ": " + device.info().description());
    for (String detail : device.info().details()) {
      console.out().println("  " + detail);
    }
    result.put("device", device.info().name());
    result.put("deviceDescription", device.info().description());
  }

  /** A neuron sequence, forward and backward. */
  @Command(
      name = "neuron",
      description = "Measure a neuron sequence, forward and backward, beside the memory bandwidth.")
  static final class NeuronSequence extends JsonCommand {
    @Option(
        names = "--neuron",
        paramLabel = "NAME",
        defaultValue = "klif",
        description = "klif (default), lif, plif or if.")
    String neuron;

    @Option(names = "--T", paramLabel = "N", required = true, description = "Time steps.")
    int steps;

    @Option(
        names = "--neurons",
        paramLabel = "N",
        required = true,
        description = "Neurons in one time step.")
    int neurons;

    @Mixin DeviceChoice choice = new DeviceChoice();

    NeuronSequence(Console console) {
      super(console);
    }

    @Override
    int run(ObjectNode result) {
      Neuron model = NeuronNames.options(neuron).neuron();
      DeviceOptions options = choice.options();
      NeuronBenchmark.requireSize(steps, neurons);
      try (Device device = Devices.open(choice.device, options)) {
        describe(console, device, result);
        NeuronBenchmark.Result measured =
            NeuronBenchmark.run(device, model, steps, neurons, threads(options));
        console.out().print(measured.text());
        result.put("neuron", neuron).put("T", steps).put("neurons", neurons);
        result.put("nsPerNeuronStep", measured.nsPerNeuronStep());
        result.put("forwardNsPerNeuronStep", measured.perNeuronStep(measured.forward()));
        result.put("backwardNsPerNeuronStep", measured.perNeuronStep(measured.backward()));
        result.put("gigabytesPerSecond", measured.bytesPerSecond() / 1e9);
        result.put("triadGigabytesPerSecond", measured.triadBytesPerSecond() / 1e9);
        result.put("shareOfTriad", measured.bytesPerSecond() / measured.triadBytesPerSecond());
        result.put("spread", measured.both().spread());
      }
      return KlifCommand.DONE;
    }
  }

  /** A whole training step of a preset, on random images. */
  @Command(
      name = "train",
      description = "Measure a training step of a preset on random images; needs no data set.")
  static final class TrainingStep extends JsonCommand {
    @Option(
        names = "--preset",
        paramLabel = "PRESET",
        required = true,
        description = "What to train: ${COMPLETION-CANDIDATES}.",
        completionCandidates = TrainCommand.PresetNames.class)
    String preset;

    @Option(names = "--neuron", paramLabel = "NAME", description = "klif, lif, plif or if.")
    String neuron;

    @Option(names = "--batch", paramLabel = "N", description = "Samples in a step.")
    Integer batch;

    @Option(names = "--T", paramLabel = "N", description = "Time steps.")
    Integer steps;

    @Mixin DeviceChoice choice = new DeviceChoice();

    TrainingStep(Console console) {
      super(console);
    }

    private RunConfig configuration() {
      ConfigTree tree = ConfigTree.preset(preset);
      TrainCommand.set(tree, "neuron.model", "--neuron", neuron);
      TrainCommand.set(tree, "batch", "--batch", batch);
      TrainCommand.set(tree, "T", "--T", steps);
      TrainCommand.set(tree, "device", "--device", choice.device);
      TrainCommand.set(tree, "threads", "--threads", choice.threads);
      return tree.build();
    }

    @Override
    int run(ObjectNode result) {
      RunConfig config = configuration();
      try (RunContext context = RunContext.open(config)) {
        describe(console, context.device(), result);
        TrainingBenchmark.Result measured =
            TrainingBenchmark.run(
                context.network(), config.batch(), config.lossKind(), config.optimizer().options());
        // before the matrices of the limit need memory of their own
        OptionalLong peak = PeakMemory.bytes();
        double flopsPerSecond = MachineLimits.matrixFlopsPerSecond(context.device());
        console
            .out()
            .printf(
                "%s, neuron %s, T %d, batch %d: %s%n",
                preset, config.neuron().model(), config.steps(), config.batch(), config.network());
        console.out().print(measured.text(flopsPerSecond));
        peak.ifPresent(
            bytes -> console.out().printf("  peak resident memory %.0f MB%n", bytes / 1e6));
        result.put("preset", preset).put("neuron", config.neuron().model());
        result.put("T", config.steps()).put("batch", config.batch());
        result.put("msPerStep", measured.step().median() * 1e3);
        result.put("imagesPerSecond", measured.imagesPerSecond());
        Results.put(result, "peakResidentBytes", peak);
        result.put("spread", measured.step().spread());
        result.put("gigaflopPerStep", measured.flops() / 1e9);
        result.put("matrixGigaflopsPerSecond", flopsPerSecond / 1e9);
        ObjectNode parts = result.putObject("msPerPart");
        measured.parts().forEach((name, seconds) -> parts.put(name, seconds * 1e3));
        ObjectNode rates = result.putObject("inputRates");
        measured.rates().forEach(rates::put);
      }
      return KlifCommand.DONE;
    }
  }
}
