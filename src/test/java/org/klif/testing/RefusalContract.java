package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.klif.KlifException;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.Linear;
import org.klif.device.Loss;
import org.klif.device.NeuronUnit;
import org.klif.device.OptimizerStep;
import org.klif.device.Pooling;
import org.klif.neuron.NeuronOptions;
import org.klif.tensor.ActivationShape;
import org.klif.tensor.Extent;

/** Buffers of a wrong size are refused before anything is read or written. */
interface RefusalContract extends TestedDevice {
  private static void refused(Executable call) {
    KlifException e = assertThrows(KlifException.class, call);
    assertFalse(e.getMessage().isBlank());
  }

  /** Each argument of a convolution. */
  @Test
  default void convolutionRefusesWrongSizes() {
    try (BufferScope scope = new BufferScope(device())) {
      Convolution c = scope.own(device().convolution(new Convolution.Spec(1, 2, 4, 4, 3, 3, 1, 1)));
      Buffer x = scope.zeros(32);
      Buffer w =
          scope.zeros(device().convolutionWeightLayout(2, 3, Extent.square(3)).physicalSize());
      Buffer b = scope.zeros(3);
      Buffer y = scope.zeros(48);
      Buffer wrong = scope.zeros(2);
      refused(() -> c.forward(wrong, w, b, y));
      refused(() -> c.forward(x, wrong, b, y));
      refused(() -> c.forward(x, w, wrong, y));
      refused(() -> c.forward(x, w, b, wrong));
      refused(() -> c.backwardData(wrong, w, x));
      refused(() -> c.backwardData(y, wrong, x));
      refused(() -> c.backwardData(y, w, wrong));
      refused(() -> c.backwardWeights(wrong, y, w, b));
      refused(() -> c.backwardWeights(x, wrong, w, b));
      refused(() -> c.backwardWeights(x, y, wrong, b));
      refused(() -> c.backwardWeights(x, y, w, wrong));
    }
  }

  /** Each argument of a linear layer. */
  @Test
  default void linearRefusesWrongSizes() {
    try (BufferScope scope = new BufferScope(device())) {
      Linear l = scope.own(device().linear(new Linear.Spec(4, 5, 3)));
      Buffer x = scope.zeros(20);
      Buffer w = scope.zeros(device().linearWeightLayout(5, 3).physicalSize());
      Buffer b = scope.zeros(3);
      Buffer y = scope.zeros(12);
      Buffer wrong = scope.zeros(2);
      refused(() -> l.forward(wrong, w, b, y));
      refused(() -> l.forward(x, wrong, b, y));
      refused(() -> l.forward(x, w, wrong, y));
      refused(() -> l.forward(x, w, b, wrong));
      refused(() -> l.backwardData(wrong, w, x));
      refused(() -> l.backwardData(y, wrong, x));
      refused(() -> l.backwardData(y, w, wrong));
      refused(() -> l.backwardWeights(wrong, y, w, b));
      refused(() -> l.backwardWeights(x, wrong, w, b));
      refused(() -> l.backwardWeights(x, y, wrong, b));
      refused(() -> l.backwardWeights(x, y, w, wrong));
    }
  }

  /** Each argument of a pooling and of a loss. */
  @Test
  default void poolingAndLossRefuseWrongSizes() {
    try (BufferScope scope = new BufferScope(device())) {
      Pooling p = scope.own(device().pooling(new Pooling.Spec(Pooling.Kind.MAX, 1, 3, 4, 4, 2)));
      Buffer x = scope.zeros(48);
      Buffer y = scope.zeros(12);
      Buffer wrong = scope.zeros(1);
      refused(() -> p.forward(wrong, y));
      refused(() -> p.forward(x, wrong));
      refused(() -> p.backward(wrong, y, x));
      refused(() -> p.backward(x, wrong, x));
      refused(() -> p.backward(x, y, wrong));
      Loss l = scope.own(device().loss(new Loss.Spec(Loss.Kind.MSE, 2, 2, 3)));
      Buffer labels = scope.ofInts(0, 1);
      Buffer output = scope.zeros(12);
      Buffer rate = scope.zeros(6);
      Buffer result = scope.zeros(2);
      Buffer wrongLabels = scope.ofInts(0);
      refused(() -> l.forward(wrong, labels, rate, result));
      refused(() -> l.forward(output, wrongLabels, rate, result));
      refused(() -> l.forward(output, labels, wrong, result));
      refused(() -> l.forward(output, labels, rate, wrong));
      refused(() -> l.backward(wrong, rate, labels, output));
      refused(() -> l.backward(output, wrong, labels, output));
      refused(() -> l.backward(output, rate, wrongLabels, output));
      refused(() -> l.backward(output, rate, labels, wrong));
    }
  }

