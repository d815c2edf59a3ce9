package org.klif.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.klif.device.DType;
import org.klif.device.OptimizerStep;
import org.klif.nn.LayerSummary;

class StepWorkTest {
  private static final List<LayerSummary> LAYERS =
      List.of(
          new LayerSummary("0.conv", "c2k3", "2x4x4", 18, 0, 288, 1, false),
          new LayerSummary("1.bn", "bn", "2x4x4", 4, 0, 0, 1, false),
          new LayerSummary("2.klif", "klif", "2x4x4", 1, 32, 0, 5, false),
          new LayerSummary("3.fc", "fc10", "10", 330, 0, 320, 5, true));

  @Test
  void countsTheFirstLayerTwiceAndTheOthersThreeTimes() {
    StepWork work = StepWork.of(LAYERS, 7, OptimizerStep.Rule.ADAM, DType.FLOAT32);
    assertEquals(2.0 * 7 * (2 * 288 + 3 * 5 * 320), work.flops());
    assertEquals(20.0 * 32 * 5 * 7 + 28 * 353, work.bytes());
  }

  @Test
  void sgdHasOneMoment() {
    StepWork work = StepWork.of(LAYERS, 1, OptimizerStep.Rule.SGD, DType.FLOAT32);
    assertEquals(20.0 * 32 * 5 + 20 * 353, work.bytes());
  }

  @Test
  void behindALayerWithParametersTheInputsGradientIsNeeded() {
    StepWork work = StepWork.of(LAYERS.subList(1, 4), 1, OptimizerStep.Rule.ADAM, DType.FLOAT32);
    assertEquals(2.0 * 3 * 5 * 320, work.flops());
  }
}
