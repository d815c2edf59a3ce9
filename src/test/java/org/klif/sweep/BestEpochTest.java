package org.klif.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.config.ConfigTree;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.train.Checkpoint;
import org.klif.train.Runs;
import org.klif.train.StopRule;
import org.klif.train.TrainListener;

/** Of epochs with the same accuracy on the held-out samples the one with the lowest loss counts. */
class BestEpochTest {
  @TempDir Path folder;

  /** Which of these runs has a tie at the top that the loss decides is left to the numbers. */
  @Test
  void equalAccuraciesGoToTheLowerLoss() throws IOException {
    int decided = 0;
    for (int seed = 1; seed <= 8 && decided == 0; seed++) {
      RunFolder run = new RunFolder(folder.resolve("run" + seed));
      ConfigTree tree = ConfigTree.preset("digits");
      Runs.SMALL.forEach(tree::set);
      tree.set("epochs=16").set("split=validation").set("threads=1").set("seed=" + seed);
      StopRule third = new StopRule(3, () -> false);
      Runs.start(tree.build(), run, TrainListener.NONE, third);
      Runs.resume(run, null, TrainListener.NONE, () -> false);
      decided += check(run) ? 1 : 0;
    }
    assertEquals(1, decided, "runs with a tie that the loss decides");
  }

  private static boolean check(RunFolder run) throws IOException {
    RunMetrics metrics = RunMetrics.read(run.metrics());
    double[] accuracy = metrics.column("testAccuracy");
    double[] loss = metrics.column("testLoss");
    int first = 0;
    int best = 0;
    for (int i = 1; i < accuracy.length; i++) {
      first = accuracy[i] > accuracy[first] ? i : first;
      if (accuracy[i] > accuracy[best] || (accuracy[i] == accuracy[best] && loss[i] < loss[best])) {
        best = i;
      }
    }
    assertEquals(best + 1, RunOutcome.read(run.path()).bestEpoch());
    assertEquals(best + 1, Checkpoint.trained(run).bestEpoch());
    String state = Files.readString(run.lastState());
    assertTrue(state.contains("\"bestTestLoss\":" + loss[best]), state);
    return first != best;
  }
}
