package org.klif.device.cpu.dnnl;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.klif.KlifException;

/** The primitives of one convolution shape, each built when it is first used. */
final class ConvolutionPasses {
  private static final long[] NO_DILATION = {0, 0};

  private final OneDnn oneDnn;
  private final ConvolutionShape shape;
  private final DataType type;
  private final long[] input;
  private final long[] weights;
  private final long[] bias;
  private final long[] output;
  private final long[] strides;
  private final long[] padding;
  private final Pass[] forward = new Pass[2];
  private final Pass[] backwardWeights = new Pass[2];
  private Pass backwardData;

  ConvolutionPasses(OneDnn oneDnn, ConvolutionShape shape, DataType type) {
    this.oneDnn = oneDnn;
    this.shape = shape;
    this.type = type;
    input = new long[] {shape.images(), shape.inChannels(), shape.inHeight(), shape.inWidth()};
    weights = new long[] {shape.outChannels(), shape.inChannels(), shape.kernel(), shape.kernel()};
    bias = new long[] {shape.outChannels()};
    output = new long[] {shape.images(), shape.outChannels(), shape.outHeight(), shape.outWidth()};
    strides = new long[] {shape.stride(), shape.stride()};
    padding = new long[] {shape.padding(), shape.padding()};
  }

  ConvolutionShape shape() {
    return shape;
  }

  Pass forward(boolean withBias) {
    int index = withBias ? 1 : 0;
    if (forward[index] == null) {
      forward[index] = buildForward(withBias);
    }
    return forward[index];
  }

  Pass backwardData() {
    if (backwardData == null) {
      backwardData = buildBackwardData();
    }
    return backwardData;
  }

  Pass backwardWeights(boolean withBias) {
    int index = withBias ? 1 : 0;
    if (backwardWeights[index] == null) {
      backwardWeights[index] = buildBackwardWeights(withBias);
    }
    return backwardWeights[index];
  }

  private Pass buildForward(boolean withBias) {
    String work = "the forward pass of convolution " + shape;
    try (Descriptors scope = new Descriptors(work)) {
      dnnl_primitive_desc description = describeForward(scope, withBias);
      dnnl_memory_desc plain = scope.tagged(type, dnnl.dnnl_hwio, weights);
      dnnl_memory_desc wanted =
          dnnl.dnnl_primitive_desc_query_md(description, dnnl.dnnl_query_weights_md, 0);
      Primitive reorder = reorder(scope, work, plain, wanted);
      Primitive main =
          withBias
              ? new Primitive(
                  oneDnn,
                  work,
                  description,
                  dnnl.DNNL_ARG_SRC,
                  dnnl.DNNL_ARG_WEIGHTS,
                  dnnl.DNNL_ARG_DST,
                  dnnl.DNNL_ARG_BIAS)
              : new Primitive(
                  oneDnn,
                  work,
                  description,
                  dnnl.DNNL_ARG_SRC,
                  dnnl.DNNL_ARG_WEIGHTS,
                  dnnl.DNNL_ARG_DST);
      return new Pass(main, reorder);
    }
  }

  private Pass buildBackwardData() {
    String work = "the data gradient of convolution " + shape;
    try (Descriptors scope = new Descriptors(work)) {
      dnnl_primitive_desc hint = describeForward(scope, false);
      dnnl_primitive_desc description = new dnnl_primitive_desc();
      int status =
          dnnl.dnnl_convolution_backward_data_primitive_desc_create(
              description,
              oneDnn.engine(),
              dnnl.dnnl_convolution_direct,
              scope.tagged(type, dnnl.dnnl_nhwc, input),
              scope.any(type, weights),
              scope.tagged(type, dnnl.dnnl_nhwc, output),
              strides,
              NO_DILATION,
              padding,
              padding,
              hint,
              scope.attributes());
      scope.owned(description, status, "dnnl_convolution_backward_data_primitive_desc_create");
      dnnl_memory_desc plain = scope.tagged(type, dnnl.dnnl_hwio, weights);
      dnnl_memory_desc wanted =
          dnnl.dnnl_primitive_desc_query_md(description, dnnl.dnnl_query_weights_md, 0);
      Primitive reorder = reorder(scope, work, plain, wanted);
      Primitive main =
          new Primitive(
              oneDnn,
              work,
              description,
              dnnl.DNNL_ARG_DIFF_DST,
              dnnl.DNNL_ARG_WEIGHTS,
              dnnl.DNNL_ARG_DIFF_SRC);
      return new Pass(main, reorder);
    }
  }

