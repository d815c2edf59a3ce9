package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Product;
import org.klif.tensor.ActivationShape;

/** A convolution or a linear layer over all images of the sequence at once (T folded in). */
final class ProductPlan implements LayerPlan {
  private final PlanContext context;
  private final Product product;
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final Activation input;
  private final Activation output;
  private final @Nullable StepProduct step;
  private Slot gOutput;
  private @Nullable Slot gInput;

  /**
   * Plans memory around a product.
   *
   * @param name the layer's
   * @param product planned for {@link PlanContext#productShape}; the context owns it from now on
   * @param outputShape of the activation
   */
  ProductPlan(
      PlanContext context,
      String name,
      Product product,
      Parameter weight,
      @Nullable Parameter bias,
      Activation input,
      ActivationShape outputShape) {
    this.context = context;
    this.product = context.own(product);
    this.weight = weight;
    this.bias = bias;
    this.input = input;
    output = context.activation(outputShape);
    step = StepProduct.plan(context, output, input);
    context.addMultiplied(name, input);
  }

  @Override
  public Activation output() {
    return output;
  }

  @Override
  public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
    gOutput = gradient;
    gInput = needInput ? context.acquire(input.shape().elements()) : null;
    return gInput;
  }

  @Override
  public void forward(boolean training) {
    if (step == null) {
      forward(input.buffer(), output.buffer());
    } else {
      step.run((x, y) -> forward(x.get(0), y));
    }
  }

  private void forward(Buffer x, Buffer y) {
    product.forward(x, weight.buffer(), bias == null ? null : bias.buffer(), y);
  }

  @Override
  public void backward() {
    if (gInput != null) {
      product.backwardData(gOutput.buffer(), weight.buffer(), gInput.buffer());
    }
    product.backwardWeights(
        input.buffer(), gOutput.buffer(), weight.gradient(), bias == null ? null : bias.gradient());
  }
}
