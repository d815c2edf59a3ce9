package org.klif.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.klif.device.Attention;
import org.klif.device.BatchNorm;
import org.klif.device.Convolution;
import org.klif.device.Linear;
import org.klif.device.NeuronUnit;
import org.klif.device.OptimizerStep;
import org.klif.device.Pooling;
import org.klif.neuron.NeuronOptions;
import org.klif.tensor.ActivationShape;

/** Counted by hand for small shapes; a neuron-step's figures are those of docs/KERNELS.md. */
class CostsTest {
  private static final Costs FLOAT = new Costs(4);
  private static final Costs HALF = new Costs(2);

  @Test
  void convolution() {
    // 2 images of 3 x 5 x 5 to 4 x 5 x 5, kernel 3: 150 and 200 values, 108 weights
    Convolution.Spec spec = new Convolution.Spec(2, 3, 5, 5, 4, 3, 1, 1);
    assertEquals(new Cost(4 * (150 + 200 + 108), 2.0 * 200 * 27), FLOAT.product(spec));
    assertEquals(new Cost(2 * (150 + 200) + 4 * 108, 2.0 * 200 * 27), HALF.product(spec));
  }

  @Test
  void linear() {
    assertEquals(
        new Cost(4 * (7 * 3 + 7 * 2 + 3 * 2), 2.0 * 7 * 3 * 2),
        FLOAT.product(new Linear.Spec(7, 3, 2)));
  }

  @Test
  void attention() {
    // 2 images of 5 tokens and 6 channels, 2 heads: 60 values, 2 x 2 x 3 x 3 between the products
    Attention.Spec spec = new Attention.Spec(2, 5, 6, 2, 0.125);
    double product = 2.0 * 2 * 5 * 6 * 3;
    assertEquals(new Cost(4 * (4 * 60 + 2 * 36), 2 * product), FLOAT.forward(spec));
    assertEquals(new Cost(2 * (7 * 60 + 4 * 36), 5 * product), HALF.backward(spec));
  }

  @Test
  void neurons() {
    ActivationShape varying = new ActivationShape(4, false, 2, 3, 2, 2);
    NeuronUnit.Spec klif =
        new NeuronUnit.Spec(NeuronOptions.of("klif").neuron(), varying, true, null, false);
    // 96 neuron-steps at 8 and 12 bytes
    assertEquals(new Cost(96 * 8, 96 * 16), FLOAT.forward(klif));
    assertEquals(new Cost(96 * 12, 96 * 57), FLOAT.backward(klif));
    assertEquals(new Cost(96 * 6, 96 * 57), HALF.backward(klif));
    NeuronUnit.Spec pooledLif =
        new NeuronUnit.Spec(
            NeuronOptions.of("lif").neuron(),
            new ActivationShape(4, true, 2, 3, 2, 2),
            false,
            Pooling.Kind.MAX,
            false);
    // x (24) is read once for all T, a quarter of the 96 spikes is written
    assertEquals(new Cost(4 * (24 + 24), 96 * 13), FLOAT.forward(pooledLif));
    assertEquals(new Cost(4 * (24 + 24 + 24), 96 * 39), FLOAT.backward(pooledLif));
  }

  @Test
  void batchNormAndOptimizer() {
    assertEquals(
        new Cost(4 * 3 * 50, 4 * 50), FLOAT.norm(new BatchNorm.Spec(10, 5, 1, 1e-5, 0.1), 3, 4));
    OptimizerStep.Spec adam =
        new OptimizerStep.Spec(
            OptimizerStep.Rule.ADAM,
            0.9,
            0.999,
            1e-8,
            0,
            List.of(new OptimizerStep.Segment(0, 48, 1, 0, 0)));
    // 28 bytes for the update and 4 for the norm
    assertEquals(new Cost(48 * 32, 48 * 19), Costs.step(adam));
  }
}
