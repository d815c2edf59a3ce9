package org.klif.api;

import java.nio.file.Path;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.train.EpochResult;
import org.klif.train.StopRule;
import org.klif.train.TrainListener;
import org.klif.train.TrainResult;
import org.klif.train.TrainingRuns;

/**
 * A whole training run in a folder, as {@code klif train} does it: data, augmentation, schedule,
 * tests, checkpoints. The folder is one that {@code klif report}, {@code klif eval} and {@link
 * SpikingNetwork#load} take.
 */
public final class Training {
  private final @Nullable ConfigTree tree;
  private final @Nullable RunFolder resumed;
  private @Nullable Path data;
  private boolean trust;
  private Consumer<TrainedEpoch> onEpoch = epoch -> {};
  private BooleanSupplier stop = () -> false;

  private Training(@Nullable ConfigTree tree, @Nullable RunFolder resumed) {
    this.tree = tree;
    this.resumed = resumed;
  }

  /** A new run of a preset: digits, mnist-small and the others that {@code klif train} has. */
  public static Training preset(String name) {
    return new Training(Misuse.asArgument(() -> ConfigTree.preset(name)), null);
  }

  /**
   * A new run of what a config.yaml says.
   *
   * @throws org.klif.KlifException naming the line that is wrong
   */
  public static Training config(Path file) {
    return new Training(RunFolder.configTree(file), null);
  }

  /** Goes on with a run that was stopped, from its newest checkpoint, to the same bits. */
  public static Training resume(Path folder) {
    return new Training(null, RunFolder.existing(folder));
  }

  /** A setting by its name in config.yaml, as in {@code set("neuron.tau", "2.5")}. */
  public Training set(String key, String value) {
    if (tree == null) {
      throw new IllegalArgumentException(
          "key: a run that goes on has the settings of its config.yaml, and takes no " + key);
    }
    Misuse.asArgument(() -> tree.set(key, value, "set(\"%s\", \"%s\")".formatted(key, value)));
    return this;
  }

  /** The folder with the data set's own files, or its parent. */
  public Training data(Path folder) {
    data = folder;
    return this;
  }

  /**
   * Neurons from files that the run or its config.yaml names may be compiled and run: they are code
   * of whoever wrote them. Those that {@link #set} names may without it.
   */
  public Training trust() {
    trust = true;
    return this;
  }

  /** Is told each epoch once it is tested and saved. */
  public Training onEpoch(Consumer<TrainedEpoch> listener) {
    onEpoch = listener;
    return this;
  }

  /** Asked after each step: when true, the run stops with a checkpoint. */
  public Training stopWhen(BooleanSupplier condition) {
    stop = condition;
    return this;
  }

  /**
   * Trains a new run.
   *
   * @param folder new or empty
   * @throws org.klif.KlifException for what is found while working: a folder in use, data that is
   *     missing, a loss that is no number
   */
  public TrainingResult run(Path folder) {
    if (tree == null) {
      throw new IllegalArgumentException("folder: a run that goes on has one; call run()");
    }
    return Misuse.asArgument(
        () -> {
          RunConfig config = tree.build();
          if (data != null) {
            config = config.withDataFolder(data.toAbsolutePath().normalize().toString());
          }
          Trust trusted = OpenedNetwork.trust(tree.namedFiles(), trust);
          return result(
              TrainingRuns.start(
                  config, new RunFolder(folder), trusted, listener(), StopRule.when(stop), null));
        });
  }

  /** Goes on with the run that {@link #resume} named. */
  public TrainingResult run() {
    if (resumed == null) {
      throw new IllegalArgumentException("folder: a new run needs one; call run(folder)");
    }
    return Misuse.asArgument(
        () ->
            result(
                TrainingRuns.resume(
                    resumed,
                    data == null ? null : data.toAbsolutePath().normalize().toString(),
                    OpenedNetwork.trust(Set.of(), trust),
                    listener(),
                    StopRule.when(stop),
                    null)));
  }

  private TrainListener listener() {
    return new TrainListener() {
      @Override
      public void warn(String line) {
        OpenedNetwork.warnings().accept(line);
      }

      @Override
      public void epoch(Progress progress, EpochResult result, boolean best) {
        onEpoch.accept(
            new TrainedEpoch(
                result.epoch(),
                result.trainLoss(),
                result.trainAccuracy(),
                result.testLoss(),
                result.testAccuracy(),
                result.learningRate()));
      }
    };
  }

  private static TrainingResult result(TrainResult result) {
    EpochResult last = result.last();
    return new TrainingResult(
        result.folder().path(),
        result.interrupted(),
        result.epochs(),
        last == null ? Double.NaN : last.testAccuracy(),
        result.bestTestAccuracy(),
        result.bestEpoch());
  }
}
