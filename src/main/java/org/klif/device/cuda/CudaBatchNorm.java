package org.klif.device.cuda;

import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.Operations;

/**
 * Batch norm on the GPU. Statistics take one pass over x and a small second kernel: moments about
 * the first row, float32 over 32 rows, float64 beyond.
 */
final class CudaBatchNorm implements BatchNorm {
  private static final String MODULE = "batchnorm";
  private static final int SUMS = 2;
  private final CudaDevice device;
  private final Spec spec;
  private final int channels;
  private final DType type;
  private final CudaBuffer partials;

  CudaBatchNorm(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.channels = spec.channels();
    this.type = device.activationType();
    long largest = ColumnGrid.partials(device.limits(), spec.rows(), channels, SUMS);
    // behind the partial sums: the first row, in float64
    this.partials = device.workspace(DType.FLOAT32, largest + 2L * channels);
  }

  private ColumnGrid sumGrid(Buffer... activations) {
    boolean aligned = Operand.aligned(ColumnGrid.PACK, activations);
    return ColumnGrid.forSums(device.limits(), spec.rows(), channels, aligned);
  }

  private ColumnGrid passGrid(Buffer... activations) {
    return ColumnGrid.forPass(device.limits(), spec.rows(), channels, activations);
  }

  private Kernel ofType(String name) {
    return device.kernel(MODULE, name, type);
  }

  private Kernel untyped(String entry) {
    return device.module(MODULE).kernel(entry);
  }

  @Override
  public void statistics(Buffer x, State state) {
    spec.checkActivations(type, x);
    spec.check(state);
    ColumnGrid grid = sumGrid(x);
    Buffer moments = partials.view(0, grid.partials(SUMS) + 2L * channels);
    ofType("batch_norm_moments")
        .launch(
            grid.grid(),
            new KernelArguments()
                .reads(x)
                .writes(moments)
                .bytes(grid.struct())
                .computes(Operations.MOMENTS, x.size()));
    double rows = spec.rows();
    KernelArguments arguments =
        grid.finishArguments(moments)
            .f64(rows)
            .f64(rows * spec.repeats())
            .f64(spec.eps())
            .f64(spec.momentum());
    untyped("batch_norm_finish").launch(grid.finish(), withAll(arguments, state, true));
  }

  private static KernelArguments withAll(KernelArguments arguments, State state, boolean training) {
    arguments.reads(state.gamma()).reads(state.beta());
    if (training) {
      arguments.updates(state.runningMean()).updates(state.runningVar());
    } else {
      arguments.reads(state.runningMean()).reads(state.runningVar());
    }
    return arguments
        .writes(state.mean())
        .writes(state.invStd())
        .writes(state.scale())
        .writes(state.shift());
  }

  @Override
  public void fold(State state) {
    spec.check(state);
    KernelArguments arguments =
        new KernelArguments().i32(channels).f64(spec.eps()).computes(Operations.AFFINE, channels);
    untyped("batch_norm_fold")
        .launch(CudaElementwise.grid(device.limits(), channels), withAll(arguments, state, false));
  }

  @Override
  public void apply(Buffer x, State state, Buffer y) {
    spec.checkActivations(type, x, y);
    spec.check(state);
    ColumnGrid grid = passGrid(x, y);
    ofType("batch_norm_apply")
        .launch(
            grid.grid(),
            new KernelArguments()
                .reads(x)
                .reads(state.scale())
                .reads(state.shift())
                .writes(y)
                .bytes(grid.struct())
                .computes(Operations.AFFINE, x.size()));
  }

  @Override
  public void reduce(Buffer x, Buffer g, State state, Buffer sums) {
    spec.checkActivations(type, x, g);
    spec.check(state);
    spec.checkSums(sums);
    ColumnGrid grid = sumGrid(x, g);
    Buffer blocks = partials.view(0, grid.partials(SUMS));
    ofType("batch_norm_reduce")
        .launch(
            grid.grid(),
            new KernelArguments()
                .reads(x)
                .reads(g)
                .reads(state.mean())
                .reads(state.invStd())
                .writes(blocks)
                .bytes(grid.struct())
                .computes(Operations.NORM_SUMS, x.size()));
    untyped("batch_norm_sums").launch(grid.finish(), grid.finishArguments(blocks).writes(sums));
  }

  @Override
  public void backward(
      Buffer x, Buffer g, State state, Buffer sums, Buffer gx, Buffer gGamma, Buffer gBeta) {
    spec.checkActivations(type, x, g, gx);
    spec.check(state);
    spec.checkSums(sums);
    spec.checkGradients(gGamma, gBeta);
    ColumnGrid grid = passGrid(x, g, gx);
    ofType("batch_norm_backward")
        .launch(
            grid.grid(),
            new KernelArguments()
                .reads(x)
                .reads(g)
                .reads(state.mean())
                .reads(state.invStd())
                .reads(state.scale())
                .reads(sums)
                .writes(gx)
                .writes(gGamma)
                .writes(gBeta)
                .bytes(grid.struct())
                .computes(Operations.NORM_GRADIENT, x.size()));
  }

  @Override
  public void close() {
    partials.close();
  }
}
