package org.klif.nn;

import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.tensor.ActivationShape;

/**
 * A product (convolution, linear layer, attention) in a stream. Libraries choose their algorithm,
 * and with it the order of sums, by the number of images. Where a stream shall have the bits of the
 * run over all T, its product is therefore the one of that run, T * N images, with those of this
 * step at their place; the others hold what earlier work left, and are not looked at.
 */
final class StepProduct {
  private final PlanContext context;
  private final List<Activation> inputs;
  private final Activation output;
  private final List<Slot> wholeInputs;
  private final Slot wholeOutput;

  private StepProduct(
      PlanContext context, Activation output, List<Activation> inputs, ActivationShape whole) {
    this.context = context;
    this.inputs = inputs;
    this.output = output;
    int steps = whole.steps();
    wholeInputs = inputs.stream().map(input -> acquire(steps, input)).toList();
    wholeOutput = acquire(steps, output);
    wholeInputs.forEach(context::release);
    context.release(wholeOutput);
  }

  private Slot acquire(int steps, Activation step) {
    return context.acquire(Math.multiplyExact(steps, step.shape().elements()));
  }

  /**
   * Plans the memory, where the product is another than that of one step; the product itself is
   * planned for {@link PlanContext#productShape}.
   *
   * @param inputs all constant over time, or none
   */
  static @Nullable StepProduct plan(PlanContext context, Activation output, Activation... inputs) {
    ActivationShape whole = context.productShape(inputs[0].shape());
    return whole.equals(inputs[0].shape())
        ? null
        : new StepProduct(context, output, List.of(inputs), whole);
  }

  /** Runs a product, which reads its first arguments and writes its second. */
  void run(BiConsumer<List<Buffer>, Buffer> product) {
    long out = output.shape().elements();
    int step = context.step();
    for (int i = 0; i < inputs.size(); i++) {
      long in = inputs.get(i).shape().elements();
      Buffer place = wholeInputs.get(i).buffer().view(step * in, in);
      context.device().copy(inputs.get(i).buffer(), place);
    }
    product.accept(wholeInputs.stream().map(Slot::buffer).toList(), wholeOutput.buffer());
    context.device().copy(wholeOutput.buffer().view(step * out, out), output.buffer());
  }
}
