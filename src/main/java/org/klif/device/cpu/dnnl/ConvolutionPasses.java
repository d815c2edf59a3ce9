package org.klif.device.cpu.dnnl;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Ints;
import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.klif.KlifException;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.tensor.Extent;

/** The primitives of one convolution shape, each built when it is first used. */
final class ConvolutionPasses {
  private static final long[] NO_DILATION = {0, 0};
  private static final int WEIGHTS = 1;
  private static final int AVX2_LANES = 8;

  /** A pass, and the arguments of its primitive: activations, weights, activations, bias. */
  enum Kind {
    FORWARD(
        "forward pass",
        dnnl.DNNL_ARG_SRC,
        dnnl.DNNL_ARG_WEIGHTS,
        dnnl.DNNL_ARG_DST,
        dnnl.DNNL_ARG_BIAS),
    BACKWARD_DATA(
        "data gradient", dnnl.DNNL_ARG_DIFF_DST, dnnl.DNNL_ARG_WEIGHTS, dnnl.DNNL_ARG_DIFF_SRC),
    BACKWARD_WEIGHTS(
        "weight gradient",
        dnnl.DNNL_ARG_SRC,
        dnnl.DNNL_ARG_DIFF_WEIGHTS,
        dnnl.DNNL_ARG_DIFF_DST,
        dnnl.DNNL_ARG_DIFF_BIAS);

    private final String title;
    private final ImmutableList<Integer> arguments;

    Kind(String title, Integer... arguments) {
      this.title = title;
      this.arguments = ImmutableList.copyOf(arguments);
    }
  }

  private final OneDnn oneDnn;
  private final Convolution.Spec shape;
  private final DType type;
  private final long[] input;
  private final long[] weights;
  private final long[] bias;
  private final long[] output;
  private final long[] strides;
  private final long[] padding;
  private final Map<Kind, Pass> plain = new EnumMap<>(Kind.class);
  private final Map<Kind, Pass> biased = new EnumMap<>(Kind.class);

  ConvolutionPasses(OneDnn oneDnn, Convolution.Spec shape, DType type) {
    this.oneDnn = oneDnn;
    this.shape = shape;
    this.type = type;
    input = new long[] {shape.images(), shape.inChannels(), shape.inHeight(), shape.inWidth()};
    Extent kernel = shape.kernel();
    weights = new long[] {shape.outChannels(), shape.inChannels(), kernel.height(), kernel.width()};
    bias = new long[] {shape.outChannels()};
    output = new long[] {shape.images(), shape.outChannels(), shape.outHeight(), shape.outWidth()};
    strides = new long[] {shape.stride().height(), shape.stride().width()};
    padding = new long[] {shape.padding().height(), shape.padding().width()};
  }

  Convolution.Spec shape() {
    return shape;
  }

  /**
   * Runs a pass on memory at these addresses.
   *
   * @param first of the primitive's two activations
   * @param w the weights, or their gradient
   * @param biasAt the bias, or its gradient; 0 for none
   */
  void run(Kind kind, long first, long w, long second, long biasAt) {
    Pass pass = pass(kind, biasAt != 0);
    Primitive main = pass.main;
    main.set(0, first);
    main.set(2, second);
    if (biasAt != 0) {
      main.set(3, biasAt);
    }
    Primitive reorder = pass.reorder;
    if (reorder == null) {
      main.set(WEIGHTS, w);
      main.run();
      return;
    }
    long own = oneDnn.weights().address();
    boolean gradient = kind == Kind.BACKWARD_WEIGHTS;
    main.set(WEIGHTS, own);
    reorder.set(0, gradient ? own : w);
    reorder.set(1, gradient ? w : own);
    (gradient ? main : reorder).run();
    (gradient ? reorder : main).run();
  }

  /** oneDNN's name of the implementation of a pass without bias. */
  String implementation(Kind kind) {
    return pass(kind, false).main.implementation();
  }

  private Pass pass(Kind kind, boolean withBias) {
    return (withBias ? biased : plain).computeIfAbsent(kind, k -> build(k, withBias));
  }

  private Pass build(Kind kind, boolean withBias) {
    String work = "the %s of convolution %s".formatted(kind.title, shape);
    try (Descriptors scope = new Descriptors(work)) {
      dnnl_primitive_desc description = describe(scope, kind, withBias);
      boolean gradient = kind == Kind.BACKWARD_WEIGHTS;
      dnnl_memory_desc usual =
          scope.tagged(gradient ? DType.FLOAT32 : type, dnnl.dnnl_hwio, weights);
      int query = gradient ? dnnl.dnnl_query_diff_weights_md : dnnl.dnnl_query_weights_md;
      dnnl_memory_desc own = dnnl.dnnl_primitive_desc_query_md(description, query, 0);
      Primitive reorder =
          gradient ? reorder(scope, work, own, usual) : reorder(scope, work, usual, own);
      int[] arguments = Ints.toArray(kind.arguments.subList(0, withBias ? 4 : 3));
      return new Pass(new Primitive(oneDnn, work, description, arguments), reorder);
    }
  }

