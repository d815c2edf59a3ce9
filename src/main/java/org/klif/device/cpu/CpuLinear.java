package org.klif.device.cpu;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
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
    check(x, spec.in());
    check(y, spec.out());
    (bias == null ? forward : forwardBias)
        .run(
            CpuBuffer.of(x).address(),
            CpuBuffer.of(weight).address(),
            CpuBuffer.addressOrZero(bias),
            CpuBuffer.of(y).address());
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    check(gy, spec.out());
    check(gx, spec.in());
    backwardData.run(
        CpuBuffer.of(gy).address(), CpuBuffer.of(weight).address(), 0, CpuBuffer.of(gx).address());
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    check(x, spec.in());
    check(gy, spec.out());
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

  private void check(Buffer buffer, int columns) {
    if (buffer.size() != (long) spec.rows() * columns) {
      throw new KlifException(
          "linear layer %s got %d elements where it needs %d x %d"
              .formatted(spec, buffer.size(), spec.rows(), columns));
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
