package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.Linear;
import org.klif.device.cpu.dnnl.DnnlMatMul;
import org.klif.device.cpu.dnnl.Layout;
import org.klif.device.cpu.dnnl.MatMulShape;
import org.klif.device.cpu.dnnl.OneDnn;
import org.klif.tensor.Extent;

/**
 * Linear layer by oneDNN's matrix product; weights are kept as (in, out), see {@link CpuLayouts}. A
 * convolution by single pixels is one of the pixels: its weights take less time as a matrix product
 * than as oneDNN's convolution.
 */
final class CpuLinear implements Linear, Convolution {
  /** Whatever the number of threads, so that sums do not depend on it. */
  private static final int MOST_BLOCKS = 64;

  private final CpuDevice device;
  private final int rows;
  private final int out;
  private final Sizes sizes;
  private final Operands operands;
  private final DnnlMatMul forward;
  private final DnnlMatMul forwardBias;
  private final DnnlMatMul backwardData;
  private final DnnlMatMul backwardWeights;
  private @Nullable BlockSums biasSums;

  CpuLinear(CpuDevice device, Linear.Spec s) {
    this(device, s, CpuLayouts.rowStride(s.out()));
  }

  /** Whose weights' rows of s.out() begin every {@code stride} elements. */
  private CpuLinear(CpuDevice device, Linear.Spec s, int stride) {
    this.device = device;
    this.operands = device.operands();
    this.rows = s.rows();
    this.out = s.out();
    int in = s.in();
    this.sizes = s.sizes((long) in * stride);
    operands.reserve(sizes);
    OneDnn oneDnn = device.oneDnn();
    DType type = operands.type();
    Layout x = Layout.rows(in);
    Layout w = Layout.rows(stride);
    Layout y = Layout.rows(out);
    forward = oneDnn.matMul(new MatMulShape(rows, out, in, x, w, out, false, type, type));
    forwardBias = oneDnn.matMul(new MatMulShape(rows, out, in, x, w, out, true, type, type));
    Layout wt = Layout.columns(stride);
    backwardData = oneDnn.matMul(new MatMulShape(rows, in, out, y, wt, in, false, type, type));
    Layout xt = Layout.columns(in);
    backwardWeights =
        oneDnn.matMul(new MatMulShape(in, out, rows, xt, y, stride, false, type, DType.FLOAT32));
  }

  /** A convolution whose kernel, stride and padding suit, else null. */
  static @Nullable CpuLinear ofPixels(CpuDevice device, Convolution.Spec s) {
    long pixels = (long) s.images() * s.inHeight() * s.inWidth();
    boolean suits =
        s.kernel().area() == 1
            && s.stride().area() == 1
            && s.padding().equals(new Extent(0, 0))
            && pixels <= Integer.MAX_VALUE;
    return suits
        ? new CpuLinear(
            device, new Linear.Spec((int) pixels, s.inChannels(), s.outChannels()), s.outChannels())
        : null;
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
      columnSums(gy, CpuBuffer.of(gBias).elements());
    }
  }

  private void columnSums(Buffer gy, Elements gBias) {
    int blocks = Math.min(rows, MOST_BLOCKS);
    BlockSums sums = biasSums == null ? new BlockSums(blocks, out) : biasSums;
    biasSums = sums;
    device.inBlocks(
        blocks,
        (block, worker) -> {
          long first = (long) rows * block / blocks;
          int count = (int) ((long) rows * (block + 1) / blocks - first);
          sums.rows(block, device.activations(gy).elements(first * out, (long) count * out), count);
        });
    for (int o = 0; o < out; o++) {
      gBias.set(o, (float) sums.total(o));
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
