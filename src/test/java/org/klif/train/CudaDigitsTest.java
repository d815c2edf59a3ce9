package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.config.ConfigTree;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.testing.CudaUnderTest;

/** An epoch of the digits preset on the CUDA device and on the CPU. */
@Tag("sim")
class CudaDigitsTest {
  @TempDir Path folder;

  @BeforeAll
  static void deviceIsThere() {
    CudaUnderTest.require();
  }

  /** Hears the loss of each step. */
  private static final class StepLosses implements TrainListener {
    private final List<Double> losses = new ArrayList<>();
    private double sum;

    @Override
    public void note(String line) {}

    @Override
    public void warn(String line) {}

    @Override
    public void step(Progress progress) {
      // the mean so far, of batches of one size: the last, smaller one is of no interest here
      double newSum = progress.loss() * progress.batch();
      losses.add(newSum - sum);
      sum = newSum;
    }

    @Override
    public void epoch(Progress progress, EpochResult result, boolean best) {}
  }

  private record Epoch(List<Double> steps, double mean) {}

  private Epoch train(String device) {
    ConfigTree tree = ConfigTree.preset("digits");
    tree.set("epochs=1");
    tree.set("device=" + device);
    RunFolder run = new RunFolder(folder.resolve(device));
    StepLosses losses = new StepLosses();
    assertFalse(Runs.start(tree.build(), run, losses, () -> false).interrupted());
    return new Epoch(
        List.copyOf(losses.losses), RunMetrics.read(run.metrics()).column("trainLoss")[0]);
  }

  /**
   * The bounds are the project's: rounding only at the first step; after it the weights differ by
   * rounding, and single spikes may flip.
   */
  @Test
  void anEpochAgreesWithTheCpu() {
    Epoch cpu = train("cpu");
    Epoch gpu = train(CudaUnderTest.name());
    assertEquals(cpu.steps.get(0), gpu.steps.get(0), 1e-5 * cpu.steps.get(0), "step 1");
    assertEquals(cpu.steps.get(1), gpu.steps.get(1), 1e-3 * cpu.steps.get(1), "step 2");
    assertEquals(cpu.steps.get(2), gpu.steps.get(2), 1e-3 * cpu.steps.get(2), "step 3");
    assertEquals(cpu.mean, gpu.mean, 0.02 * cpu.mean, "mean of the epoch");
  }
}
