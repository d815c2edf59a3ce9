package org.klif.device.cuda;

import java.util.List;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;
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
  private final PlannedPass forward;
  private final PlannedPass backwardData;
  private final PlannedPass backwardFilter;
  private final CudaBias bias;
  private final Scratch scratch;

  /** Plans all three passes. */
  CudaConvolution(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.precision = LibraryPrecision.of(device.precision());
    this.owned = new BufferScope(device);
    device.cudnn(); // loads the library, before anything of JCudnn is touched
    String name =
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
      forward = owned.own(PlannedPass.plan(device, spec, ConvolutionPass.FORWARD, name));
      backwardData = owned.own(PlannedPass.plan(device, spec, ConvolutionPass.BACKWARD_DATA, name));
      backwardFilter =
          owned.own(PlannedPass.plan(device, spec, ConvolutionPass.BACKWARD_FILTER, name));
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
      boolean copies =
          !forward.choice().channelsLast()
              || !backwardData.choice().channelsLast()
              || !backwardFilter.choice().channelsLast();
      long bytes = precision.activations().bytes();
      long workspace =
          Math.max(
              forward.choice().workspace(),
              Math.max(backwardData.choice().workspace(), backwardFilter.choice().workspace()));
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
    return List.of(forward.choice(), backwardData.choice(), backwardFilter.choice());
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
    boolean last = forward.choice().channelsLast();
    CudaBuffer to = last ? CudaBuffer.of(y) : scratch.outputFirst();
    forward.run(input(x, last), filter(weight, last), to, scratch.workspace());
    if (!last) {
      outputLast(to, y);
    }
    if (b != null) {
      bias.add(y, b);
    }
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    check(gx, weight, null, gy);
    boolean last = backwardData.choice().channelsLast();
    CudaBuffer to = last ? CudaBuffer.of(gx) : scratch.inputFirst();
    backwardData.run(to, filter(weight, last), output(gy, last), scratch.workspace());
    if (!last) {
      device.channelsLast(
          to, spec.images(), spec.inChannels(), spec.inHeight() * spec.inWidth(), gx);
    }
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    check(x, gWeight, gBias, gy);
    boolean last = backwardFilter.choice().channelsLast();
    CudaBuffer lastOrder = precision.half() ? scratch.filter() : CudaBuffer.of(gWeight);
    CudaBuffer to = last ? lastOrder : scratch.filterFirst();
    backwardFilter.run(input(x, last), to, output(gy, last), scratch.workspace());
    if (!last) {
      device.channelsLast(
          to, spec.outChannels(), spec.inChannels(), spec.kernel() * spec.kernel(), lastOrder);
    }
    if (precision.half()) {
      device.copy(lastOrder, gWeight);
    }
    if (gBias != null) {
      bias.gradient(gy, gBias);
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

  private void outputLast(CudaBuffer first, Buffer y) {
    device.channelsLast(
        first, spec.images(), spec.outChannels(), spec.outHeight() * spec.outWidth(), y);
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
