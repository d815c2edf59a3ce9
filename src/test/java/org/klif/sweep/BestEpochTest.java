package org.klif.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.run.RunMetrics;
import org.klif.train.ConfigTree;
import org.klif.train.RunFolder;
import org.klif.train.Runs;
import org.klif.train.StopRule;
import org.klif.train.TrainListener;
import org.klif.train.Training;

/** Of epochs with the same accuracy on the held-out samples the one with the lowest loss counts. */
class BestEpochTest {
  @TempDir Path folder;

  @Test
  void equalAccuraciesGoToTheLowerLoss() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("run"));
    ConfigTree tree = ConfigTree.preset("digits");
    Runs.SMALL.forEach(tree::set);
    tree.set("epochs=12").set("split=validation").set("threads=1");
    StopRule third = new StopRule(3, () -> false);
    Training.start(tree.build(), run, TrainListener.NONE, third);
    Training.resume(run, null, TrainListener.NONE, () -> false);

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
    assertNotEquals(first, best, "this run has a tie that the loss decides");
    assertEquals(best + 1, RunOutcome.read(run.path()).bestEpoch());
    assertEquals(best + 1, run.trained().bestEpoch());
    String state = Files.readString(run.lastState());
    assertEquals(true, state.contains("\"bestTestLoss\":" + loss[best]), state);
  }
}
