package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.Convolution;
import org.klif.tensor.ActivationShape;
import org.klif.tensor.Extent;

/** Convolution over all images of the sequence at once (T folded into the batch). */
record ConvolutionLayer(
    String name,
    int out,
    Extent kernel,
    Extent stride,
    Extent padding,
    Parameter weight,
    @Nullable Parameter bias)
    implements Layer {

  @Override
  public boolean hasParameters() {
    return true;
  }

  /** What is planned for an input of that shape. */
  static Convolution.Spec spec(
      ActivationShape input, int out, Extent kernel, Extent stride, Extent padding) {
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
    Convolution.Spec spec = spec(context.productShape(input.shape()), out, kernel, stride, padding);
    return new ProductPlan(
        context,
        name,
        context.device().convolution(spec),
        weight,
        bias,
        input,
        input.shape().withImage(out, spec.outHeight(), spec.outWidth()));
  }
}
