package org.klif.device.cuda;

import org.klif.KlifException;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.DType;

/**
 * Batch norm on the GPU. Statistics take one pass over x and a small second kernel: moments about
 * the first row, float32 over 32 rows, float64 beyond.
 */
final class CudaBatchNorm implements BatchNorm {
  private static final int SUMS = 2;
  private static final int SUM_BLOCKS =
      3; // for each multiprocessor: all run at once at up to 80 registers a thread
  private static final int PASS_BLOCKS = 16;

  private final CudaDevice device;
  private final Spec spec;
  private final int channels;
  private final long elements;
  private final DType type;
  private final CudaBuffer partials;

  CudaBatchNorm(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.channels = spec.channels();
    this.elements = Math.multiplyExact(spec.rows(), (long) channels);
    this.type = device.activationType();
    long largest = Math.max(sumGrid(true).partials(SUMS), sumGrid(false).partials(SUMS));
    // behind the partial sums: the first row, in float64
    this.partials = device.workspace(DType.FLOAT32, largest + 2L * channels);
  }

  private ColumnGrid sumGrid(boolean aligned) {
    return ColumnGrid.of(device.limits(), spec.rows(), channels, aligned, SUM_BLOCKS);
  }

  private ColumnGrid passGrid(Buffer... activations) {
    return ColumnGrid.of(
        device.limits(),
        spec.rows(),
        channels,
        Operand.aligned(ColumnGrid.PACK, activations),
        PASS_BLOCKS);
  }

  private Kernel kernel(String entry) {
    return device.module("batchnorm").kernel(entry);
  }

  @Override
  public void statistics(Buffer x, State state) {
    check(x);
    check(state);
    ColumnGrid grid = sumGrid(Operand.aligned(ColumnGrid.PACK, x));
    kernel(Operand.entry("batch_norm_moments", type))
        .launch(grid.grid(), new KernelArguments().buffer(x).buffer(partials).bytes(grid.struct()));
    double rows = spec.rows();
    kernel("batch_norm_finish")
        .launch(
            grid.finish(),
            new KernelArguments()
                .buffer(partials)
                .i32(grid.blocks())
                .i32(channels)
                .i32(grid.finishTile())
                .f64(rows)
                .f64(rows * spec.repeats())
                .f64(spec.eps())
                .f64(spec.momentum())
                .buffer(state.gamma())
                .buffer(state.beta())
                .buffer(state.runningMean())
                .buffer(state.runningVar())
                .buffer(state.mean())
                .buffer(state.invStd())
                .buffer(state.scale())
                .buffer(state.shift()));
  }

  @Override
  public void fold(State state) {
    check(state);
    kernel("batch_norm_fold")
        .launch(
            CudaElementwise.grid(device.limits(), channels),
            new KernelArguments()
                .i32(channels)
                .f64(spec.eps())
                .buffer(state.gamma())
                .buffer(state.beta())
                .buffer(state.runningMean())
                .buffer(state.runningVar())
                .buffer(state.mean())
                .buffer(state.invStd())
                .buffer(state.scale())
                .buffer(state.shift()));
  }

  @Override
  public void apply(Buffer x, State state, Buffer y) {
    check(x);
    check(y);
    check(state);
    ColumnGrid grid = passGrid(x, y);
    kernel(Operand.entry("batch_norm_apply", type))
        .launch(
            grid.grid(),
            new KernelArguments()
                .buffer(x)
                .buffer(state.scale())
                .buffer(state.shift())
                .buffer(y)
                .bytes(grid.struct()));
  }

  @Override
  public void reduce(Buffer x, Buffer g, State state, Buffer sums) {
    check(x);
    check(g);
    check(state);
    Operand.require("sums of a batch norm", sums, DType.FLOAT32, 2L * channels);
    ColumnGrid grid = sumGrid(Operand.aligned(ColumnGrid.PACK, x, g));
    kernel(Operand.entry("batch_norm_reduce", type))
        .launch(
            grid.grid(),
            new KernelArguments()
                .buffer(x)
                .buffer(g)
                .buffer(state.mean())
                .buffer(state.invStd())
                .buffer(partials)
                .bytes(grid.struct()));
    kernel("batch_norm_sums")
        .launch(
            grid.finish(),
            new KernelArguments()
                .buffer(partials)
                .i32(grid.blocks())
                .i32(channels)
                .i32(grid.finishTile())
                .buffer(sums));
  }

  @Override
  public void backward(
      Buffer x, Buffer g, State state, Buffer sums, Buffer gx, Buffer gGamma, Buffer gBeta) {
    check(x);
    check(g);
    check(gx);
    check(state);
    Operand.require("sums of a batch norm", sums, DType.FLOAT32, 2L * channels);
    Operand.require("gradient of gamma", gGamma, DType.FLOAT32, channels);
    Operand.require("gradient of beta", gBeta, DType.FLOAT32, channels);
    ColumnGrid grid = passGrid(x, g, gx);
    kernel(Operand.entry("batch_norm_backward", type))
        .launch(
            grid.grid(),
            new KernelArguments()
                .buffer(x)
                .buffer(g)
                .buffer(state.mean())
                .buffer(state.invStd())
                .buffer(state.scale())
                .buffer(sums)
                .buffer(gx)
                .buffer(gGamma)
                .buffer(gBeta)
                .bytes(grid.struct()));
  }

  private void check(State s) {
    checkChannels("gamma", s.gamma());
    checkChannels("beta", s.beta());
    checkChannels("running mean", s.runningMean());
    checkChannels("running variance", s.runningVar());
    checkChannels("mean", s.mean());
    checkChannels("invStd", s.invStd());
    checkChannels("scale", s.scale());
    checkChannels("shift", s.shift());
  }

  private void checkChannels(String what, Buffer buffer) {
    Operand.require(what, buffer, DType.FLOAT32, channels);
  }

  private void check(Buffer x) {
    if (x.size() != elements) {
      throw new KlifException(
          "batch norm over %d rows of %d channels got %d elements"
              .formatted(spec.rows(), channels, x.size()));
    }
    CudaBuffer.requireType("input or gradient of a batch norm", x, type);
  }

  @Override
  public void close() {
    partials.close();
  }
}
