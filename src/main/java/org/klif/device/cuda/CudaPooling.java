package org.klif.device.cuda;

import java.nio.ByteBuffer;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.Operations;
import org.klif.device.Pooling;

/**
 * Pooling of any window on the GPU. Windows that are no tiles have a backward kernel of their own.
 */
final class CudaPooling implements Pooling {
  /** PoolingShape of cuda-kernels/layers/pooling.cu. */
  static final KernelStruct STRUCT =
      new KernelStruct("PoolingShape")
          .i64("images")
          .i32("channels", "height", "width", "outHeight", "outWidth")
          .i32("windowHeight", "windowWidth", "strideHeight", "strideWidth")
          .i32("padHeight", "padWidth")
          .f32("share");

  private final CudaDevice device;
  private final Spec spec;
  private final DType type;
  private final ByteBuffer shape;

  CudaPooling(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.type = device.activationType();
    this.shape = struct(spec);
  }

  private static ByteBuffer struct(Spec spec) {
    return STRUCT
        .write(1)
        .i64("images", spec.images())
        .i32("channels", spec.channels())
        .i32("height", spec.inHeight())
        .i32("width", spec.inWidth())
        .i32("outHeight", spec.outHeight())
        .i32("outWidth", spec.outWidth())
        .i32("windowHeight", spec.window().height())
        .i32("windowWidth", spec.window().width())
        .i32("strideHeight", spec.stride().height())
        .i32("strideWidth", spec.stride().width())
        .i32("padHeight", spec.padding().height())
        .i32("padWidth", spec.padding().width())
        .f32("share", spec.share())
        .end();
  }

  @Override
  public void forward(Buffer x, Buffer y) {
    spec.check(type, y, x);
    launch(
        "pooling_forward",
        spec.outSize(),
        new KernelArguments().reads(x).writes(y).computes(Operations.ADD, x.size()));
  }

  @Override
  public void backward(Buffer x, Buffer gy, Buffer gx) {
    spec.check(type, gy, x, gx);
    String name = spec.tiles() ? "pooling_backward" : "pooling_overlap_backward";
    int each = spec.tiles() ? spec.outSize() : spec.inSize();
    boolean max = spec.kind() == Kind.MAX; // a mean's gradient does not depend on x
    launch(
        name,
        each,
        new KernelArguments()
            .readsWhere(max, x)
            .reads(gy)
            .writes(gx)
            .computes(Operations.poolingBackward(spec.kind()), gx.size()));
  }

  private void launch(String name, int each, KernelArguments buffers) {
    device
        .kernel("pooling", name, type)
        .launch(
            CudaElementwise.grid(device.limits(), (long) spec.images() * each),
            buffers.i32(spec.kind() == Kind.MAX ? 1 : 0).bytes(shape));
  }
}
