package org.klif.device.cuda;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.NeuronUnit;
import org.klif.device.NeuronUnitChecks;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.CudaType;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;

/**
 * Sequences of a user's neuron on a GPU: all T of a pass in one launch
 * (cuda-kernels/custom_forward.cuh, custom_backward.cuh), and small ones where there are sums.
 *
 * <p>The backward pass computes the states again from x; {@link
 * org.klif.device.DeviceOptions#keepCharged} has no influence, as H is not all that it would need.
 */
final class CustomCudaUnit implements NeuronUnit {
  private static final int ALIGNMENT = 16;

  private final Spec spec;
  private final NeuronModel model;
  private final CudaType type;
  private final NeuronUnitChecks checks;
  private final KernelModule module;
  private final KernelModule common;
  private final CustomGeometry geometry;
  private final CustomGeometry anyAlignment;
  private final NeuronScratch scratch;

  CustomCudaUnit(CudaDevice device, Spec spec, Neuron.Custom neuron) {
    this.spec = spec;
    this.model = neuron.model();
    if (spec.pooling() != null) {
      throw new KlifException(
          "pooling cannot be fused with neuron %s, which is of your own; it is a layer behind it"
              .formatted(model.name()));
    }
    if (spec.smooth() && device.activationType() != DType.FLOAT32) {
      throw new KlifException(
          "smooth spikes (gradient checks) need activations of float32, not %s: use --precision float32"
              .formatted(device.activationType()));
    }
    this.type =
        switch (device.activationType()) {
          case BFLOAT16 -> CudaType.BFLOAT16;
          case FLOAT16 -> CudaType.FLOAT16;
          case FLOAT32, INT32 -> CudaType.FLOAT32;
        };
    this.checks = new NeuronUnitChecks(spec, device.activationType());
    CudaText text = CudaText.of(neuron, spec.smooth(), type);
    this.module = device.module(text);
    this.common = device.module("neuron_common");
    CudaLimits limits = device.limits();
    this.anyAlignment = CustomGeometry.of(spec, model, 1, limits);
    this.geometry =
        CustomGeometry.fits(spec, model, text.lanes(), limits)
            ? CustomGeometry.of(spec, model, text.lanes(), limits)
            : anyAlignment;
    this.scratch =
        NeuronScratch.of(
            device,
            Math.max(geometry.partials(), anyAlignment.partials()),
            Math.max(geometry.checkpoints(), anyAlignment.checkpoints()),
            0);
  }

  /** The geometry for these buffers: that of packs only where all are aligned. */
  private CustomGeometry geometryFor(@Nullable Buffer... buffers) {
    for (Buffer buffer : buffers) {
      if (CudaBuffer.addressOrZero(buffer) % ALIGNMENT != 0) {
        return anyAlignment;
      }
    }
    return geometry;
  }

  private Kernel kernel(boolean forward, CustomGeometry g) {
    return module.kernel(CudaText.entry(model.name(), forward, g.lanes() > 1, type));
  }

  @Override
  public void forward(Forward io) {
    checks.forward(io);
    CustomGeometry g =
        geometryFor(
            io.x(),
            io.scale(),
            io.shift(),
            io.parameter(),
            io.initial(),
            io.spikes(),
            io.last(),
            io.charged(),
            io.potential());
    kernel(true, g)
        .launch(
            g.forwardGrid(),
            new KernelArguments()
                .buffer(io.x())
                .nullable(spec.normalized() ? io.scale() : null)
                .nullable(spec.normalized() ? io.shift() : null)
                .nullable(io.parameter())
                .nullable(io.initial())
                .buffer(io.spikes())
                .nullable(io.last())
                .nullable(io.charged())
                .nullable(io.potential())
                .nullable(io.activity() == null ? null : scratch.partials())
                .bytes(g.struct()));
    if (io.activity() != null) {
      double factor = 1.0 / spec.input().varying().elements();
      NeuronSums sums = new NeuronSums();
      sums.add(scratch.partials().address(), address(io.activity()), null, factor, blocks(g), 1);
      sums.launch(common);
    }
  }

  private static int blocks(CustomGeometry g) {
    return g.spread().blocks();
  }

  private static long address(Buffer buffer) {
    return CudaBuffer.of(buffer).address();
  }

  @Override
  public void backward(Backward io) {
    checks.backward(io);
    Forward fw = io.forward();
    boolean norm = spec.normalized() && io.normSums() != null;
    Buffer mean = norm ? io.norm().mean() : null;
    Buffer invStd = norm ? io.norm().invStd() : null;
    CustomGeometry g =
        geometryFor(
            fw.x(),
            fw.scale(),
            fw.shift(),
            mean,
            invStd,
            fw.parameter(),
            fw.initial(),
            io.gSpikes(),
            io.gLast(),
            io.gx(),
            io.gInitial());
    boolean learns = io.gParameter() != null && !model.learned().isEmpty();
    long learnedPartials = scratch.partials().address();
    long normPartials = learnedPartials + Float.BYTES * g.learnedPartials();
    long absPartials = normPartials + 2 * Float.BYTES * g.normPartials();
    kernel(false, g)
        .launch(
            g.backwardGrid(),
            new KernelArguments()
                .buffer(fw.x())
                .nullable(spec.normalized() ? fw.scale() : null)
                .nullable(spec.normalized() ? fw.shift() : null)
                .nullable(mean)
                .nullable(invStd)
                .nullable(fw.parameter())
                .nullable(fw.initial())
                .buffer(io.gSpikes())
                .nullable(io.gLast())
                .buffer(io.gx())
                .nullable(io.gInitial())
                .address(learns ? learnedPartials : 0)
                .address(norm ? normPartials : 0)
                .address(fw.activity() == null ? 0 : absPartials)
                .nullable(g.sharedCheckpoints() ? null : scratch.checkpoints())
                .bytes(g.struct()));
    NeuronSums sums = new NeuronSums();
    if (learns) {
      addLearned(sums, g, learnedPartials, address(io.gParameter()));
    }
    int channels = spec.input().channels();
    int rows = g.spread().rowBlocks();
    if (norm) {
      long out = address(io.normSums());
      long second = normPartials + Float.BYTES * g.normPartials();
      sums.add(normPartials, out, null, 1, rows, channels);
      sums.add(second, out + (long) Float.BYTES * channels, null, 1, rows, channels);
    }
    if (fw.activity() != null) {
      long out = address(fw.activity()) + Float.BYTES;
      sums.add(absPartials, out, null, 1.0 / spec.input().elements(), blocks(g), 1);
    }
    sums.launch(common);
  }

  private void addLearned(NeuronSums sums, CustomGeometry g, long partials, long out) {
    long from = partials;
    for (int i = 0; i < model.learned().size(); i++) {
      NeuronModel.Learned parameter = model.learned().get(i);
      int rows = g.learnedRows(parameter);
      int columns = g.learnedColumns(parameter);
      long offset = (long) Float.BYTES * model.offset(i, spec.input().channels());
      sums.add(from, out + offset, null, 1, rows, columns);
      from += (long) Float.BYTES * rows * columns;
    }
  }

  @Override
  public void close() {
    scratch.close();
  }
}
