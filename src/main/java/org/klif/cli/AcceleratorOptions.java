package org.klif.cli;

import org.klif.config.ConfigTree;
import org.klif.device.DeviceOptions;
import org.klif.device.Precision;
import picocli.CommandLine.Option;

/** How a device computes: options that the CPU refuses, where they ask for what it has not. */
final class AcceleratorOptions {
  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description = "float32 (default), tf32, bf16 or fp16: of matrix products and activations.")
  String precision;

  @Option(
      names = "--fast",
      description = "Measure algorithms and take the fastest, be it not deterministic.")
  boolean fast;

  @Option(
      names = "--no-graph",
      description = "Give a step's work to the GPU piece by piece, instead of as one graph.")
  boolean noGraph;

  @Option(
      names = "--gpu-memory",
      paramLabel = "SIZE",
      description = "Allocate at most so much memory of a GPU, as in 6G; all (default).")
  String gpuMemory;

  /** Whether any of them was given. */
  boolean isSet() {
    return precision != null || fast || noGraph || gpuMemory != null;
  }

  /** Sets what was given in a run's configuration. */
  void set(ConfigTree tree) {
    TrainingOptions.set(tree, "precision", "--precision", precision);
    TrainingOptions.set(tree, "gpuMemory", "--gpu-memory", gpuMemory);
    if (fast) {
      tree.set("fast", "true", "--fast");
    }
    if (noGraph) {
      tree.set("graph", "false", "--no-graph");
    }
  }

  /** The options of a device without a run; a wrong value is a usage error. */
  DeviceOptions options(int threads) {
    return new DeviceOptions(threads)
        .withPrecision(precision == null ? Precision.FLOAT32 : Precision.parse(precision))
        .withFast(fast, null)
        .withGraph(!noGraph)
        .withMemoryLimit(gpuMemory == null ? 0 : DeviceOptions.parseMemory(gpuMemory));
  }
}
