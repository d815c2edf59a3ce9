package org.klif.nn;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.tensor.ActivationShape;

/**
 * A product (convolution, linear layer) in a stream. Libraries choose their algorithm, and with it
 * the order of sums, by the number of images. Where a stream shall have the bits of the run over
 * all T, its product is therefore the one of that run, T * N images, with those of this step at
 * their place; the others hold what earlier work left, and are not looked at.
 */
final class StepProduct {
  private final PlanContext context;
  private final Activation input;
  private final Activation output;
  private final Slot wholeInput;
  private final Slot wholeOutput;

  private StepProduct(
      PlanContext context, Activation input, Activation output, ActivationShape whole) {
    this.context = context;
    this.input = input;
    this.output = output;
    int steps = whole.steps();
    wholeInput = context.acquire(Math.multiplyExact(steps, input.shape().elements()));
    wholeOutput = context.acquire(Math.multiplyExact(steps, output.shape().elements()));
    context.release(wholeInput);
    context.release(wholeOutput);
  }

  /**
   * Plans the memory, where the product is another than that of one step; the product itself is
   * planned for {@link PlanContext#productShape}.
   */
  static @Nullable StepProduct plan(PlanContext context, Activation input, Activation output) {
    ActivationShape whole = context.productShape(input.shape());
    return whole.equals(input.shape()) ? null : new StepProduct(context, input, output, whole);
  }

  /** Runs a product, which reads its first and writes its second argument. */
  void run(BiConsumer<Buffer, Buffer> product) {
    long in = input.shape().elements();
    long out = output.shape().elements();
    int step = context.step();
    context.device().copy(input.buffer(), wholeInput.buffer().view(step * in, in));
    product.accept(wholeInput.buffer(), wholeOutput.buffer());
    context.device().copy(wholeOutput.buffer().view(step * out, out), output.buffer());
  }
}
