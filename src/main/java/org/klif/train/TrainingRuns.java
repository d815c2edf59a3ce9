package org.klif.train;

import com.google.common.base.Strings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.Printable;
import org.klif.Version;
import org.klif.config.RunConfig;
import org.klif.data.CatalogueEntry;
import org.klif.data.DatasetPair;
import org.klif.device.Device;
import org.klif.device.Devices;
import org.klif.neuron.file.Trust;
import org.klif.nn.LayerSummary;
import org.klif.profile.Profile;
import org.klif.profile.Profiler;
import org.klif.run.RunFolder;
import org.klif.run.RunLog;
import org.klif.shard.Shard;

/** Starts and resumes training runs. */
public final class TrainingRuns {
  private static final String AUTO = "auto";

  /**
   * Trains from the first step.
   *
   * @param config what to train
   * @param folder a new or empty folder
   * @param trust says which neurons from files may run
   * @param stop when to stop ahead of the end, with a checkpoint
   * @param profiler records some of the steps and writes a profile into the folder; null for none
   * @throws KlifException for what is found while working; what is in a folder that never got a
   *     checkpoint is taken away again, and the folder, if it was not there before
   */
  public static TrainResult start(
      RunConfig config,
      RunFolder folder,
      Trust trust,
      TrainListener listener,
      StopRule stop,
      @Nullable Profiler profiler) {
    folder.requireUnused();
    if (config.shards() > 1) {
      return ShardedTraining.run(config, folder, trust, listener, stop, profiler);
    }
    // written down as a number, so that a resumed run takes as many
    int threads =
        config.threads() == 0 ? Runtime.getRuntime().availableProcessors() : config.threads();
    try (RunContext context =
        RunContext.open(config.complete(threads), folder, trust, wrap(profiler))) {
      try (DatasetPair data = context.loadData(listener.frames())) {
        return folder.start(
            context.config(),
            context.neurons(),
            log -> {
              if (config.device().equals(AUTO)) {
                listener.note(Devices.explainAuto());
              }
              return run(context, data, folder, log, false, listener, stop, profiler, null);
            });
      }
    }
  }

  static UnaryOperator<Device> wrap(@Nullable Profiler profiler) {
    return profiler == null ? device -> device : profiler::wrap;
  }

  /**
   * Goes on with a run from its newest checkpoint, or from the beginning when it was killed ahead
   * of the first; the bits are those of a run that was never interrupted.
   *
   * @param dataFolder where the data is now, or null for where it was
   * @param trust says which neurons from files may run
   * @param stop when to stop ahead of the end, with a checkpoint
   * @param profiler records some of the steps and writes a profile into the folder; null for none
   */
  public static TrainResult resume(
      RunFolder folder,
      @Nullable String dataFolder,
      Trust trust,
      TrainListener listener,
      StopRule stop,
      @Nullable Profiler profiler) {
    RunConfig config = folder.readConfig();
    if (dataFolder != null) {
      config = config.withDataFolder(dataFolder);
    }
    if (!folder.last().toFile().exists()) {
      if (folder.isUnstarted()) {
        listener.note(folder.path() + " has no checkpoint yet: the run begins anew");
        return start(config, folder, trust, listener, stop, profiler);
      }
      throw new KlifException(
          "%s cannot be resumed: it has no %s"
              .formatted(folder.path(), folder.path().relativize(folder.last())));
    }
    if (config.shards() > 1) {
      return ShardedTraining.run(config, folder, trust, listener, stop, profiler);
    }
    try (RunContext context = RunContext.open(config, folder, trust, wrap(profiler));
        DatasetPair data = context.loadData(listener.frames());
        RunLog log = RunLog.open(folder)) {
      return run(context, data, folder, log, true, listener, stop, profiler, null);
    }
  }

  /**
   * Trains in a folder that exists.
   *
   * @param log of the folder, whose lock keeps other processes out
   * @param shard who this is when there are several: the one that writes; else null
   */
  static TrainResult run(
      RunContext context,
      DatasetPair data,
      RunFolder folder,
      RunLog log,
      boolean resumed,
      TrainListener outer,
      StopRule stop,
      @Nullable Profiler profiler,
      @Nullable Shard shard) {
    folder.requireNoLinks();
    context.compileNeurons();
    LoggingListener listener = new LoggingListener(outer, log);
    describe(context, data, listener);
    RunFiles files = new RunFiles(folder, true);
    try (Trainer trainer = new Trainer(context, data, files, listener, stop.requested(), shard)) {
      if (resumed) {
        trainer.resume();
        listener.note(
            "going on in %s after epoch %d and %d steps"
                .formatted(folder.path(), trainer.state().epoch(), trainer.state().batch()));
      } else {
        trainer.writeFirstCheckpoint();
        listener.note("run folder " + folder.path());
      }
      if (profiler != null) {
        trainer.announce(profiler, stop.lastEpoch());
      }
      TrainResult result = finish(trainer, context, folder, stop, listener);
      if (profiler != null) {
        write(profiler, folder, listener);
      }
      return result;
    } catch (KlifException e) {
      listener.failed(e);
      throw e;
    }
  }

