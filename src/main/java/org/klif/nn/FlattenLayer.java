package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.tensor.ActivationShape;

/**
 * (C, H, W) to C*H*W features in that order, as PyTorch does, so that linear weights can be
 * exchanged. Nothing is moved where memory has that order already.
 */
record FlattenLayer(String name) implements Layer {

  @Override
  public boolean hasParameters() {
    return false;
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(context, input);
  }

  private static final class Plan implements LayerPlan {
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final boolean moves;
    private final int pixels;
    private Slot gOutput;
    private Slot gInput;

    Plan(PlanContext context, Activation input) {
      this.context = context;
      this.input = input;
      ActivationShape shape = input.shape();
      pixels = shape.height() * shape.width();
      moves = pixels > 1 && shape.channels() > 1;
      ActivationShape flat = shape.withImage(shape.features(), 1, 1);
      output =
          moves ? context.activation(flat) : new Activation(input.slot(), flat, input.shared());
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      gOutput = gradient;
      gInput = moves ? context.acquire(input.shape().elements()) : gradient;
      return gInput;
    }

    @Override
    public void forward(boolean training) {
      if (moves) {
        ActivationShape shape = input.shape();
        context
            .device()
            .channelsFirst(
                input.buffer(), shape.images(), shape.channels(), pixels, output.buffer());
      }
    }

    @Override
    public void backward() {
      if (moves) {
        ActivationShape shape = input.shape();
        context
            .device()
            .channelsLast(
                gOutput.buffer(), shape.images(), shape.channels(), pixels, gInput.buffer());
      }
    }
  }
}
