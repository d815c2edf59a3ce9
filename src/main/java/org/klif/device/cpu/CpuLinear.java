package org.klif.device.cpu;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Linear;
import org.klif.device.cpu.dnnl.DnnlMatMul;
import org.klif.device.cpu.dnnl.Layout;
import org.klif.device.cpu.dnnl.OneDnn;

/**
 * Linear layer by oneDNN's matrix product; weights are kept as (in, out), see {@link CpuLayouts}.
 */
final class CpuLinear implements Linear {
  private final Spec spec;
  private final DnnlMatMul forward;
  private final DnnlMatMul forwardBias;
  private final DnnlMatMul backwardData;
  private final DnnlMatMul backwardWeights;

  CpuLinear(CpuDevice device, Spec s) {
    this.spec = s;
    OneDnn oneDnn = device.oneDnn();
    int stride = CpuLayouts.rowStride(s.out());
    Layout x = Layout.rows(s.in());
    Layout w = Layout.rows(stride);
    forward = oneDnn.matMul(s.rows(), s.out(), s.in(), x, w, s.out(), false, false);
    forwardBias = oneDnn.matMul(s.rows(), s.out(), s.in(), x, w, s.out(), false, true);
    backwardData =
        oneDnn.matMul(
            s.rows(),
            s.in(),
            s.out(),
            Layout.rows(s.out()),
            Layout.columns(stride),
            s.in(),
            false,
            false);
    backwardWeights =
        oneDnn.matMul(
            s.in(),
            s.out(),
            s.rows(),
            Layout.columns(s.in()),
            Layout.rows(s.out()),
            stride,
            false,
            false);
  }

  @Override
  public void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y) {
    check(x, weight, bias, y);
    (bias == null ? forward : forwardBias)
        .run(
            CpuBuffer.of(x).address(),
            CpuBuffer.of(weight).address(),
            CpuBuffer.addressOrZero(bias),
            CpuBuffer.of(y).address());
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    check(gx, weight, null, gy);
    backwardData.run(
        CpuBuffer.of(gy).address(), CpuBuffer.of(weight).address(), 0, CpuBuffer.of(gx).address());
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    check(x, gWeight, gBias, gy);
    backwardWeights.run(
        CpuBuffer.of(x).address(), CpuBuffer.of(gy).address(), 0, CpuBuffer.of(gWeight).address());
    if (gBias != null) {
      columnSums(CpuBuffer.of(gy).bytes(), CpuBuffer.of(gBias).bytes());
    }
  }

  private void columnSums(ByteBuffer gy, ByteBuffer gBias) {
    for (int o = 0; o < spec.out(); o++) {
      double sum = 0;
      for (int row = 0; row < spec.rows(); row++) {
        sum += gy.getFloat(4 * (row * spec.out() + o));
      }
      gBias.putFloat(4 * o, (float) sum);
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
