package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Linear;
import org.klif.device.cpu.dnnl.DataType;
import org.klif.device.cpu.dnnl.DnnlMatMul;
import org.klif.device.cpu.dnnl.Layout;
import org.klif.device.cpu.dnnl.OneDnn;

/**
 * Linear layer by oneDNN's matrix product; weights are kept as (in, out), see {@link CpuLayouts}.
 */
final class CpuLinear implements Linear {
  private final Spec spec;
  private final Operands operands;
  private final DnnlMatMul forward;
  private final DnnlMatMul forwardBias;
  private final DnnlMatMul backwardData;
  private final DnnlMatMul backwardWeights;

  CpuLinear(CpuDevice device, Spec s) {
    this.spec = s;
    this.operands = device.operands();
    OneDnn oneDnn = device.oneDnn();
    DataType type = operands.type();
    int stride = CpuLayouts.rowStride(s.out());
    operands.reserve((long) s.rows() * s.in(), (long) s.in() * stride, (long) s.rows() * s.out());
    Layout x = Layout.rows(s.in());
    Layout w = Layout.rows(stride);
    Layout y = Layout.rows(s.out());
    forward = oneDnn.matMul(s.rows(), s.out(), s.in(), x, w, s.out(), false, type, type);
    forwardBias = oneDnn.matMul(s.rows(), s.out(), s.in(), x, w, s.out(), true, type, type);
    Layout transposed = Layout.columns(stride);
    backwardData =
        oneDnn.matMul(s.rows(), s.in(), s.out(), y, transposed, s.in(), false, type, type);
    backwardWeights =
        oneDnn.matMul(
            s.in(),
            s.out(),
            s.rows(),
            Layout.columns(s.in()),
            y,
            stride,
            false,
            type,
            DataType.FLOAT32);
  }

  @Override
  public void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y) {
    check(x, weight, bias, y);
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
    check(gx, weight, null, gy);
    backwardData.run(operands.readOutput(gy), operands.weight(weight), 0, operands.writeInput(gx));
    operands.wroteInput(gx);
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    check(x, gWeight, gBias, gy);
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

  private void check(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y) {
    CpuBuffer.requireSize("input of a linear layer", x, (long) spec.rows() * spec.in());
    CpuBuffer.requireSize(
        "weight of a linear layer", weight, (long) spec.in() * CpuLayouts.rowStride(spec.out()));
    CpuBuffer.requireSizeIfGiven("bias of a linear layer", bias, spec.out());
    CpuBuffer.requireSize("output of a linear layer", y, (long) spec.rows() * spec.out());
  }

  @Override
  public void close() {
    forward.close();
    forwardBias.close();
    backwardData.close();
    backwardWeights.close();
  }
}
