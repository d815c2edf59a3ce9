package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.klif.bench.MachineLimits;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.config.SettingUse;
import org.klif.profile.Profiler;
import org.klif.report.Report;
import org.klif.run.RunFolder;
import org.klif.train.StopRule;
import org.klif.train.TrainResult;
import org.klif.train.TrainingRuns;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a preset, a configuration file, or what a run folder left off. */
@Command(
    name = "train",
    description = "Train a network; everything about the run goes into one folder.",
    footer = {
      "",
      "Ctrl-C ends with a checkpoint; --resume goes on to the same bits as an uninterrupted run.",
      "The keys of --set are those of the run's config.yaml.",
      "Exit code 3: the time of --budget was spent ahead of the run's end; a checkpoint is written."
    })
final class TrainCommand extends JsonCommand {
  /** The time of --budget was spent. */
  private static final int SPENT = 3;

  private final Interruption interruption;

  @Mixin TrainingOptions what = new TrainingOptions();

  @Option(names = "--neuron", paramLabel = "NAME", description = NeuronNames.OPTION)
  String neuron;

  @Option(names = "--T", paramLabel = "N", description = "Time steps.")
  Integer steps;

  @Option(
      names = "--encoder",
      paramLabel = "NAME",
      description = "What images become: direct, poisson, latency or columns.")
  String encoder;

  @Option(names = "--batch", paramLabel = "N", description = "Samples in a training step.")
  Integer batch;

  @Option(names = "--threads", paramLabel = "N", description = "Threads; 0 means all processors.")
  Integer threads;

  @Option(
      names = "--shards",
      paramLabel = "N",
      description = "Cut each batch into N parts, computed side by side; --threads are for each.")
  Integer shards;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "auto, cpu, cuda or cuda:N; klif devices lists what is here.")
  String device;

  @Mixin AcceleratorOptions accelerator = new AcceleratorOptions();

  @Option(
      names = "--stop-after",
      paramLabel = "EPOCHS",
      description = "Stop with a checkpoint once so many epochs are complete.")
  Integer stopAfter;

  @Option(
      names = "--budget",
      paramLabel = "TIME",
      description = "Stop with a checkpoint after this time, as in 90s, 8m or 2h.")
  String budget;

  @Option(
      names = "--profile",
      description =
          "Time each operation of some of the steps; profile.json and trace-events.json in the"
              + " run's folder. Changes no bit.")
  boolean profile;

  @Option(
      names = "--tensorboard",
      description =
          "Write event files for TensorBoard into the folder tensorboard of the run's folder.")
  boolean tensorboard;

  @Mixin TrustOption trust = new TrustOption();

  /** The part of Java that the report's charts need; a run time made for servers may lack it. */
  private static final String DRAWING = "java.desktop";

  TrainCommand(Console console, Interruption interruption) {
    super(console);
    this.interruption = interruption;
  }

  @Override
  int run(ObjectNode result) {
    RunFolder resumed =
        what.resumed(
            "--data, --stop-after, --budget, --profile, --tensorboard and --trust",
            neuron,
            steps,
            encoder,
            batch,
            threads,
            shards,
            device,
            accelerator.isSet() ? accelerator : null);
    Budget time = budget == null ? Budget.UNLIMITED : Budget.parse(budget);
    int lastEpoch = stopAfter == null ? Integer.MAX_VALUE : stopAfter;
    StopRule stop = new StopRule(lastEpoch, () -> interruption.requested() || time.isSpent());
    TrainResult trained;
    try (ProgressPrinter printer = new ProgressPrinter(console)) {
      trained = resumed == null ? start(stop, printer) : resume(resumed, stop, printer);
      if (trained.interrupted() && time.isSpent() && !printer.moved()) {
        printer.warn("nothing was done in --budget " + budget + ": it needs more time than that");
      }
    }
    fill(result, trained);
    if (trained.interrupted()) {
      return interruption.requested()
          ? KlifCommand.INTERRUPTED
          : trained.epochs() >= lastEpoch ? KlifCommand.DONE : SPENT;
    }
    if (canDraw()) {
      console.out().println("report " + Report.write(trained.folder().path()));
    } else {
      line(
          "no report: this Java has no module %s; klif report %s writes it with another Java",
          DRAWING, trained.folder().path());
    }
    return KlifCommand.DONE;
  }

  /** Whether this Java can draw charts. */
  static boolean canDraw() {
    return ModuleLayer.boot().findModule(DRAWING).isPresent();
  }

  private TrainResult start(StopRule stop, ProgressPrinter printer) {
    ConfigTree tree = configuration();
    RunConfig complete = tree.build();
    RunFolder folder =
        what.out() == null
            ? RunFolder.unused(Path.of("runs"), complete)
            : new RunFolder(what.out());
    SettingUse.notes(tree.chosen(), complete).forEach(printer::note);
    interruption.await();
    try (TensorBoardListener listener =
        new TensorBoardListener(printer, folder, tensorboard, false)) {
      return TrainingRuns.start(
          complete, folder, trust.naming(tree.namedFiles(), console), listener, stop, profiler());
    }
  }

  private TrainResult resume(RunFolder folder, StopRule stop, ProgressPrinter printer) {
    interruption.await();
    try (TensorBoardListener listener =
        new TensorBoardListener(printer, folder, tensorboard, true)) {
      return TrainingRuns.resume(
          folder, what.dataFolder(), trust.ofCommand(console), listener, stop, profiler());
    }
  }

  /** The stand-in's times mean nothing, so it has no limits either. */
  private @Nullable Profiler profiler() {
    return profile ? new Profiler(MachineLimits::of) : null;
  }

  private ConfigTree configuration() {
    ConfigTree tree = what.configuration();
    TrainingOptions.set(tree, "neuron.model", "--neuron", neuron);
    TrainingOptions.set(tree, "T", "--T", steps);
    TrainingOptions.set(tree, "encoder", "--encoder", encoder);
    TrainingOptions.set(tree, "batch", "--batch", batch);
    TrainingOptions.set(tree, "threads", "--threads", threads);
    TrainingOptions.set(tree, "shards", "--shards", shards);
    TrainingOptions.set(tree, "device", "--device", device);
    accelerator.set(tree);
    return tree;
  }

  private static void fill(ObjectNode result, TrainResult trained) {
    result.put("run", trained.folder().path().toString());
    result.put("interrupted", trained.interrupted());
    Results.put(
        result, trained.last(), trained.epochs(), trained.bestTestAccuracy(), trained.bestEpoch());
    Results.put(result, "secondsPerEpoch", trained.secondsPerEpoch());
    Results.put(result, "imagesPerSecond", trained.imagesPerSecond());
    Results.put(result, "peakResidentBytes", trained.peakResidentBytes());
  }
}
