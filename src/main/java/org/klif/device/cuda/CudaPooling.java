package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.Pooling;
import org.klif.tensor.Extent;

/**
 * Pooling of any window on the GPU. Windows that are no tiles have a backward kernel of their own.
 */
final class CudaPooling implements Pooling {
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

  /** PoolingShape of cuda-kernels/layers/pooling.cu. */
  private static ByteBuffer struct(Spec spec) {
    ByteBuffer struct = ByteBuffer.allocate(56).order(ByteOrder.nativeOrder());
    struct.putLong(spec.images()).putInt(spec.channels());
    struct.putInt(spec.inHeight()).putInt(spec.inWidth());
    struct.putInt(spec.outHeight()).putInt(spec.outWidth());
    for (Extent extent : List.of(spec.window(), spec.stride(), spec.padding())) {
      struct.putInt(extent.height()).putInt(extent.width());
    }
    return struct.putFloat(spec.share()).rewind();
  }

  @Override
  public void forward(Buffer x, Buffer y) {
    spec.check(type, y, x);
    launch("pooling_forward", spec.outSize(), new KernelArguments().buffer(x).buffer(y));
  }

  @Override
  public void backward(Buffer x, Buffer gy, Buffer gx) {
    spec.check(type, gy, x, gx);
    String name = spec.tiles() ? "pooling_backward" : "pooling_overlap_backward";
    int each = spec.tiles() ? spec.outSize() : spec.inSize();
    launch(name, each, new KernelArguments().buffer(x).buffer(gy).buffer(gx));
  }

  private void launch(String name, int each, KernelArguments buffers) {
    device
        .module("pooling")
        .kernel(Operand.entry(name, type))
        .launch(
            CudaElementwise.grid(device.limits(), (long) spec.images() * each),
            buffers.i32(spec.kind() == Kind.MAX ? 1 : 0).bytes(shape));
  }

  @Override
  public void close() {
    // owns nothing
  }
}