  /** Each argument of a batch norm that is as large as x; and one of its state. */
  @Test
  default void batchNormRefusesWrongSizes() {
    try (BufferScope scope = new BufferScope(device())) {
      BatchNorm n = scope.own(device().batchNorm(new BatchNorm.Spec(4, 3, 1, 1e-5, 0.1)));
      Buffer x = scope.zeros(12);
      Buffer c = scope.zeros(3);
      Buffer sums = scope.zeros(6);
      Buffer wrong = scope.zeros(2);
      BatchNorm.State state = new BatchNorm.State(c, c, c, c, c, c, c, c);
      BatchNorm.State small = new BatchNorm.State(c, c, c, c, wrong, c, c, c);
      refused(() -> n.statistics(wrong, state));
      refused(() -> n.statistics(x, small));
      refused(() -> n.fold(small));
      refused(() -> n.apply(wrong, state, x));
      refused(() -> n.apply(x, state, wrong));
      refused(() -> n.reduce(wrong, x, state, sums));
      refused(() -> n.reduce(x, wrong, state, sums));
      refused(() -> n.reduce(x, x, state, wrong));
      refused(() -> n.backward(wrong, x, state, sums, x, c, c));
      refused(() -> n.backward(x, wrong, state, sums, x, c, c));
      refused(() -> n.backward(x, x, state, wrong, x, c, c));
      refused(() -> n.backward(x, x, state, sums, wrong, c, c));
      refused(() -> n.backward(x, x, state, sums, x, wrong, c));
      refused(() -> n.backward(x, x, state, sums, x, c, wrong));
    }
  }

  /** Each argument of a neuron unit. */
  @Test
  default void neuronUnitRefusesWrongSizes() {
    try (BufferScope scope = new BufferScope(device())) {
      NeuronUnit u =
          scope.own(
              device()
                  .neuronUnit(
                      new NeuronUnit.Spec(
                          NeuronOptions.of("klif").neuron(),
                          new ActivationShape(2, false, 2, 3, 1, 1),
                          true,
                          null,
                          false)));
      Buffer x = scope.zeros(12);
      Buffer v = scope.zeros(6);
      Buffer c = scope.zeros(3);
      Buffer k = scope.of(1);
      Buffer two = scope.zeros(2);
      Buffer wrong = scope.zeros(5);
      Buffer[] good = {x, c, c, k, v, x, v, x, x, two};
      for (int at = 0; at < good.length; at++) {
        Buffer[] a = good.clone();
        a[at] = wrong;
        refused(() -> u.forward(forward(a)));
      }
      for (int missing : new int[] {1, 2, 3}) {
        Buffer[] a = good.clone();
        a[missing] = null;
        refused(() -> u.forward(forward(a)));
      }
      BatchNorm.State norm = new BatchNorm.State(c, c, c, c, c, c, c, c);
      Buffer[] back = {x, v, x, v, k, v};
      for (int at = 0; at < back.length; at++) {
        Buffer[] b = back.clone();
        b[at] = wrong;
        refused(
            () ->
                u.backward(
                    new NeuronUnit.Backward(
                        forward(good), b[0], b[1], b[2], b[3], b[4], norm, b[5])));
      }
      refused(() -> u.backward(new NeuronUnit.Backward(forward(good), x, v, x, v, k, null, v)));
    }
  }

