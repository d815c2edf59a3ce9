package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;
import org.klif.bench.H100;
import org.klif.bench.MachineLimits;
import org.klif.bench.Spread;
import org.klif.bench.StepBenchmark;
import org.klif.bench.StepCount;
import org.klif.bench.StepWork;
import org.klif.config.ConfigTree;
import org.klif.config.Presets;
import org.klif.config.RunConfig;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.neuron.file.Trust;
import org.klif.nn.Network;
import org.klif.optim.OptimizerOptions;
import org.klif.profile.PeakMemory;
import org.klif.profile.Profile;
import org.klif.profile.Profiler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times whole training steps of a network. */
@Command(
    name = "train",
    description = "Time training steps of a network on random samples; needs no data set.")
final class BenchTrainCommand extends BenchCommand {
  private static final double MILLIS_PER_SECOND = 1e3;
  private static final double GIGA = 1e9;
  private static final double MIBI = 1 << 20;

  /** Without a preset the rest of the recipe (loss, optimizer, dropout) is that of this one. */
  private static final String RECIPE = "mnist";

  @Option(
      names = "--preset",
      paramLabel = "PRESET",
      description = "Whose network and samples: ${COMPLETION-CANDIDATES}.",
      completionCandidates = TrainingOptions.PresetNames.class)
  String preset;

  @Option(
      names = "--network",
      paramLabel = "TEXT",
      description =
          "A network as text, in place of the preset's; with --input any network will do.")
  String network;

  @Option(
      names = "--input",
      paramLabel = "SHAPE",
      description = "A sample: CxHxW, the same at each time step, or TxCxHxW, one frame a step.")
  String input;

  @Option(names = "--T", paramLabel = "N", description = "Time steps.")
  Integer steps;

  @Option(names = "--batch", paramLabel = "N", description = "Samples in a training step.")
  Integer batch;

  @Option(
      names = "--compare",
      paramLabel = "NAME",
      description =
          "Another neuron: steps of both networks are timed in turn, in place of the parts.")
  String compare;

  @Option(
      names = "--pairs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Pairs of --compare (default 5).")
  int pairs;

  @Option(
      names = "--profile",
      description = "Time each operation of some of the steps, in place of the parts.")
  boolean profile;

  @Option(
      names = "--count",
      description =
          "With --device sim: count launches, bytes and operations of one step, and run nothing.")
  boolean count;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder that takes profile.json and trace-events.json of --profile.")
  Path out;

  BenchTrainCommand(Console console) {
    super(console);
  }

  /** A step's time beside the limits of the machine. */
  private record Limits(double matrixGigaflops, double triadGigabytes, StepWork work) {
    double matrixMs() {
      return work.flops() / (matrixGigaflops * GIGA) * MILLIS_PER_SECOND;
    }

    double memoryMs() {
      return work.bytes() / (triadGigabytes * GIGA) * MILLIS_PER_SECOND;
    }

    double share(double stepMs) {
      return (matrixMs() + memoryMs()) / stepMs;
    }
  }

  @Override
  int run(ObjectNode result) {
    if (preset == null && (network == null || input == null)) {
      throw new UsageException(
          "klif bench train what? Name a --preset (%s), or a --network with its --input"
              .formatted(String.join(", ", Presets.NAMES)));
    }
    checkPairs(pairs);
    if (count && (profile || compare != null)) {
      throw new UsageException("--count excludes --profile and --compare");
    }
    if (profile && compare != null) {
      throw new UsageException("--profile and --compare exclude each other");
    }
    if (out != null && !(profile && Files.isDirectory(out))) {
      throw new UsageException(
          profile
              ? "--out %s: there is no such folder".formatted(out)
              : "--out takes the files of --profile, which is not given");
    }
    ConfigTree tree = configuration(neuron);
    RunConfig config = tree.build();
    if (count && !config.device().equals(STAND_IN)) {
      throw new UsageException(
          "--count takes --device sim, which counts launches in place of running them, not %s"
              .formatted(config.device()));
    }
    DeviceOptions options = config.deviceOptions(null);
    if (count) {
      options = options.withCounting(H100.MULTIPROCESSORS);
    }
    ConfigTree compared =
        compare == null ? null : configuration(NeuronNames.options(compare).model());
    Trust trust = trust(tree);
    Profiler profiler = profile ? new Profiler(MachineLimits::of) : null;
    UnaryOperator<Device> wrap = profiler == null ? device -> device : profiler::wrap;
    try (BenchedNetwork opened = BenchedNetwork.open(config, input, trust, options, wrap)) {
      Device on = opened.device();
      console.opened(on);
      boolean timed = !on.info().name().equals(STAND_IN);
      line(
          "%s, neuron %s, T %d, batch %d, precision %s: %s on %s",
          preset == null ? "custom" : "preset " + preset,
          config.neuron().name(),
          config.steps(),
          config.batch(),
          config.precision(),
          config.network(),
          opened.shape());
      OptimizerOptions optimizer = config.optimizer().options();
      StepBenchmark benchmark =
          new StepBenchmark(opened.network(), config.objective(), optimizer, config.batch(), timed);
      describe(result, config, opened);
      if (count) {
        StepCount counted = benchmark.count(options.precision());
        StepCountText.lines(counted).forEach(one -> line("%s", one));
        StepCountText.put(result, counted);
        return KlifCommand.DONE;
      }
      if (profiler != null) {
        record(result, benchmark, profiler);
        return KlifCommand.DONE;
      }
      if (compared != null) {
        compare(result, benchmark, opened, compared);
        return KlifCommand.DONE;
      }
      StepBenchmark.Result measured = benchmark.run();
      // ahead of the machine's limits, whose arrays are no part of training
      OptionalLong peak = PeakMemory.bytes();
      result.put("timed", timed);
      if (timed) {
        Limits limits =
            new Limits(
                MachineLimits.matmulGigaflopsPerSecond(on),
                MachineLimits.triadGigabytesPerSecond(on),
                StepWork.of(
                    opened.network().summary(),
                    config.batch(),
                    optimizer.rule(),
                    on.activationType()));
        fill(result, measured, limits, config.batch());
        Results.put(result, "peakResidentBytes", peak);
        print(measured, limits, config.batch(), peak);
      } else {
        line("sim runs the kernels on the CPU: a few steps were run, and no speed is given");
      }
    }
    return KlifCommand.DONE;
  }

