package org.klif.profile;

import org.jspecify.annotations.Nullable;
import org.klif.device.Attention;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.CapturedWork;
import org.klif.device.Convolution;
import org.klif.device.InputQueue;
import org.klif.device.Linear;
import org.klif.device.Loss;
import org.klif.device.NeuronUnit;
import org.klif.device.Operations;
import org.klif.device.OptimizerStep;
import org.klif.device.PlannedOperation;
import org.klif.device.Pooling;
import org.klif.device.Product;
import org.klif.device.RatePenalty;

/** Planned operations that a recorder is told of; each is done by the one inside. */
final class ProfiledOperations {
  private interface Wrapping extends PlannedOperation {
    PlannedOperation inner();

    @Override
    default void close() {
      inner().close();
    }
  }

  /** A convolution or a linear layer, by its name in the profile. */
  record OfProduct(String name, Product inner, Recorder recorder, Cost cost)
      implements Convolution, Linear, Wrapping {
    @Override
    public void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y) {
      recorder.operation(name, cost, () -> inner.forward(x, weight, bias, y));
    }

    @Override
    public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
      recorder.operation(name + ", gradient of x", cost, () -> inner.backwardData(gy, weight, gx));
    }

    @Override
    public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
      recorder.operation(
          name + ", gradient of w", cost, () -> inner.backwardWeights(x, gy, gWeight, gBias));
    }
  }

  record OfAttention(Attention inner, Recorder recorder, Cost cost, Cost gradient)
      implements Attention, Wrapping {
    @Override
    public void forward(Attention.Forward io) {
      recorder.operation("attention", cost, () -> inner.forward(io));
    }

    @Override
    public void backward(Attention.Backward io) {
      recorder.operation("attention, gradient", gradient, () -> inner.backward(io));
    }
  }

  record OfPooling(Pooling inner, Recorder recorder, Cost forward, Cost backward)
      implements Pooling, Wrapping {
    @Override
    public void forward(Buffer x, Buffer y) {
      recorder.operation("pooling", forward, () -> inner.forward(x, y));
    }

    @Override
    public void backward(Buffer x, Buffer gy, Buffer gx) {
      recorder.operation("pooling, gradient", backward, () -> inner.backward(x, gy, gx));
    }
  }

  record OfNeuronUnit(NeuronUnit inner, Recorder recorder, String name, Cost forward, Cost backward)
      implements NeuronUnit, Wrapping {
    @Override
    public void forward(NeuronUnit.Forward io) {
      recorder.operation(name, forward, () -> inner.forward(io));
    }

    @Override
    public void backward(NeuronUnit.Backward io) {
      recorder.operation(name + ", gradient", backward, () -> inner.backward(io));
    }
  }

  record OfBatchNorm(BatchNorm inner, Recorder recorder, Costs costs, Spec spec)
      implements BatchNorm, Wrapping {
    @Override
    public void statistics(Buffer x, State state) {
      recorder.operation(
          "batch norm, statistics",
          costs.norm(spec, 1, Operations.MOMENTS),
          () -> inner.statistics(x, state));
    }

    @Override
    public void fold(State state) {
      recorder.operation("batch norm, running values", Cost.NONE, () -> inner.fold(state));
    }

    @Override
    public void apply(Buffer x, State state, Buffer y) {
      recorder.operation(
          "batch norm, affine",
          costs.norm(spec, 2, Operations.AFFINE),
          () -> inner.apply(x, state, y));
    }

    @Override
    public void reduce(Buffer x, Buffer g, State state, Buffer sums) {
      recorder.operation(
          "batch norm, sums",
          costs.norm(spec, 2, Operations.NORM_SUMS),
          () -> inner.reduce(x, g, state, sums));
    }

    @Override
    public void backward(
        Buffer x, Buffer g, State state, Buffer sums, Buffer gx, Buffer gGamma, Buffer gBeta) {
      recorder.operation(
          "batch norm, gradient",
          costs.norm(spec, 3, Operations.NORM_GRADIENT),
          () -> inner.backward(x, g, state, sums, gx, gGamma, gBeta));
    }
  }

  record OfLoss(Loss inner, Recorder recorder, Cost cost, Cost gradient) implements Loss, Wrapping {
    @Override
    public void forward(Buffer output, Buffer labels, Buffer rate, Buffer result) {
      recorder.operation("loss", cost, () -> inner.forward(output, labels, rate, result));
    }

    @Override
    public void backward(
        Buffer output, Buffer rate, Buffer labels, Buffer gOutput, @Nullable Buffer lossScale) {
      recorder.operation(
          "loss, gradient",
          gradient,
          () -> inner.backward(output, rate, labels, gOutput, lossScale));
    }
  }

  record OfRatePenalty(RatePenalty inner, Recorder recorder) implements RatePenalty, Wrapping {
    @Override
    public void apply(
        Buffer activity, Buffer gradients, Buffer result, @Nullable Buffer lossScale) {
      recorder.operation(
          "penalty on firing rates",
          Cost.NONE,
          () -> inner.apply(activity, gradients, result, lossScale));
    }
  }

  record OfOptimizer(OptimizerStep inner, Recorder recorder, Cost cost)
      implements OptimizerStep, Wrapping {
    @Override
    public void step(
        Buffer parameters,
        Buffer gradients,
        Buffer first,
        @Nullable Buffer second,
        Buffer schedule,
        Buffer norm,
        @Nullable Buffer lossScale) {
      recorder.operation(
          "optimizer",
          cost,
          () -> inner.step(parameters, gradients, first, second, schedule, norm, lossScale));
    }
  }

  record OfQueue(InputQueue inner, Recorder recorder, Cost cost) implements InputQueue {
    @Override
    public void put(float[] images, int[] labels) {
      recorder.operation("batch put into the queue", cost, () -> inner.put(images, labels));
    }

    @Override
    public void take() {
      recorder.operation("batch taken from the queue", cost, inner::take);
    }

    @Override
    public int waiting() {
      return inner.waiting();
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** In a recorded step the operations are given to the device one by one, never as a record. */
  record OfWork(CapturedWork inner, Recorder recorder, Runnable work) implements CapturedWork {
    @Override
    public void run() {
      if (recorder.recording()) {
        work.run();
      } else {
        inner.run();
      }
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  private ProfiledOperations() {}
}
