package org.klif.device.cuda;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;
import org.klif.device.DType;

/**
 * Convolution by cuDNN, channels last; weights are kept as (out, kh, kw, in), which is cuDNN's
 * order for filters of channels last. A pass that cuDNN has on channels first only runs on copies.
 * With 16-bit activations the float32 weights are copied to 16 bits before each use, and the weight
 * gradient, which cuDNN rounds to 16 bits at the end of its float32 sums, is widened again.
 */
final class CudaConvolution implements Convolution {
  /** What starts a part of the scratch memory is aligned so. */
  private static final long ALIGNMENT = 256;

  private final CudaDevice device;
  private final Spec spec;
  private final LibraryPrecision precision;
  private final BufferScope owned;
  private final String name;
  private final Map<ConvolutionPass, PlannedPass> passes = new EnumMap<>(ConvolutionPass.class);
  private final CudaBias bias;
  private Scratch scratch;

  /** Plans all three passes. */
  CudaConvolution(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.precision = LibraryPrecision.of(device.precision());
    this.owned = new BufferScope(device);
    device.cudnn(); // loads the library, before anything of JCudnn is touched
    this.name =
        "convolution of %d images, %dx%dx%d to %d, kernel %d, stride %d, padding %d, %s"
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
      bias =
          owned.own(new CudaBias(device, precision.activations(), outPixels(), spec.outChannels()));
      scratch = new Scratch();
      owned.own(scratch.lease);
    } catch (RuntimeException e) {
      closeAfter(e);
      throw e;
    }
  }

  /**
   * Parts of the shared scratch memory: cuDNN's workspace, the filter in 16 bits, and the copies
   * with channels first.
   */
  private final class Scratch {
    private final SharedWorkspace.Lease lease;
    private final long filter;
    private final long filterFirst;
    private final long inputFirst;
    private final long outputFirst;

    private Scratch() {
      boolean copies = choices().stream().anyMatch(choice -> !choice.channelsLast());
      long bytes = precision.activations().bytes();
      long workspace = choices().stream().mapToLong(AlgorithmChoice::workspace).max().orElse(0);
      filter = aligned(workspace);
      filterFirst = filter + (precision.half() ? aligned(weights() * bytes) : 0);
      inputFirst = filterFirst + (copies ? aligned(weights() * bytes) : 0);
      outputFirst = inputFirst + (copies ? aligned(inPixels() * spec.inChannels() * bytes) : 0);
      lease =
          device
              .scratch()
              .lease(
                  outputFirst + (copies ? aligned(outPixels() * spec.outChannels() * bytes) : 0));
    }

    private static long aligned(long bytes) {
      return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private Pointer workspace() {
      return lease.pointer();
    }

    private CudaBuffer filter() {
      return lease.part(precision.activations(), filter, weights());
    }

    private CudaBuffer filterFirst() {
      return lease.part(precision.activations(), filterFirst, weights());
    }

    private CudaBuffer inputFirst() {
      return lease.part(precision.activations(), inputFirst, inPixels() * spec.inChannels());
    }

    private CudaBuffer outputFirst() {
      return lease.part(precision.activations(), outputFirst, outPixels() * spec.outChannels());
    }
  }

  /** How the three passes are computed: forward, input gradient, weight gradient. */
  List<AlgorithmChoice> choices() {
    return passes.values().stream().map(PlannedPass::choice).toList();
  }

  private long inPixels() {
    return (long) spec.images() * spec.inHeight() * spec.inWidth();
  }

  private long outPixels() {
    return (long) spec.images() * spec.outHeight() * spec.outWidth();
  }

  private long weights() {
    return (long) spec.outChannels() * spec.inChannels() * spec.kernel() * spec.kernel();
  }

  @Override
  public void forward(Buffer x, Buffer weight, @Nullable Buffer b, Buffer y) {
    check(x, weight, b, y);
    run(
        ConvolutionPass.FORWARD,
        (pass, last) -> {
          CudaBuffer to = last ? CudaBuffer.of(y) : scratch.outputFirst();
          return pass.run(input(x, last), filter(weight, last), to, scratch.workspace());
        },
        () ->
            device.channelsLast(
                scratch.outputFirst(),
                spec.images(),
                spec.outChannels(),
                spec.outHeight() * spec.outWidth(),
                y));
    if (b != null) {
      bias.add(y, b);
    }
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    check(gx, weight, null, gy);
    run(
        ConvolutionPass.BACKWARD_DATA,
        (pass, last) -> {
          CudaBuffer to = last ? CudaBuffer.of(gx) : scratch.inputFirst();
          return pass.run(to, filter(weight, last), output(gy, last), scratch.workspace());
        },
        () ->
            device.channelsLast(
                scratch.inputFirst(),
                spec.images(),
                spec.inChannels(),
                spec.inHeight() * spec.inWidth(),
                gx));
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    check(x, gWeight, gBias, gy);
    run(
        ConvolutionPass.BACKWARD_FILTER,
        (pass, last) -> {
          CudaBuffer to = last ? filterGradient(gWeight) : scratch.filterFirst();
          return pass.run(input(x, last), to, output(gy, last), scratch.workspace());
        },
        () ->
            device.channelsLast(
                scratch.filterFirst(),
                spec.outChannels(),
                spec.inChannels(),
                spec.kernel() * spec.kernel(),
                filterGradient(gWeight)));
    if (precision.half()) {
      device.copy(scratch.filter(), gWeight);
    }
    if (gBias != null) {
      bias.gradient(gy, gBias);
    }
  }

  /** Where cuDNN's filter gradient goes before it is widened. */
  private CudaBuffer filterGradient(Buffer gWeight) {
    return precision.half() ? scratch.filter() : CudaBuffer.of(gWeight);
  }

  /** Gives a pass to the stream, its operands in the order asked for; false: not supported. */
  private interface Attempt {
    boolean run(PlannedPass pass, boolean channelsLast);
  }

  /** Runs a pass, on channels first if channels last turn out not to be supported. */
  private void run(ConvolutionPass kind, Attempt attempt, Runnable toChannelsLast) {
    PlannedPass pass = Objects.requireNonNull(passes.get(kind));
    boolean last = pass.choice().channelsLast();
    if (!attempt.run(pass, last)) {
      last = false;
      pass =
          PlannedPass.plan(device, spec, kind, name, false)
              .orElseThrow(
                  () ->
                      new KlifException(
                          "cuDNN does not support the %s of a %s after all; install a newer cuDNN 9, or use another --precision"
                              .formatted(kind.title(), name)));
      passes.put(kind, owned.own(pass));
      scratch = new Scratch();
      owned.own(scratch.lease);
      attempt.run(pass, false);
    }
    if (!last) {
      toChannelsLast.run();
    }
  }

  /** The weights as a pass reads them. */
  private CudaBuffer filter(Buffer weight, boolean last) {
    CudaBuffer from = CudaBuffer.of(weight);
    if (precision.half()) {
      CudaBuffer narrow = scratch.filter();
      device.copy(from, narrow);
      from = narrow;
    }
    if (last) {
      return from;
    }
    CudaBuffer first = scratch.filterFirst();
    device.channelsFirst(
        from, spec.outChannels(), spec.inChannels(), spec.kernel() * spec.kernel(), first);
    return first;
  }

  private CudaBuffer input(Buffer x, boolean last) {
    if (last) {
      return CudaBuffer.of(x);
    }
    CudaBuffer first = scratch.inputFirst();
    device.channelsFirst(
        x, spec.images(), spec.inChannels(), spec.inHeight() * spec.inWidth(), first);
    return first;
  }

  private CudaBuffer output(Buffer gy, boolean last) {
    if (last) {
      return CudaBuffer.of(gy);
    }
    CudaBuffer first = scratch.outputFirst();
    device.channelsFirst(
        gy, spec.images(), spec.outChannels(), spec.outHeight() * spec.outWidth(), first);
    return first;
  }

  private void check(Buffer x, Buffer weight, @Nullable Buffer b, Buffer y) {
    CudaBuffer.requireSize("input of a convolution", x, inPixels() * spec.inChannels());
    CudaBuffer.requireType("input of a convolution", x, precision.activations());
    CudaBuffer.requireSize("weight of a convolution", weight, weights());
    CudaBuffer.requireType("weight of a convolution", weight, DType.FLOAT32);
    CudaBuffer.requireSizeIfGiven("bias of a convolution", b, spec.outChannels());
    CudaBuffer.requireSize("output of a convolution", y, outPixels() * spec.outChannels());
    CudaBuffer.requireType("output of a convolution", y, precision.activations());
  }

  private void closeAfter(RuntimeException first) {
    try {
      owned.close();
    } catch (RuntimeException e) {
      first.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    owned.close();
  }
}
