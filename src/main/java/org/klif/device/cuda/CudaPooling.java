package org.klif.device.cuda;

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

  @Override
  public void forward(Buffer x, Buffer y) {
    spec.check(type, y, x);
    launch("pooling_forward", new KernelArguments().buffer(x).buffer(y));
  }

  @Override
  public void backward(Buffer x, Buffer gy, Buffer gx) {
    spec.check(type, gy, x, gx);
    launch("pooling_backward", new KernelArguments().buffer(x).buffer(gy).buffer(gx));
  }

  private void launch(String name, KernelArguments buffers) {
    device
        .module("pooling")
        .kernel(Operand.entry(name, type))
        .launch(
            CudaElementwise.grid(device.limits(), (long) spec.images() * spec.outSize()),
            buffers
                .i32(spec.kind() == Kind.MAX ? 1 : 0)
                .i64(spec.images())
                .i32(spec.channels())
                .i32(spec.inHeight())
                .i32(spec.inWidth())
                .i32(spec.window()));
  }

  @Override
  public void close() {
    // owns nothing
  }
}
