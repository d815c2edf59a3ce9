package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Convolution;
import org.klif.device.cpu.dnnl.DnnlConvolution;

/** Convolution by oneDNN, channels last; weights are kept as (kh, kw, in, out). */
final class CpuConvolution implements Convolution {
  private final DnnlConvolution dense;
  private final Operands operands;
  private final Sizes sizes;

  CpuConvolution(CpuDevice device, Spec spec) {
    this.operands = device.operands();
    this.dense = device.oneDnn().convolution(spec, operands.type());
    this.sizes = spec.sizes();
    operands.reserve(sizes);
  }

  @Override
  public void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y) {
    sizes.check(x, weight, bias, y, operands.activations());
    dense.forward(
        operands.readInput(x),
        operands.weight(weight),
        CpuBuffer.addressOrZero(bias),
        operands.writeOutput(y));
    operands.wroteOutput(y);
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    sizes.check(gx, weight, null, gy, operands.activations());
    dense.backwardData(operands.readOutput(gy), operands.weight(weight), operands.writeInput(gx));
    operands.wroteInput(gx);
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    sizes.check(x, gWeight, gBias, gy, operands.activations());
    dense.backwardWeights(
        operands.readInput(x),
        operands.readOutput(gy),
        CpuBuffer.of(gWeight).address(),
        CpuBuffer.addressOrZero(gBias));
  }

  @Override
  public void close() {
    dense.close();
  }
}
