package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Convolution;
import org.klif.tensor.ActivationShape;

/** Convolution over all images of the sequence at once (T folded into the batch). */
record ConvolutionLayer(
    String name,
    int out,
    int kernel,
    int stride,
    int padding,
    Parameter weight,
    @Nullable Parameter bias)
    implements Layer {

  @Override
  public boolean hasParameters() {
    return true;
  }

  /** What is planned for an input of that shape. */
  static Convolution.Spec spec(
      ActivationShape input, int out, int kernel, int stride, int padding) {
    return new Convolution.Spec(
        input.images(),
        input.channels(),
        input.height(),
        input.width(),
        out,
        kernel,
        stride,
        padding);
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final ConvolutionLayer layer;
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final Convolution convolution;
    private final @Nullable StepProduct step;
    private Slot gOutput;
    private @Nullable Slot gInput;

    Plan(ConvolutionLayer layer, PlanContext context, Activation input) {
      this.layer = layer;
      this.context = context;
      this.input = input;
      Convolution.Spec spec =
          spec(
              context.productShape(input.shape()),
              layer.out,
              layer.kernel,
              layer.stride,
              layer.padding);
      convolution = context.own(context.device().convolution(spec));
      output =
          context.activation(input.shape().withImage(layer.out, spec.outHeight(), spec.outWidth()));
      step = StepProduct.plan(context, input, output);
      context.addWeighted(layer.name, input);
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
        product(input.buffer(), output.buffer());
      } else {
        step.run(this::product);
      }
    }

    private void product(Buffer x, Buffer y) {
      Buffer bias = layer.bias == null ? null : layer.bias.buffer();
      convolution.forward(x, layer.weight.buffer(), bias, y);
    }

    @Override
    public void backward() {
      if (gInput != null) {
        convolution.backwardData(gOutput.buffer(), layer.weight.buffer(), gInput.buffer());
      }
      Buffer gBias = layer.bias == null ? null : layer.bias.gradient();
      convolution.backwardWeights(input.buffer(), gOutput.buffer(), layer.weight.gradient(), gBias);
    }
  }
}