  private Pass buildBackwardWeights(boolean withBias) {
    String work = "the weight gradient of convolution " + shape;
    try (Descriptors scope = new Descriptors(work)) {
      dnnl_primitive_desc hint = describeForward(scope, withBias);
      dnnl_primitive_desc description = new dnnl_primitive_desc();
      int status =
          dnnl.dnnl_convolution_backward_weights_primitive_desc_create(
              description,
              oneDnn.engine(),
              dnnl.dnnl_convolution_direct,
              scope.tagged(type, dnnl.dnnl_nhwc, input),
              scope.any(DataType.FLOAT32, weights),
              withBias ? scope.tagged(DataType.FLOAT32, dnnl.dnnl_x, bias) : null,
              scope.tagged(type, dnnl.dnnl_nhwc, output),
              strides,
              NO_DILATION,
              padding,
              padding,
              hint,
              scope.attributes());
      scope.owned(description, status, "dnnl_convolution_backward_weights_primitive_desc_create");
      dnnl_memory_desc plain = scope.tagged(DataType.FLOAT32, dnnl.dnnl_hwio, weights);
      dnnl_memory_desc produced =
          dnnl.dnnl_primitive_desc_query_md(description, dnnl.dnnl_query_diff_weights_md, 0);
      Primitive reorder = reorder(scope, work, produced, plain);
      Primitive main =
          withBias
              ? new Primitive(
                  oneDnn,
                  work,
                  description,
                  dnnl.DNNL_ARG_SRC,
                  dnnl.DNNL_ARG_DIFF_WEIGHTS,
                  dnnl.DNNL_ARG_DIFF_DST,
                  dnnl.DNNL_ARG_DIFF_BIAS)
              : new Primitive(
                  oneDnn,
                  work,
                  description,
                  dnnl.DNNL_ARG_SRC,
                  dnnl.DNNL_ARG_DIFF_WEIGHTS,
                  dnnl.DNNL_ARG_DIFF_DST);
      return new Pass(main, reorder);
    }
  }

  private dnnl_primitive_desc describeForward(Descriptors scope, boolean withBias) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    int status =
        dnnl.dnnl_convolution_forward_primitive_desc_create(
            description,
            oneDnn.engine(),
            dnnl.dnnl_forward_training,
            dnnl.dnnl_convolution_direct,
            scope.tagged(type, dnnl.dnnl_nhwc, input),
            scope.any(type, weights),
            withBias ? scope.tagged(DataType.FLOAT32, dnnl.dnnl_x, bias) : null,
            scope.tagged(type, dnnl.dnnl_nhwc, output),
            strides,
            NO_DILATION,
            padding,
            padding,
            scope.attributes());
    return scope.owned(description, status, "dnnl_convolution_forward_primitive_desc_create");
  }

  /** The reorder between two orders of the weights, null where they are the same. */
  private Primitive reorder(
      Descriptors scope, String work, dnnl_memory_desc from, dnnl_memory_desc to) {
    if (dnnl.dnnl_memory_desc_equal(from, to) != 0) {
      return null;
    }
    dnnl_primitive_attr attributes = scope.attributes();
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    int status =
        dnnl.dnnl_reorder_primitive_desc_create(
            description, from, oneDnn.engine(), to, oneDnn.engine(), attributes);
    scope.owned(description, status, "dnnl_reorder_primitive_desc_create");
    oneDnn
        .weights()
        .reserve(
            Math.max(dnnl.dnnl_memory_desc_get_size(from), dnnl.dnnl_memory_desc_get_size(to)));
    return new Primitive(
        oneDnn, "the weight order for " + work, description, dnnl.DNNL_ARG_FROM, dnnl.DNNL_ARG_TO);
  }

  /**
   * @param main the convolution itself; slot 1 is the weights or their gradient
   * @param reorder brings the weights into its order, or their gradient out of it; null when it
   *     takes them as they are
   */
  record Pass(Primitive main, Primitive reorder) {}

  /** Refuses a null address. */
  void require(long address, String name) {
    if (address == 0) {
      throw new KlifException("Convolution " + shape + " got no memory for " + name + ".");
    }
  }
}
