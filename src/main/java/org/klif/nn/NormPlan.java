package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.tensor.ActivationShape;

/**
 * The planned work of one batch norm, alone or in front of a neuron: statistics of the batch, and
 * the gradients once the sums are known. Where shards compute the batch together, both go through
 * {@link SharedNorm}.
 */
final class NormPlan {
  private final Normalization norm;
  private final BatchNorm operation;
  private final BatchNorm.State state;
  private final Buffer sums;
  private final @Nullable SharedNorm shared;

  NormPlan(PlanContext context, Normalization norm, ActivationShape input) {
    this.norm = norm;
    this.operation = context.own(context.device().batchNorm(norm.spec(input)));
    this.state = norm.state();
    this.sums = norm.sums();
    if (norm.spec(input).rows() == input.batch()) {
      context.addNormOfOneValue(norm.name());
    }
    BatchPart part = context.part();
    this.shared =
        part == null || !part.synchronizeNorm()
            ? null
            : new SharedNorm(context, part, norm, operation, input);
  }

  BatchNorm.State state() {
    return state;
  }

  /** 2 C sums of the gradient, for whoever computes them. */
  Buffer sums() {
    return sums;
  }

  /** Mean, invStd, scale and shift; in training also the running statistics. */
  void statistics(Buffer x, boolean training) {
    if (!training) {
      operation.fold(state);
    } else if (shared == null) {
      operation.statistics(x, state);
    } else {
      shared.statistics(x);
    }
  }

  /** y = scale x + shift. */
  void apply(Buffer x, Buffer y) {
    operation.apply(x, state, y);
  }

  /** Fills {@link #sums} where no neuron has done so. */
  void reduce(Buffer x, Buffer g) {
    operation.reduce(x, g, state, sums);
  }

  /** Gradients from {@link #sums}; gx may be g. */
  void backward(Buffer x, Buffer g, Buffer gx) {
    if (shared != null) {
      shared.addSums(sums);
    }
    operation.backward(x, g, state, sums, gx, norm.weight().gradient(), norm.bias().gradient());
  }
}
