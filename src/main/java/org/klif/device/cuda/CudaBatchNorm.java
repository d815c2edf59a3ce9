package org.klif.device.cuda;

import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.DType;

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
    ofType("batch_norm_moments")
        .launch(grid.grid(), new KernelArguments().buffer(x).buffer(partials).bytes(grid.struct()));
    double rows = spec.rows();
    KernelArguments arguments =
        grid.finishArguments(partials)
            .f64(rows)
            .f64(rows * spec.repeats())
            .f64(spec.eps())
            .f64(spec.momentum());
    untyped("batch_norm_finish").launch(grid.finish(), withAll(arguments, state));
  }

  private static KernelArguments withAll(KernelArguments arguments, State state) {
    return arguments
        .buffer(state.gamma())
        .buffer(state.beta())
        .buffer(state.runningMean())
        .buffer(state.runningVar())
        .buffer(state.mean())
        .buffer(state.invStd())
        .buffer(state.scale())
        .buffer(state.shift());
  }

  @Override
  public void fold(State state) {
    spec.check(state);
    KernelArguments arguments = new KernelArguments().i32(channels).f64(spec.eps());
    untyped("batch_norm_fold")
        .launch(CudaElementwise.grid(device.limits(), channels), withAll(arguments, state));
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
                .buffer(x)
                .buffer(state.scale())
                .buffer(state.shift())
                .buffer(y)
                .bytes(grid.struct()));
  }

  @Override
  public void reduce(Buffer x, Buffer g, State state, Buffer sums) {
    spec.checkActivations(type, x, g);
    spec.check(state);
    spec.checkSums(sums);
    ColumnGrid grid = sumGrid(x, g);
    ofType("batch_norm_reduce")
        .launch(
            grid.grid(),
            new KernelArguments()
                .buffer(x)
                .buffer(g)
                .buffer(state.mean())
                .buffer(state.invStd())
                .buffer(partials)
                .bytes(grid.struct()));
    untyped("batch_norm_sums").launch(grid.finish(), grid.finishArguments(partials).buffer(sums));
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

  @Override
  public void close() {
    partials.close();
  }
}
