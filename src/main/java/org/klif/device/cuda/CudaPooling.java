package org.klif.device.cuda;

import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.Pooling;

/** Pooling of any window on the GPU. */
final class CudaPooling implements Pooling {
  private final CudaDevice device;
  private final Spec spec;
  private final DType type;

  CudaPooling(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.type = device.activationType();
  }

  private long inSize() {
    return (long) spec.inHeight() * spec.inWidth() * spec.channels();
  }

  private long outSize() {
    return (long) spec.outHeight() * spec.outWidth() * spec.channels();
  }

  @Override
  public void forward(Buffer x, Buffer y) {
    check(x, inSize());
    check(y, outSize());
    launch("pooling_forward", outSize(), new KernelArguments().buffer(x).buffer(y));
  }

  @Override
  public void backward(Buffer x, Buffer gy, Buffer gx) {
    check(x, inSize());
    check(gx, inSize());
    check(gy, outSize());
    launch("pooling_backward", outSize(), new KernelArguments().buffer(x).buffer(gy).buffer(gx));
  }

  private void launch(String name, long windows, KernelArguments buffers) {
    device
        .module("pooling")
        .kernel(Operand.entry(name, type))
        .launch(
            CudaElementwise.grid(device.limits(), spec.images() * windows),
            buffers
                .i32(spec.kind() == Kind.MAX ? 1 : 0)
                .i64(spec.images())
                .i32(spec.channels())
                .i32(spec.inHeight())
                .i32(spec.inWidth())
                .i32(spec.window()));
  }

  private void check(Buffer buffer, long perImage) {
    if (buffer.size() != spec.images() * perImage) {
      throw new KlifException("pooling %s got %d elements".formatted(spec, buffer.size()));
    }
    CudaBuffer.requireType("input, output or gradient of a pooling", buffer, type);
  }

  @Override
  public void close() {
    // owns nothing
  }
}
