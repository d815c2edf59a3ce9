package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Convolution;
import org.klif.device.cpu.dnnl.ConvolutionShape;
import org.klif.device.cpu.dnnl.DnnlConvolution;

/** Convolution by oneDNN, channels last; weights are kept as (kh, kw, in, out). */
final class CpuConvolution implements Convolution {
  private final DnnlConvolution dense;
  private final Spec spec;

  CpuConvolution(CpuDevice device, Spec s) {
    this.spec = s;
    this.dense =
        device
            .oneDnn()
            .convolution(
                new ConvolutionShape(
                    s.images(),
                    s.inChannels(),
                    s.inHeight(),
                    s.inWidth(),
                    s.outChannels(),
                    s.kernel(),
                    s.stride(),
                    s.padding()));
  }

  @Override
  public void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y) {
    check(x, weight, bias, y);
    dense.forward(
        CpuBuffer.of(x).address(),
        CpuBuffer.of(weight).address(),
        CpuBuffer.addressOrZero(bias),
        CpuBuffer.of(y).address());
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    check(gx, weight, null, gy);
    dense.backwardData(
        CpuBuffer.of(gy).address(), CpuBuffer.of(weight).address(), CpuBuffer.of(gx).address());
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    check(x, gWeight, gBias, gy);
    dense.backwardWeights(
        CpuBuffer.of(x).address(),
        CpuBuffer.of(gy).address(),
        CpuBuffer.of(gWeight).address(),
        CpuBuffer.addressOrZero(gBias));
  }

  private void check(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y) {
    long images = spec.images();
    CpuBuffer.requireSize(
        "input of a convolution", x, images * spec.inHeight() * spec.inWidth() * spec.inChannels());
    CpuBuffer.requireSize(
        "weight of a convolution",
        weight,
        (long) spec.outChannels() * spec.inChannels() * spec.kernel() * spec.kernel());
    CpuBuffer.requireSizeIfGiven("bias of a convolution", bias, spec.outChannels());
    CpuBuffer.requireSize(
        "output of a convolution",
        y,
        images * spec.outHeight() * spec.outWidth() * spec.outChannels());
  }

  @Override
  public void close() {
    dense.close();
  }
}