  private void describe(ObjectNode result, RunConfig config, BenchedNetwork opened) {
    result.put("preset", preset).put("neuron", config.neuron().name());
    result.put("network", config.network()).put("input", opened.shape().toString());
    result.put("T", config.steps()).put("batch", config.batch());
    result.put("precision", config.precision());
    showDevice(result, opened.device(), config.threads());
  }

  private void record(ObjectNode result, StepBenchmark benchmark, Profiler profiler) {
    benchmark.record(Profiler.MOST_STEPS, profiler::expect);
    Profile recorded = profiler.profile();
    Profiler.describe(recorded).forEach(one -> line("%s", one));
    result.set("profile", Profiler.json(recorded));
    if (out != null) {
      profiler.write(out, recorded);
      line("profile %s", out);
    }
  }

  private void compare(
      ObjectNode result, StepBenchmark benchmark, BenchedNetwork opened, ConfigTree tree) {
    requireTimes(opened.device(), "");
    RunConfig other = tree.build();
    try (Network beside = opened.beside(other, trust(tree))) {
      StepBenchmark second =
          new StepBenchmark(
              beside, other.objective(), other.optimizer().options(), other.batch(), true);
      pairs(
          result,
          opened.network().options().neuron().name(),
          other.neuron().name(),
          benchmark.against(second, pairs));
    }
  }

  /** All files are the command line's. */
  private Trust trust(ConfigTree tree) {
    return new TrustOption().naming(tree.namedFiles(), console);
  }

  private ConfigTree configuration(@Nullable String model) {
    ConfigTree tree = ConfigTree.preset(preset == null ? RECIPE : preset);
    TrainingOptions.set(tree, "network", "--network", network);
    TrainingOptions.set(tree, "neuron.model", "--neuron", model);
    TrainingOptions.set(tree, "T", "--T", steps);
    TrainingOptions.set(tree, "batch", "--batch", batch);
    TrainingOptions.set(tree, "threads", "--threads", threads);
    TrainingOptions.set(tree, "device", "--device", device);
    accelerator.set(tree);
    return tree;
  }

  private static double perSecond(int batch, Spread step) {
    return batch / step.median() * MILLIS_PER_SECOND;
  }

  private static void fill(
      ObjectNode result, StepBenchmark.Result measured, Limits limits, int batch) {
    Spread step = measured.step();
    result
        .put("runs", step.runs())
        .put("msPerStep", step.median())
        .put("minMsPerStep", step.lowest())
        .put("maxMsPerStep", step.highest())
        .put("imagesPerSecond", perSecond(batch, step))
        .put("forwardMs", measured.forward().median())
        .put("backwardMs", measured.backward().median())
        .put("optimizerMs", measured.update().median())
        .put("flopsPerStep", limits.work().flops())
        .put("bytesPerStep", limits.work().bytes())
        .put("matmulGigaflopsPerSecond", limits.matrixGigaflops())
        .put("triadGigabytesPerSecond", limits.triadGigabytes())
        .put("matmulLimitMs", limits.matrixMs())
        .put("memoryLimitMs", limits.memoryMs())
        .put("shareOfLimit", limits.share(step.median()));
    ObjectNode rates = result.putObject("inputRates");
    measured.inputRates().forEach(rates::put);
  }

  private void print(StepBenchmark.Result measured, Limits limits, int batch, OptionalLong peak) {
    Spread step = measured.step();
    heading("share, of " + step.runs() + " steps");
    row("forward", measured.forward(), step);
    row("backward", measured.backward(), step);
    row("optimizer", measured.update(), step);
    row("step", step, step);
    line("%,.0f images/s", perSecond(batch, step));
    peak.ifPresent(bytes -> line("%,.0f MiB resident at most", bytes / MIBI));
    line(
        "limit: %.1f GFLOP at %.0f GFLOP/s take %.1f ms, and %.2f GB for neurons and optimizer"
            + " at %.1f GB/s %.1f ms",
        limits.work().flops() / GIGA,
        limits.matrixGigaflops(),
        limits.matrixMs(),
        limits.work().bytes() / GIGA,
        limits.triadGigabytes(),
        limits.memoryMs());
    line("the dense limit is %.0f %% of the step", 100 * limits.share(step.median()));
    measured
        .inputRates()
        .forEach((layer, rate) -> line("  %-12s %5.1f %% of its input not 0", layer, 100 * rate));
  }

  private void row(String part, Spread spread, Spread step) {
    line(
        part,
        spread,
        String.format(Locale.ROOT, "%3.0f %%", 100 * spread.median() / step.median()));
  }
}
