package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Convolution;
import org.klif.device.cpu.dnnl.ConvolutionShape;
import org.klif.device.cpu.dnnl.DnnlConvolution;

/** Convolution by oneDNN, channels last; weights are kept as (kh, kw, in, out). */
final class CpuConvolution implements Convolution {
  private final DnnlConvolution dense;
  private final Operands operands;
  private final Spec spec;

  CpuConvolution(CpuDevice device, Spec s) {
    this.spec = s;
    this.operands = device.operands();
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
                    s.padding()),
                operands.type());
    ConvolutionShape shape = dense.shape();
    operands.reserve(shape.inputSize(), shape.weightSize(), shape.outputSize());
  }

  @Override
  public void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y) {
    check(x, weight, bias, y);
    dense.forward(
        operands.readInput(x),
        operands.weight(weight),
        CpuBuffer.addressOrZero(bias),
        operands.writeOutput(y));
    operands.wroteOutput(y);
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    check(gx, weight, null, gy);
    dense.backwardData(operands.readOutput(gy), operands.weight(weight), operands.writeInput(gx));
    operands.wroteInput(gx);
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    check(x, gWeight, gBias, gy);
    dense.backwardWeights(
        operands.readInput(x),
        operands.readOutput(gy),
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
