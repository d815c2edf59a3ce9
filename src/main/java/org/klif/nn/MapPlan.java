package org.klif.nn;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.tensor.ActivationShape;

/** The plan of a layer without parameters: its output from its input, and their gradients. */
final class MapPlan implements LayerPlan {
  private final PlanContext context;
  private final Activation input;
  private final Activation output;
  private final BiConsumer<Buffer, Buffer> forward;
  private final BiConsumer<Buffer, Buffer> backward;
  private Slot gOutput;
  private Slot gInput;

  /**
   * Plans the memory.
   *
   * @param forward reads the input and writes the output
   * @param backward reads the output's gradient and writes that of the input
   */
  MapPlan(
      PlanContext context,
      Activation input,
      ActivationShape outputShape,
      BiConsumer<Buffer, Buffer> forward,
      BiConsumer<Buffer, Buffer> backward) {
    this.context = context;
    this.input = input;
    this.output = context.activation(outputShape);
    this.forward = forward;
    this.backward = backward;
  }

  @Override
  public Activation output() {
    return output;
  }

  @Override
  public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
    gOutput = gradient;
    gInput = context.acquire(input.shape().elements());
    return gInput;
  }

  @Override
  public void forward(boolean training) {
    forward.accept(input.buffer(), output.buffer());
  }

  @Override
  public void backward() {
    backward.accept(gOutput.buffer(), gInput.buffer());
  }

  /**
   * The plan of a layer that leaves memory as it is.
   *
   * @param output in the memory of the input
   */
  record Alias(Activation output) implements LayerPlan {
    @Override
    public Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      return gradient;
    }

    @Override
    public void forward(boolean training) {}

    @Override
    public void backward() {}
  }
}