  private static TrainResult finish(
      Trainer trainer,
      RunContext context,
      RunFolder folder,
      StopRule stop,
      LoggingListener listener) {
    TrainResult result = trainer.train(stop.lastEpoch());
    if (result.interrupted()) {
      String what =
          result.epochs() >= stop.lastEpoch()
              ? "stopped after epoch %d of %d".formatted(result.epochs(), context.config().epochs())
              : "interrupted";
      listener.note(what + "; go on with: klif train --resume " + folder.path());
    } else {
      trainer.writeTrace();
      describeSpikes(context, result, listener);
    }
    return result;
  }

  private static void write(Profiler profiler, RunFolder folder, TrainListener listener) {
    Profile profile = profiler.profile();
    Profiler.describe(profile).forEach(listener::note);
    if (!profile.steps().isEmpty()) {
      profiler.write(folder.path(), profile);
      listener.note("profile " + folder.path());
    }
  }

  private static void describe(RunContext context, DatasetPair data, TrainListener listener) {
    RunConfig config = context.config();
    listener.note(
        "klif %s: preset %s, neuron %s, T %d, batch %d, seed %d"
            .formatted(
                Version.NUMBER,
                Printable.line(config.preset()),
                config.neuron().name(),
                config.steps(),
                config.batch(),
                config.seed()));
    listener.note(
        "device %s: %s".formatted(config.device(), context.device().info().description()));
    context.device().info().notices().forEach(listener::warn);
    listener.note(
        "data %s: %d training and %d test samples of %s"
            .formatted(
                context.entry().name(),
                data.train().size(),
                data.test().size(),
                data.train().shape()));
    if (!config.encoding().isDirect()) {
      listener.note(
          "encoder %s: the network takes %s of %s"
              .formatted(
                  config.encoder(),
                  config.encoding().encoder().pulses() ? "pulses" : "frames",
                  context.inputShape()));
    }
    cautions(context, data).forEach(listener::note);
    listener.note(summary(context));
  }

  /** What somebody must know who reads this run's accuracies. */
  private static List<String> cautions(RunContext context, DatasetPair data) {
    List<String> cautions = new ArrayList<>();
    CatalogueEntry entry = context.entry();
    CatalogueEntry.Samples whole = entry.samples();
    boolean heldOut = context.config().holdsOutValidation();
    if (heldOut) {
      cautions.add(
          "split validation: what is called test below is %d held-out training samples; klif eval measures the test samples"
              .formatted(data.test().size()));
    }
    int train = data.train().size() + (heldOut ? data.test().size() : 0);
    if (whole != null
        && (train != whole.train() || (!heldOut && data.test().size() != whole.test()))) {
      cautions.add(
          "note: this is a part of %s, which has %d training and %d test samples: accuracies are not comparable with published figures"
              .formatted(entry.name(), whole.train(), whole.test()));
    }
    // the same for both parts
    data.train().remarks().forEach(remark -> cautions.add("note: " + remark));
    if (entry.caution() != null) {
      cautions.add("note: " + entry.caution());
    }
    return cautions;
  }

  /** Layer, output shape, parameters and neurons, one line each. */
  private static String summary(RunContext context) {
    int width = widthOfNames(context);
    StringBuilder text = new StringBuilder(padded("layer", width));
    text.append(" output       parameters    neurons\n");
    long parameters = 0;
    long neurons = 0;
    for (LayerSummary layer : context.network().summary()) {
      parameters += layer.parameters();
      neurons += layer.neurons();
      text.append(padded(layer.name(), width));
      text.append(row(layer.output(), layer.parameters(), layer.neurons()));
    }
    text.append(padded("total", width)).append(row("", parameters, neurons));
    return text.toString().stripTrailing();
  }

  private static String row(String output, long parameters, long neurons) {
    return String.format(" %-10s %12s %10s%n", output, number(parameters), number(neurons));
  }

  /** Names grow with the blocks that a layer is in. */
  private static int widthOfNames(RunContext context) {
    return context.network().summary().stream()
        .mapToInt(layer -> layer.name().length())
        .reduce(16, Math::max);
  }

  private static String padded(String name, int width) {
    return "  " + Strings.padEnd(name, width, ' ');
  }

  private static String number(long value) {
    return value == 0 ? "" : String.format(Locale.ROOT, "%,d", value);
  }

  private static void describeSpikes(
      RunContext context, TrainResult result, TrainListener listener) {
    EpochResult last = result.last();
    if (last == null) {
      return;
    }
    int width = widthOfNames(context);
    StringBuilder text = new StringBuilder(padded("layer", width));
    text.append(" firing rate    spikes a sample\n");
    for (LayerSummary layer : context.network().summary()) {
      Double rate = last.layers().get("rate." + layer.name());
      if (rate != null) {
        double spikes = rate * layer.neurons() * context.config().steps();
        text.append(padded(layer.name(), width));
        text.append(String.format(Locale.ROOT, " %9.2f %%  %,16.0f%n", 100 * rate, spikes));
      }
    }
    listener.note(text.toString().stripTrailing());
  }

  private TrainingRuns() {}
}
