package org.klif.device.cuda;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;

/**
 * Convolution by cuDNN, channels last; weights are kept as (out, kh, kw, in), which is cuDNN's
 * order for filters of channels last. A pass that cuDNN has on channels first only runs on copies.
 * With 16-bit activations it reads the weights' rounded copy, and the weight gradient, which cuDNN
 * rounds to 16 bits at the end of its float32 sums, is widened again.
 */
final class CudaConvolution implements Convolution {
  /** What starts a part of the scratch memory is aligned so. */
  private static final long ALIGNMENT = 256;

  private final CudaDevice device;
  private final Spec spec;
  private final Sizes sizes;
  private final LibraryPrecision precision;
  private final BufferScope owned;
  private final String name;
  private final Map<ConvolutionPass, PlannedPass> passes = new EnumMap<>(ConvolutionPass.class);
  private final Tensor input;
  private final Tensor filter;
  private final Tensor output;
  private final CudaBias bias;

  // cuDNN's workspace, the filter in 16 bits, and the copies with channels first
  private SharedWorkspace.Lease scratch;
  private long narrowFilterAt;

  /** Plans all three passes. */
  CudaConvolution(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.sizes = spec.sizes();
    this.input = new Tensor(spec.images(), spec.inChannels(), spec.inHeight() * spec.inWidth());
    this.filter = new Tensor(spec.outChannels(), spec.inChannels(), spec.kernel().area());
    this.output = new Tensor(spec.images(), spec.outChannels(), spec.outHeight() * spec.outWidth());
    this.precision = LibraryPrecision.of(device.precision());
    this.owned = new BufferScope(device);
    device.cudnn(); // loads the library, before anything of JCudnn is touched
    this.name =
        "convolution of %d images, %dx%dx%d to %d, kernel %s, stride %s, padding %s, %s"
            .formatted(
                spec.images(),
                spec.inChannels(),
                spec.inHeight(),
                spec.inWidth(),
                spec.outChannels(),
                spec.kernel(),
                spec.stride(),
                spec.padding(),
                device.precision().token());
    try {
      for (ConvolutionPass pass : ConvolutionPass.values()) {
        passes.put(pass, owned.own(PlannedPass.plan(device, spec, pass, name)));
      }
      long outPixels = sizes.output() / spec.outChannels();
      bias =
          owned.own(new CudaBias(device, precision.activations(), outPixels, spec.outChannels()));
      scratch = lease();
    } catch (RuntimeException e) {
      throw owned.closeAfter(e);
    }
  }

  /** Parts of the shared scratch memory, as the choices of algorithms need them. */
  private SharedWorkspace.Lease lease() {
    boolean copies = choices().stream().anyMatch(choice -> !choice.channelsLast());
    long workspace = choices().stream().mapToLong(AlgorithmChoice::workspace).max().orElse(0);
    narrowFilterAt = aligned(workspace);
    long end = narrowFilterAt + (precision.half() ? filter.bytes() : 0);
    for (Tensor tensor : List.of(filter, input, output)) {
      tensor.copyAt = end;
      end += copies ? tensor.bytes() : 0;
    }
    return owned.own(device.scratch().lease(end));
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** One of the three arrays, or its gradient: images of pixels of channels. */
  private final class Tensor {
    private final int images;
    private final int channels;
    private final int pixels;
    private long copyAt;

    Tensor(int images, int channels, int pixels) {
      this.images = images;
      this.channels = channels;
      this.pixels = pixels;
    }

    private long size() {
      return (long) images * channels * pixels;
    }

    private long bytes() {
      return aligned(size() * precision.activations().bytes());
    }

    /** Memory of the copy with channels first. */
    private CudaBuffer copy() {
      return scratch.part(precision.activations(), copyAt, size());
    }

    /** The array as a pass reads it. */
    private CudaBuffer read(CudaBuffer from, boolean channelsLast) {
      if (channelsLast) {
        return from;
      }
      device.channelsFirst(from, images, channels, pixels, copy());
      return copy();
    }
  }

  /** How the three passes are computed: forward, input gradient, weight gradient. */
  List<AlgorithmChoice> choices() {
    return passes.values().stream().map(PlannedPass::choice).toList();
  }

  @Override
  public void forward(Buffer x, Buffer weight, @Nullable Buffer b, Buffer y) {
    sizes.check(x, weight, b, y, precision.activations());
    run(
        ConvolutionPass.FORWARD,
        output,
        () -> CudaBuffer.of(y),
        (pass, last, to) ->
            pass.run(
                input.read(CudaBuffer.of(x), last),
                filter.read(readable(weight), last),
                to,
                scratch.pointer()));
    if (b != null) {
      bias.add(y, b);
    }
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    sizes.check(gx, weight, null, gy, precision.activations());
    run(
        ConvolutionPass.BACKWARD_DATA,
        input,
        () -> CudaBuffer.of(gx),
        (pass, last, to) ->
            pass.run(
                to,
                filter.read(readable(weight), last),
                output.read(CudaBuffer.of(gy), last),
                scratch.pointer()));
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    sizes.check(x, gWeight, gBias, gy, precision.activations());
    run(
        ConvolutionPass.BACKWARD_FILTER,
        filter,
        () -> precision.half() ? narrowFilter() : CudaBuffer.of(gWeight),
        (pass, last, to) ->
            pass.run(
                input.read(CudaBuffer.of(x), last),
                to,
                output.read(CudaBuffer.of(gy), last),
                scratch.pointer()));
    if (precision.half()) {
      device.copy(narrowFilter(), gWeight);
    }
    if (gBias != null) {
      bias.gradient(gy, gBias);
    }
  }

  /** The filter in 16 bits, or its gradient before it is widened. */
  private CudaBuffer narrowFilter() {
    return scratch.part(precision.activations(), narrowFilterAt, sizes.weight());
  }

  /** The weights in the type that cuDNN reads. */
  private CudaBuffer readable(Buffer weight) {
    return CudaBuffer.of(weight).weights(precision.activations(), this::narrowFilter);
  }

  /** Gives a pass to the stream, its operands in the order asked for; false: not supported. */
  private interface Attempt {
    boolean run(PlannedPass pass, boolean channelsLast, CudaBuffer result);
  }

  /** Runs a pass, on channels first if channels last turn out not to be supported. */
  private void run(
      ConvolutionPass kind, Tensor result, Supplier<CudaBuffer> target, Attempt attempt) {
    PlannedPass pass = Objects.requireNonNull(passes.get(kind));
    boolean last = pass.choice().channelsLast();
    if (!attempt.run(pass, last, last ? target.get() : result.copy())) {
      last = false;
      pass =
          PlannedPass.plan(device, spec, kind, name, false)
              .orElseThrow(
                  () ->
                      new KlifException(
                          "cuDNN does not support the %s of a %s after all; install a newer cuDNN 9, or use another precision"
                              .formatted(kind.title(), name)));
      passes.put(kind, owned.own(pass));
      scratch = lease();
      attempt.run(pass, false, result.copy());
    }
    if (!last) {
      device.channelsLast(
          result.copy(), result.images, result.channels, result.pixels, target.get());
    }
  }

  @Override
  public void close() {
    owned.close();
  }
}
