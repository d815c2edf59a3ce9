package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.klif.KlifException;
import org.klif.bench.DataBenchmark;
import org.klif.bench.Spread;
import org.klif.bench.StepBenchmark;
import org.klif.config.ConfigTree;
import org.klif.config.Presets;
import org.klif.config.RunConfig;
import org.klif.data.BatchLoader;
import org.klif.data.DatasetPair;
import org.klif.neuron.file.Trust;
import org.klif.train.RunContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times the data pipeline alone beside the training steps that it feeds. */
@Command(
    name = "data",
    description = "Time the data pipeline alone, beside the training steps that it feeds.")
final class BenchDataCommand extends BenchCommand {
  @Option(
      names = "--preset",
      paramLabel = "PRESET",
      description = "Whose samples and network; without it each small preset whose data is found.",
      completionCandidates = TrainingOptions.PresetNames.class)
  String preset;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with the data set's files, or its parent.")
  Path data;

  @Option(
      names = "--pairs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Rounds of each in turn (default 5).")
  int pairs;

  BenchDataCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    checkPairs(pairs);
    List<ConfigTree> trees =
        (preset == null ? Presets.SMALL : List.of(preset)).stream().map(this::config).toList();
    boolean first = true;
    for (ConfigTree tree : trees) {
      RunConfig config = tree.build();
      Trust trust = new TrustOption().naming(tree.namedFiles(), console);
      try (RunContext context = RunContext.open(config, trust)) {
        requireTimes(context.device(), "");
        if (first) {
          showDevice(result, context.device(), config.threads());
          result.putArray("rows");
          line(
              "%-14s %8s %14s %14s %8s  %s",
              "preset",
              "threads",
              "data alone",
              "training",
              "times",
              "lowest to highest, samples/s");
          first = false;
        }
        measure(context, result.withArray("rows").addObject());
      }
    }
    return KlifCommand.DONE;
  }

  private ConfigTree config(String name) {
    ConfigTree tree = ConfigTree.preset(name);
    TrainingOptions.set(tree, "neuron.model", "--neuron", neuron);
    TrainingOptions.set(
        tree,
        "threads",
        "--threads",
        threads == null || threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
    TrainingOptions.set(tree, "device", "--device", device);
    accelerator.set(tree);
    TrainingOptions.set(tree, "dataFolder", "--data", data == null ? null : data.toString());
    return tree;
  }

  private void measure(RunContext context, ObjectNode row) {
    RunConfig config = context.config();
    row.put("preset", config.preset()).put("batch", config.batch());
    try (DatasetPair sets = context.loadData(note -> line("%s", note));
        BatchLoader loader = context.trainingLoader(sets.train())) {
      StepBenchmark steps =
          new StepBenchmark(
              context.network(),
              config.objective(),
              config.optimizer().options(),
              Math.min(config.batch(), sets.train().size()),
              true);
      DataBenchmark.Result measured = new DataBenchmark(loader, steps).run(pairs);
      Spread alone = measured.loader();
      Spread training = measured.training();
      put(row.putObject("data"), alone).put("threads", loader.threads());
      put(row.putObject("training"), training).put("threads", config.threads());
      row.put("times", measured.times());
      line(
          "%-14s %8d %,14.0f %,14.0f %8.1f  %,.0f to %,.0f, %,.0f to %,.0f",
          config.preset(),
          loader.threads(),
          alone.median(),
          training.median(),
          measured.times(),
          alone.lowest(),
          alone.highest(),
          training.lowest(),
          training.highest());
    } catch (KlifException e) {
      if (preset != null) {
        throw e;
      }
      row.put("problem", e.getMessage());
      line("%-14s left out: %s", config.preset(), e.getMessage());
    }
  }

  private static ObjectNode put(ObjectNode part, Spread perSecond) {
    return part.put("samplesPerSecond", perSecond.median())
        .put("lowest", perSecond.lowest())
        .put("highest", perSecond.highest())
        .put("rounds", perSecond.runs());
  }
}
