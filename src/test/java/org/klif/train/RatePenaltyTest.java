package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.testing.HostCompiler;

/** Trainings with a penalty on firing rates. */
class RatePenaltyTest {
  @TempDir Path folder;

  private RunMetrics train(String name, String... settings) {
    RunFolder run = new RunFolder(folder.resolve(name));
    Runs.train(run.path(), Runs.small(settings));
    return RunMetrics.read(run.metrics());
  }

  private static double last(double[] column) {
    return column[column.length - 1];
  }

  /**
   * The first layer of neurons is fused with a batch norm and a pooling, the second is not. The
   * rates are those of the test samples, whose batch norm has running statistics.
   */
  @ParameterizedTest
  @ValueSource(strings = {"klif", "lif", "plif", "if", "dalif"})
  void ratesGoToTheirTarget(String model) {
    if (model.equals("dalif")) {
      HostCompiler.require();
    }
    String[] settings = {"neuron.model=" + model, "epochs=4", "batch=50", "firingRate.target=0.3"};
    RunMetrics off = train("off", settings);
    List<String> more = new ArrayList<>(List.of(settings));
    more.add("firingRate.strength=100");
    RunMetrics on = train("on", more.toArray(String[]::new));
    for (String layer : off.layers("rate")) {
      double without = Math.abs(last(off.column("rate." + layer)) - 0.3);
      double with = Math.abs(last(on.column("rate." + layer)) - 0.3);
      assertTrue(with < 0.8 * without, "%s: off by %s, without %s".formatted(layer, with, without));
    }
    double[] penalty = on.column("ratePenalty");
    assertTrue(penalty[3] < penalty[0] / 4, penalty[0] + " to " + penalty[3]);
    assertFalse(off.has("ratePenalty"));
  }

  /** Where nothing is learned both runs see the same network, to the bit. */
  @Test
  void theLossIsWithoutThePenalty() {
    String[] settings = {"epochs=1", "optimizer.learningRate=1e-30"};
    RunMetrics off = train("off", settings);
    RunMetrics on =
        train("on", settings[0], settings[1], "firingRate.target=0.5", "firingRate.strength=1");
    assertArrayEquals(off.column("trainLoss"), on.column("trainLoss"));
    // two layers that fire at 0.15 have 0.245, and two that never fire have 0.5
    double penalty = on.column("ratePenalty")[0];
    assertTrue(penalty > 0.245 && penalty < 0.5, "penalty " + penalty);
  }

  /** A setting without effect: what stands in files is the same to the bit. */
  @Test
  void strengthZeroIsNoPenalty() throws IOException {
    train("one");
    train("two", "firingRate.target=0.5", "firingRate.strength=0");
    RunFolder one = new RunFolder(folder.resolve("one"));
    RunFolder two = new RunFolder(folder.resolve("two"));
    assertArrayEquals(Files.readAllBytes(one.trace()), Files.readAllBytes(two.trace()));
    assertArrayEquals(
        RunMetrics.read(one.metrics()).column("trainLoss"),
        RunMetrics.read(two.metrics()).column("trainLoss"));
  }

  @Test
  void aStoppedRunGoesOnToTheSameBits() throws IOException {
    String[] settings = {"firingRate.target=0.1", "firingRate.strength=2"};
    train("whole", settings);
    RunFolder stopped = new RunFolder(folder.resolve("stopped"));
    int[] steps = new int[1];
    Runs.start(Runs.small(settings), stopped, new Runs.Listener(), () -> ++steps[0] >= 4);
    Runs.resume(stopped, null, new Runs.Listener(), () -> false);
    Runs.assertSame(new RunFolder(folder.resolve("whole")), stopped);
  }

  @Test
  void anotherStrengthIsAnotherTraining() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("run"));
    Runs.start(Runs.small("firingRate.strength=2"), run, new Runs.Listener(), () -> true);
    String yaml = Files.readString(run.config());
    assertTrue(yaml.contains("firingRate:\n  target: 0.05\n  strength: 2.0\n"), yaml);
    Files.writeString(run.config(), yaml.replace("strength: 2.0", "strength: 1.0"));
    KlifException e =
        assertThrows(
            KlifException.class, () -> Runs.resume(run, null, new Runs.Listener(), () -> false));
    assertTrue(e.getMessage().contains("firingRate.strength 2.0, but"), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }
}
