package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.Linear;
import org.klif.device.cpu.dnnl.DnnlMatMul;
import org.klif.device.cpu.dnnl.Layout;
import org.klif.device.cpu.dnnl.MatMulShape;
import org.klif.device.cpu.dnnl.OneDnn;

/**
 * Linear layer by oneDNN's matrix product; weights are kept as (in, out), see {@link CpuLayouts}.
 */
final class CpuLinear implements Linear {
  private final Spec spec;
  private final Sizes sizes;
  private final Operands operands;
  private final DnnlMatMul forward;
  private final DnnlMatMul forwardBias;
  private final DnnlMatMul backwardData;
  private final DnnlMatMul backwardWeights;

  CpuLinear(CpuDevice device, Spec s) {
    this.spec = s;
    this.operands = device.operands();
    int in = s.in();
    int out = s.out();
    int stride = CpuLayouts.rowStride(out);
    this.sizes = s.sizes((long) in * stride);
    operands.reserve(sizes);
    OneDnn oneDnn = device.oneDnn();
    DType type = operands.type();
    Layout x = Layout.rows(in);
    Layout w = Layout.rows(stride);
    Layout y = Layout.rows(out);
    forward = oneDnn.matMul(new MatMulShape(s.rows(), out, in, x, w, out, false, type, type));
    forwardBias = oneDnn.matMul(new MatMulShape(s.rows(), out, in, x, w, out, true, type, type));
    Layout wt = Layout.columns(stride);
    backwardData = oneDnn.matMul(new MatMulShape(s.rows(), in, out, y, wt, in, false, type, type));
    Layout xt = Layout.columns(in);
    backwardWeights =
        oneDnn.matMul(
            new MatMulShape(in, out, s.rows(), xt, y, stride, false, type, DType.FLOAT32));
  }

  @Override
  public void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y) {
    sizes.check(x, weight, bias, y, operands.activations());
    (bias == null ? forward : forwardBias)
        .run(
            operands.readInput(x),
            operands.weight(weight),
            CpuBuffer.addressOrZero(bias),
            operands.writeOutput(y));
    operands.wroteOutput(y);
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    sizes.check(gx, weight, null, gy, operands.activations());
    backwardData.run(operands.readOutput(gy), operands.weight(weight), 0, operands.writeInput(gx));
    operands.wroteInput(gx);
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    sizes.check(x, gWeight, gBias, gy, operands.activations());
    backwardWeights.run(
        operands.readInput(x), operands.readOutput(gy), 0, CpuBuffer.of(gWeight).address());
    if (gBias != null) {
      columnSums(CpuBuffer.of(operands.activations(), gy).numbers(), CpuBuffer.of(gBias).numbers());
    }
  }

  private void columnSums(Numbers gy, Numbers gBias) {
    for (int o = 0; o < spec.out(); o++) {
      double sum = 0;
      for (int row = 0; row < spec.rows(); row++) {
        sum += gy.get(row * spec.out() + o);
      }
      gBias.set(o, (float) sum);
    }
  }

  @Override
  public void close() {
    forward.close();
    forwardBias.close();
    backwardData.close();
    backwardWeights.close();
  }
}
