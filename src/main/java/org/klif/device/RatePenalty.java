package org.klif.device;

import com.google.common.primitives.ImmutableLongArray;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * A planned penalty on the firing rates of a network's layers, which is added to the loss: strength
 * times the sum over layers of (rate - target)^2, the rate being the mean number of spikes per
 * neuron-step (docs/MATH.md, "Penalty on firing rates"; Bellec et al. 2020, Nature Communications
 * 11:3625, has it for each neuron).
 */
public interface RatePenalty extends PlannedOperation {
  /**
   * What is made small.
   *
   * @param target spikes per neuron-step, 0 to 1
   * @param strength weight in the loss, at least 0; 0 for no penalty
   */
  record Objective(double target, double strength) {
    /** No penalty. */
    public static final Objective NONE = new Objective(0, 0);

    /** Checks the ranges. */
    public Objective {
      if (!(target >= 0 && target <= 1)) {
        throw new KlifException("a target firing rate must be from 0 to 1, not " + target);
      }
      if (!(strength >= 0) || Double.isInfinite(strength)) {
        throw new KlifException(
            "the strength of a penalty must be a number of at least 0, not " + strength);
      }
    }

    /** Whether there is no penalty. */
    public boolean isNone() {
      return strength == 0;
    }
  }

  /**
   * What is planned.
   *
   * @param neuronSteps of each layer: T * N * C * H * W
   */
  record Spec(Objective objective, ImmutableLongArray neuronSteps) {
    /** Number of layers. */
    public int layers() {
      return neuronSteps.length();
    }

    /** What (rate - target) of a layer is multiplied by: the gradient of each of its spikes. */
    public float slope(int layer) {
      return (float) (2 * objective.strength() / neuronSteps.get(layer));
    }

    /** Refuses buffers that do not fit. */
    public void check(Buffer activity, Buffer gradients, Buffer result) {
      BufferChecks.require("activity of the layers", activity, DType.FLOAT32, 2L * layers());
      BufferChecks.require("gradients of the layers", gradients, DType.FLOAT32, layers());
      BufferChecks.require("result of a penalty", result, DType.FLOAT32, 1);
    }
  }

  /**
   * The penalty and its gradients, in float32, layer by layer.
   *
   * @param activity as {@link NeuronUnit.Forward#activity} has it, layer after layer
   * @param gradients written, one a layer: of each of its spikes, for {@link
   *     NeuronUnit.Backward#everySpike}
   * @param result written, 1 element: the penalty
   * @param lossScale as {@link Loss#backward} takes it: gradients are multiplied by its first
   *     element; null for no scaling
   */
  void apply(Buffer activity, Buffer gradients, Buffer result, @Nullable Buffer lossScale);
}