  private static NeuronUnit.Forward forward(Buffer[] a) {
    return new NeuronUnit.Forward(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]);
  }

  /** Each argument of an optimizer step. */
  @Test
  default void optimizerRefusesWrongSizes() {
    try (BufferScope scope = new BufferScope(device())) {
      OptimizerStep o =
          scope.own(
              device()
                  .optimizerStep(
                      new OptimizerStep.Spec(
                          OptimizerStep.Rule.ADAM,
                          0.9,
                          0.99,
                          1e-8,
                          0,
                          List.of(new OptimizerStep.Segment(16, 8, 1, 0, 0)))));
      Buffer p = scope.zeros(32);
      Buffer plan = scope.of(0.1f, 1);
      Buffer norm = scope.zeros(1);
      Buffer small = scope.zeros(16);
      refused(() -> o.step(small, p, p, p, plan, norm));
      refused(() -> o.step(p, small, p, p, plan, norm));
      refused(() -> o.step(p, p, small, p, plan, norm));
      refused(() -> o.step(p, p, p, small, plan, norm));
      refused(() -> o.step(p, p, p, null, plan, norm));
      refused(() -> o.step(p, p, p, p, norm, norm));
      refused(() -> o.step(p, p, p, p, plan, small));
    }
  }

  /** The operations without a plan. */
  @Test
  default void elementwiseOperationsRefuseWrongSizes() {
    try (BufferScope scope = new BufferScope(device())) {
      Buffer x = scope.zeros(12);
      Buffer y = scope.zeros(12);
      Buffer wrong = scope.zeros(5);
      Buffer counter = scope.ofInts(1);
      refused(() -> device().copy(x, wrong));
      refused(() -> device().add(x, y, wrong));
      refused(() -> device().add(x, wrong, y));
      refused(() -> device().repeatOverTime(wrong, 3, x));
      refused(() -> device().sumOverTime(x, 3, wrong));
      refused(() -> device().maskOverTime(x, wrong, 3, y));
      refused(() -> device().dropoutMask(x, 0.5, 1, counter, 0));
      refused(() -> device().channelsFirst(x, 1, 3, 3, y));
      refused(() -> device().channelsLast(x, 1, 3, 4, wrong));
      refused(() -> device().vote(x, 2, 6, 3, wrong));
      refused(() -> device().vote(x, 2, 6, 4, scope.zeros(2)));
      refused(() -> device().voteBackward(wrong, 2, 6, 3, x));
      refused(() -> device().leakyReadout(x, 5, 0.5, null, y, null));
      refused(() -> device().leakyReadout(x, 3, 0.5, wrong, y, null));
      refused(() -> device().leakyReadout(x, 3, 0.5, null, y, wrong));
      refused(() -> device().leakyReadout(x, 3, 0.5, null, wrong, null));
      refused(() -> device().leakyReadoutBackward(x, 3, 0.5, wrong));
      refused(() -> device().leakyReadoutBackward(x, 5, 0.5, y));
    }
  }

  /**
   * Integers where floats are needed, and the other way round: the sizes fit, the bits would not.
   */
  @Test
  default void wrongTypesAreRefused() {
    try (BufferScope scope = new BufferScope(device())) {
      Buffer ints = scope.own(device().allocate(DType.INT32, 12));
      Buffer floats = scope.own(device().allocate(device().activationType(), 12));
      Buffer two = scope.zeros(2);
      refused(() -> device().add(floats, ints, floats));
      refused(() -> device().add(floats, floats, ints));
      refused(() -> device().copy(ints, floats));
      refused(() -> device().repeatOverTime(floats.view(0, 6), 2, ints));
      refused(() -> device().sumOverTime(ints, 2, floats.view(0, 6)));
      refused(() -> device().dropoutMask(floats, 0.5, 1, two, 0));
      refused(() -> device().dropoutMask(ints, 0.5, 1, ints.view(0, 2), 0));
      refused(() -> device().vote(ints, 2, 6, 3, floats.view(0, 4)));
      refused(() -> device().leakyReadout(ints, 2, 0.5, null, floats, null));
      Linear l = scope.own(device().linear(new Linear.Spec(4, 3, 3)));
      Buffer w = scope.zeros(device().linearWeightLayout(3, 3).physicalSize());
      Buffer intWeights = scope.own(device().allocate(DType.INT32, w.size()));
      refused(() -> l.forward(ints, w, null, floats));
      refused(() -> l.forward(floats, intWeights, null, floats));
      Pooling p = scope.own(device().pooling(new Pooling.Spec(Pooling.Kind.MAX, 1, 1, 3, 4, 1)));
      refused(() -> p.forward(ints, floats));
      refused(() -> p.forward(floats, ints));
      Loss loss = scope.own(device().loss(new Loss.Spec(Loss.Kind.MSE, 2, 2, 3)));
      Buffer rate = scope.zeros(6);
      refused(() -> loss.forward(floats, two, rate, two));
      refused(() -> loss.forward(ints, ints.view(0, 2), rate, two));
      NeuronUnit unit =
          scope.own(
              device()
                  .neuronUnit(
                      new NeuronUnit.Spec(
                          NeuronOptions.of("lif").neuron(),
                          new ActivationShape(2, false, 1, 6, 1, 1),
                          false,
                          null,
                          false)));
      refused(() -> unit.forward(NeuronUnit.Forward.of(ints, null, floats, null)));
      refused(() -> unit.forward(NeuronUnit.Forward.of(floats, null, ints, null)));
      OptimizerStep step =
          scope.own(
              device()
                  .optimizerStep(
                      new OptimizerStep.Spec(
                          OptimizerStep.Rule.SGD,
                          0,
                          0,
                          1,
                          0,
                          List.of(new OptimizerStep.Segment(0, 12, 1, 0, 0)))));
      Buffer values = scope.zeros(12);
      Buffer norm = scope.zeros(1);
      refused(() -> step.step(ints, values, values, null, two, norm));
      refused(() -> step.step(values, ints, values, null, two, norm));
      refused(() -> step.step(values, values, values, null, ints.view(0, 2), norm));
    }
  }
}
