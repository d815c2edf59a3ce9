package org.klif.device;

import org.klif.neuron.Neuron;
import org.klif.neuron.StepOperations;

/** Floating-point operations that an element costs, as docs/KERNELS.md has them. */
public final class Operations {
  /** Sum of two tensors, over time, of a row. */
  public static final int ADD = 1;

  /** Running average of parameters. */
  public static final int AVERAGE = 3;

  /** Conversion between types. */
  public static final int CAST = 1;

  /** Leaky readout, either way. */
  public static final int READOUT = 3;

  /** Batch norm's statistics. */
  public static final int MOMENTS = 4;

  /** Batch norm's affine. */
  public static final int AFFINE = 2;

  /** Batch norm's two sums over the gradient. */
  public static final int NORM_SUMS = 5;

  /** Batch norm's gradient. */
  public static final int NORM_GRADIENT = 4;

  /** Loss, either way. */
  public static final int LOSS = 4;

  /** Squares of gradients for their norm. */
  public static final int SQUARES = 2;

  /** Penalty on the firing rate of a layer. */
  public static final int PENALTY = 4;

  private static final int SGD = 7;
  private static final int ADAM = 17;

  // of a neuron-step
  private static final int KLIF_FORWARD = 16;
  private static final int OTHER_FORWARD = 13;
  private static final int KLIF_BACKWARD = 50;
  private static final int PLIF_BACKWARD = 54;
  private static final int OTHER_BACKWARD = 39;
  private static final int NORM_BACKWARD = 7;

  private Operations() {}

  /** Of an update of a parameter, without the norm's. */
  public static int update(OptimizerStep.Rule rule) {
    return rule == OptimizerStep.Rule.SGD ? SGD : ADAM;
  }

  /** Of an element of pooling's input in the backward pass. */
  public static int poolingBackward(Pooling.Kind kind) {
    return kind == Pooling.Kind.MAX ? 2 : 1;
  }

  /** Of a neuron-step forward. */
  public static int forward(NeuronUnit.Spec spec) {
    if (spec.neuron() instanceof Neuron.Custom custom) {
      return StepOperations.forward(custom.model());
    }
    return spec.neuron() instanceof Neuron.Klif ? KLIF_FORWARD : OTHER_FORWARD;
  }

  /** Of a neuron-step backward. */
  public static int backward(NeuronUnit.Spec spec) {
    return ofStepBackward(spec.neuron()) + (spec.normalized() ? NORM_BACKWARD : 0);
  }

  private static int ofStepBackward(Neuron neuron) {
    if (neuron instanceof Neuron.Custom custom) {
      return StepOperations.backward(custom.model());
    }
    if (neuron instanceof Neuron.Klif) {
      return KLIF_BACKWARD;
    }
    return neuron instanceof Neuron.Plif ? PLIF_BACKWARD : OTHER_BACKWARD;
  }
}