  private dnnl_primitive_desc describe(Descriptors scope, Kind kind, boolean withBias) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    dnnl_primitive_desc hint =
        kind == Kind.FORWARD ? null : describe(scope, Kind.FORWARD, withBias);
    dnnl_memory_desc x = scope.tagged(type, dnnl.dnnl_nhwc, input);
    dnnl_memory_desc w = scope.any(kind == Kind.BACKWARD_WEIGHTS ? DType.FLOAT32 : type, weights);
    dnnl_memory_desc b = withBias ? scope.tagged(DType.FLOAT32, dnnl.dnnl_x, bias) : null;
    dnnl_memory_desc y = scope.tagged(type, dnnl.dnnl_nhwc, output);
    int status =
        switch (kind) {
          case FORWARD ->
              dnnl.dnnl_convolution_forward_primitive_desc_create(
                  description,
                  oneDnn.engine(),
                  dnnl.dnnl_forward_training,
                  dnnl.dnnl_convolution_direct,
                  x,
                  w,
                  b,
                  y,
                  strides,
                  NO_DILATION,
                  padding,
                  padding,
                  scope.attributes());
          case BACKWARD_DATA ->
              dnnl.dnnl_convolution_backward_data_primitive_desc_create(
                  description,
                  oneDnn.engine(),
                  dnnl.dnnl_convolution_direct,
                  x,
                  w,
                  y,
                  strides,
                  NO_DILATION,
                  padding,
                  padding,
                  hint,
                  scope.attributes());
          case BACKWARD_WEIGHTS ->
              dnnl.dnnl_convolution_backward_weights_primitive_desc_create(
                  description,
                  oneDnn.engine(),
                  dnnl.dnnl_convolution_direct,
                  x,
                  w,
                  b,
                  y,
                  strides,
                  NO_DILATION,
                  padding,
                  padding,
                  hint,
                  scope.attributes());
        };
    String pass = Ascii.toLowerCase(kind.name());
    scope.owned(description, status, "dnnl_convolution_%s_primitive_desc_create".formatted(pass));
    if (kind == Kind.BACKWARD_WEIGHTS && shape.kernel().area() == 1 && shape.stride().area() > 1) {
      withoutTails(description);
    }
    return description;
  }

  /**
   * Passes over the gradient of 1x1 filters with a stride that oneDNN 3.11 has for AVX2: where the
   * input's channels do not fill its vectors, it gives wrong sums with more than one thread, and
   * may end the process.
   */
  private void withoutTails(dnnl_primitive_desc description) {
    while (shape.inChannels() % AVX2_LANES != 0
        && Primitive.implementationOf(description).startsWith("jit_1x1")) {
      Status.check(
          dnnl.dnnl_primitive_desc_next_impl(description),
          "dnnl_primitive_desc_next_impl",
          "the weight gradient of convolution " + shape);
    }
  }

  /** The reorder between two orders of the weights, null where they are the same. */
  private Primitive reorder(
      Descriptors scope, String work, dnnl_memory_desc from, dnnl_memory_desc to) {
    if (dnnl.dnnl_memory_desc_equal(from, to) != 0) {
      return null;
    }
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    int status =
        dnnl.dnnl_reorder_primitive_desc_create(
            description, from, oneDnn.engine(), to, oneDnn.engine(), scope.attributes());
    scope.owned(description, status, "dnnl_reorder_primitive_desc_create");
    oneDnn
        .weights()
        .reserve(
            Math.max(dnnl.dnnl_memory_desc_get_size(from), dnnl.dnnl_memory_desc_get_size(to)));
    return new Primitive(
        oneDnn, "the weight order for " + work, description, dnnl.DNNL_ARG_FROM, dnnl.DNNL_ARG_TO);
  }

  /**
   * @param main the convolution itself
   * @param reorder brings the weights into its order, or their gradient out of it; null when it
   *     takes them as they are
   */
  private record Pass(Primitive main, Primitive reorder) {}

  /** Refuses a null address. */
  void require(long address, String name) {
    if (address == 0) {
      throw new KlifException("Convolution " + shape + " got no memory for " + name + ".");
    }
  }
}
