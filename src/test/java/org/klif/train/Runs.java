package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;

/** A small run for tests, and the comparison of two runs. */
public final class Runs {
  /** Settings of a run that takes about a second: convolution, dropout and affine in it. */
  public static final List<String> SMALL =
      List.of(
          "network=c8k3 bn sn mp2 | dp fc40 bn sn | vote4",
          "T=2",
          "epochs=2",
          "batch=200",
          "dropout=0.2",
          "threads=2",
          "optimizer.learningRate=0.02");

  /** Such a run's configuration. */
  public static RunConfig small(String... more) {
    ConfigTree tree = ConfigTree.preset("digits");
    SMALL.forEach(tree::set);
    for (String setting : more) {
      tree.set(setting);
    }
    return tree.build();
  }

  /** Trains to the end, in a folder that is new. */
  public static void train(Path folder, RunConfig config) {
    start(config, new RunFolder(folder), new Listener(), () -> false);
  }

  /** Starts without a profile and neurons of strangers. */
  public static TrainResult start(
      RunConfig config, RunFolder folder, TrainListener listener, StopRule stop) {
    return TrainingRuns.start(config, folder, Trust.SHIPPED, listener, stop, null);
  }

  /** The same, stopping on request only. */
  public static TrainResult start(
      RunConfig config, RunFolder folder, TrainListener listener, BooleanSupplier stop) {
    return start(config, folder, listener, StopRule.when(stop));
  }

  /** Resumes without a profile and neurons of strangers. */
  public static TrainResult resume(
      RunFolder folder, @Nullable String dataFolder, TrainListener listener, StopRule stop) {
    return TrainingRuns.resume(folder, dataFolder, Trust.SHIPPED, listener, stop, null);
  }

  /** The same, stopping on request only. */
  public static TrainResult resume(
      RunFolder folder, @Nullable String dataFolder, TrainListener listener, BooleanSupplier stop) {
    return resume(folder, dataFolder, listener, StopRule.when(stop));
  }

  /** The keys that a config.yaml can have. */
  public static Set<String> keys() {
    return Set.copyOf(ConfigTree.defaults().keys());
  }

  /** Hears everything and keeps the notes and warnings. */
  static final class Listener implements TrainListener {
    final List<String> lines = new ArrayList<>();

    @Override
    public void note(String line) {
      lines.add(line);
    }

    @Override
    public void warn(String line) {
      lines.add("warning: " + line);
    }

    @Override
    public void step(Progress progress) {}

    @Override
    public void epoch(Progress progress, EpochResult result, boolean best) {
      lines.add(TrainListener.line(progress, result, best));
    }
  }

  /** Checks that two runs have the same bits in all that does not speak of time. */
  public static void assertSame(RunFolder expected, RunFolder actual) throws IOException {
    assertArrayEquals(
        Files.readAllBytes(expected.last()), Files.readAllBytes(actual.last()), "last");
    assertArrayEquals(
        Files.readAllBytes(expected.lastState()), Files.readAllBytes(actual.lastState()), "state");
    assertArrayEquals(
        Files.readAllBytes(expected.best()), Files.readAllBytes(actual.best()), "best");
    assertArrayEquals(
        Files.readAllBytes(expected.trace()), Files.readAllBytes(actual.trace()), "trace");
    RunMetrics one = RunMetrics.read(expected.metrics());
    RunMetrics two = RunMetrics.read(actual.metrics());
    assertEquals(one.columns(), two.columns());
    for (String column : one.columns()) {
      if (!column.equals("seconds") && !column.equals("imagesPerSecond")) {
        assertArrayEquals(one.column(column), two.column(column), column);
      }
    }
  }

  private Runs() {}
}
