package org.klif.profile;

import org.klif.device.Attention;
import org.klif.device.BatchNorm;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.Linear;
import org.klif.device.Loss;
import org.klif.device.NeuronUnit;
import org.klif.device.Operations;
import org.klif.device.OptimizerStep;
import org.klif.device.Pooling;

/**
 * Bytes and operations of the planned operations, from their shapes; the figures for an element and
 * a neuron-step are those of {@link Operations}. Weights, statistics and optimizer state are
 * FLOAT32.
 *
 * @param activation bytes of an element of an activation
 */
record Costs(int activation) {
  private static final int FLOAT = DType.FLOAT32.bytes();

  /**
   * Any of the three passes: forward reads x and w and writes y, the gradient of x reads gy and w
   * and writes gx, that of w reads x and gy and writes gw.
   */
  Cost product(Convolution.Spec spec) {
    return product(input(spec) + output(spec), weights(spec), spec.operations());
  }

  /** Any of the three passes, as for a convolution. */
  Cost product(Linear.Spec spec) {
    double rows = spec.rows();
    return product(
        rows * spec.in() + rows * spec.out(),
        (double) spec.in() * spec.out(),
        2 * rows * spec.in() * spec.out());
  }

  private Cost product(double activations, double weights, double flops) {
    return new Cost(activations * activation + weights * FLOAT, flops);
  }

  private static double input(Convolution.Spec spec) {
    return (double) spec.images() * spec.inHeight() * spec.inWidth() * spec.inChannels();
  }

  private static double output(Convolution.Spec spec) {
    return (double) spec.images() * spec.outHeight() * spec.outWidth() * spec.outChannels();
  }

  private static double weights(Convolution.Spec spec) {
    return (double) spec.outChannels() * spec.inChannels() * spec.kernel().area();
  }

  /** Reads Q, K and V, writes y; what stands between the two products is written and read. */
  Cost forward(Attention.Spec spec) {
    return attention(spec, 4, 2, 2);
  }

  /** Reads Q, K, V and gy, writes three gradients; between its five products stand two matrices. */
  Cost backward(Attention.Spec spec) {
    return attention(spec, 7, 4, 5);
  }

  private Cost attention(Attention.Spec spec, int tensors, int inner, int products) {
    return new Cost(
        activation * ((double) tensors * spec.size() + (double) inner * spec.innerSize()),
        2.0 * products * spec.images() * spec.macsOfProduct());
  }

  /** Reads x (once where it is constant), writes the spikes. */
  Cost forward(NeuronUnit.Spec spec) {
    double steps = neuronSteps(spec);
    return new Cost(
        activation * ((double) spec.input().elements() + spec.output().elements()),
        steps * Operations.forward(spec));
  }

  /** Reads x and the gradient of the spikes, writes the gradient of x. */
  Cost backward(NeuronUnit.Spec spec) {
    double steps = neuronSteps(spec);
    return new Cost(
        activation * (2.0 * spec.input().elements() + spec.output().elements()),
        steps * Operations.backward(spec));
  }

  private static double neuronSteps(NeuronUnit.Spec spec) {
    return spec.input().varying().elements();
  }

  /** Passes over the stored tensor. */
  Cost norm(BatchNorm.Spec spec, int tensors, int operations) {
    double elements = (double) spec.rows() * spec.channels();
    return new Cost(activation * tensors * elements, operations * elements);
  }

  /** Reads x, writes y. */
  Cost forward(Pooling.Spec spec) {
    double in = (double) spec.images() * spec.channels() * spec.inHeight() * spec.inWidth();
    return new Cost(activation * (in + output(spec)), in);
  }

  /** Reads gy, for the maximum x too, writes gx. */
  Cost backward(Pooling.Spec spec) {
    double in = (double) spec.images() * spec.channels() * spec.inHeight() * spec.inWidth();
    int tensors = spec.kind() == Pooling.Kind.MAX ? 2 : 1;
    return new Cost(
        activation * (tensors * in + output(spec)), in * Operations.poolingBackward(spec.kind()));
  }

  private static double output(Pooling.Spec spec) {
    return (double) spec.images() * spec.channels() * spec.outHeight() * spec.outWidth();
  }

  /** Reads the output over all steps; 4 operations an element. */
  Cost forward(Loss.Spec spec) {
    return loss(spec, 1);
  }

  /** Writes its gradient; TET reads the output for it. */
  Cost backward(Loss.Spec spec) {
    return loss(spec, spec.kind() == Loss.Kind.TET ? 2 : 1);
  }

  private Cost loss(Loss.Spec spec, int tensors) {
    double rates = (double) spec.batch() * spec.classes();
    return new Cost(
        tensors * activation * spec.steps() * rates + FLOAT * rates,
        (double) Operations.LOSS * spec.steps() * rates);
  }

  /** The norm reads the gradients ahead of the update, which reads and writes all. */
  static Cost step(OptimizerStep.Spec spec) {
    double size = spec.segments().stream().mapToDouble(OptimizerStep.Segment::size).sum();
    boolean sgd = spec.rule() == OptimizerStep.Rule.SGD;
    int tensors = sgd ? 6 : 8;
    int operations = Operations.SQUARES + Operations.update(spec.rule());
    return new Cost(FLOAT * tensors * size, operations * size);
  }
}
