package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.primitives.ImmutableLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.NeuronUnit;
import org.klif.device.OptimizerStep;
import org.klif.device.Pooling;
import org.klif.device.RatePenalty;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.tensor.ActivationShape;

/** The penalty on firing rates, and what it adds to the gradient of every spike. */
interface RatePenaltyContract extends TestedDevice {
  /** Penalty and gradients, with and without a scale of the loss. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 33, 70})
  default void penaltyAgrees(int layers) {
    RatePenalty.Objective objective = new RatePenalty.Objective(0.1, 3);
    Uniform uniform = new Uniform(layers);
    float[] activity = uniform.floats(2 * layers, 0, 1);
    long[] steps = new long[layers];
    for (int i = 0; i < layers; i++) {
      steps[i] = 1 + 100L * i;
    }
    for (float scale : new float[] {1, 1024}) {
      double[] expected = new double[layers];
      double sum = 0;
      for (int i = 0; i < layers; i++) {
        double off = activity[2 * i] - 0.1;
        sum += 3 * off * off;
        expected[i] = 2 * 3 * off / steps[i];
      }
      try (BufferScope scope = new BufferScope(device())) {
        RatePenalty.Spec spec = new RatePenalty.Spec(objective, ImmutableLongArray.copyOf(steps));
        RatePenalty penalty = scope.own(device().ratePenalty(spec));
        Buffer gradients = scope.zeros(layers);
        Buffer result = scope.zeros(1);
        Buffer lossScale = null;
        if (scale != 1) {
          lossScale = scope.zeros(OptimizerStep.LOSS_SCALE_SIZE);
          lossScale.upload(new float[] {scale}, 0, OptimizerStep.SCALE, 1);
        }
        penalty.apply(scope.of(activity), gradients, result, lossScale);
        // a sum of up to 70 terms
        assertEquals(sum, result.toArray()[0], 1e-6 * (1 + sum));
        float[] found = gradients.toArray();
        for (int i = 0; i < layers; i++) {
          // of order 1: float32 keeps a difference of two numbers below 1 to 1e-7
          assertEquals(scale * expected[i], found[i], 1e-6 * scale);
        }
      }
    }
  }

  /** Each neuron, its spikes smooth or not, pooled or not, over a constant and a varying input. */
  @Test
  default void everySpikeHasItsOwnGradient() {
    int number = 0;
    for (Neuron neuron : NeuronCase.someNeurons()) {
      for (Pooling.Kind pooling : NeuronCase.poolings()) {
        for (boolean smooth : new boolean[] {false, true}) {
          number++;
          ActivationShape shape = new ActivationShape(5, number % 2 == 0, 3, 8, 4, 6);
          NeuronCase c =
              new NeuronCase(neuron, shape, number % 3 == 0, pooling, smooth, 1.2, true, 0.75, 9);
          NeuronCase.Drawn drawn = c.draw();
          NeuronRun.of(device(), c, drawn.inputs()).check(c, drawn.expected());
        }
      }
    }
  }

  /** The defaults, whose kernels may be others, in many blocks. */
  @Test
  default void everySpikeOfKlifHasItsOwnGradient() {
    for (Pooling.Kind pooling : NeuronCase.poolings()) {
      Neuron klif = NeuronOptions.of("klif").neuron();
      ActivationShape shape = new ActivationShape(4, false, 4, 24, 10, 14);
      NeuronCase c = new NeuronCase(klif, shape, true, pooling, false, 1.1, false, -0.5, 4);
      NeuronCase.Drawn drawn = c.draw();
      NeuronRun first = NeuronRun.of(device(), c, drawn.inputs());
      first.check(c, drawn.expected());
      NeuronRun.of(device(), c, drawn.inputs()).assertSameBits(first);
    }
  }

  /** A unit that was planned without. */
  @Test
  default void aGradientOfEverySpikeThatWasNotPlannedIsRefused() {
    ActivationShape shape = new ActivationShape(2, false, 2, 3, 1, 1);
    try (BufferScope scope = new BufferScope(device())) {
      Neuron neuron = NeuronOptions.of("lif").neuron();
      NeuronUnit unit =
          scope.own(device().neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false)));
      Buffer x = scope.zeros(12);
      NeuronUnit.Forward forward = NeuronUnit.Forward.of(x, null, scope.zeros(12), null);
      NeuronUnit.Backward backward =
          new NeuronUnit.Backward(
              forward, x, scope.zeros(1), null, scope.zeros(12), null, null, null, null);
      KlifException e = assertThrows(KlifException.class, () -> unit.backward(backward));
      assertEquals(
          "this neuron unit was planned without a gradient of every spike, which it is given",
          e.getMessage());
    }
  }
}
