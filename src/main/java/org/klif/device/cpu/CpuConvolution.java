package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Convolution;
import org.klif.device.cpu.dnnl.ConvolutionShape;
import org.klif.device.cpu.dnnl.DnnlConvolution;

/** Convolution by oneDNN, channels last; weights are kept as (kh, kw, in, out). */
final class CpuConvolution implements Convolution {
  private final DnnlConvolution dense;

  CpuConvolution(CpuDevice device, Spec s) {
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
    dense.forward(
        CpuBuffer.of(x).address(),
        CpuBuffer.of(weight).address(),
        CpuBuffer.addressOrZero(bias),
        CpuBuffer.of(y).address());
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    dense.backwardData(
        CpuBuffer.of(gy).address(), CpuBuffer.of(weight).address(), CpuBuffer.of(gx).address());
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    dense.backwardWeights(
        CpuBuffer.of(x).address(),
        CpuBuffer.of(gy).address(),
        CpuBuffer.of(gWeight).address(),
        CpuBuffer.addressOrZero(gBias));
  }

  @Override
  public void close() {
    dense.close();
  }
}
