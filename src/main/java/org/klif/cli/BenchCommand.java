package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.klif.UsageException;
import org.klif.bench.Spread;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures speed beside the machine's limits: bench neuron, kernels and train. */
@Command(
    name = "bench",
    description = "Measure speed and memory beside what the machine can do.",
    synopsisSubcommandLabel = "(neuron | kernels | train)")
final class BenchCommand implements Runnable {
  @Mixin CommonOptions common = new CommonOptions();

  private BenchCommand() {}

  /** The command with its own commands. */
  static CommandLine commandLine(Console console) {
    return new CommandLine(new BenchCommand())
        .addSubcommand("neuron", new BenchNeuronCommand(console))
        .addSubcommand("kernels", new BenchKernelsCommand(console))
        .addSubcommand("train", new BenchTrainCommand(console));
  }

  @Override
  public void run() {
    throw new UsageException("klif bench what? There are neuron, kernels and train");
  }

  /** What the commands share. */
  abstract static class Measurement extends JsonCommand {
    /** The device whose times mean nothing. */
    static final String STAND_IN = "sim";

    @Option(names = "--neuron", paramLabel = "NAME", description = "klif, lif, plif or if.")
    String neuron;

    @Option(
        names = "--device",
        paramLabel = "NAME",
        description = "auto, cpu, cuda or cuda:N; klif devices lists what is here.")
    String device;

    @Option(names = "--threads", paramLabel = "N", description = "Threads; 0 means all processors.")
    Integer threads;

    @Mixin AcceleratorOptions accelerator = new AcceleratorOptions();

    Measurement(Console console) {
      super(console);
    }

    /** The device in result, and how many threads a CPU takes. */
    static void putDevice(ObjectNode result, Device device, int threads) {
      DeviceInfo info = device.info();
      result.put("device", info.name());
      result.put("deviceDescription", info.description());
      result.put("threads", threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
    }

    void line(String format, Object... values) {
      console.out().printf(Locale.ROOT, format + "%n", values);
    }

    /** Heading of the lines below. */
    void heading(String lastColumn) {
      line("%-10s %12s %12s %12s  %s", "", "median", "lowest", "highest", lastColumn);
    }

    /** A line for one part. */
    void line(String part, Spread spread, String last) {
      line(
          "%-10s %9.3f ms %9.3f ms %9.3f ms  %s",
          part, spread.median(), spread.lowest(), spread.highest(), last);
    }
  }
}
