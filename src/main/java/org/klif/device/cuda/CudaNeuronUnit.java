package org.klif.device.cuda;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.NeuronUnit;
import org.klif.device.NeuronUnitChecks;
import org.klif.neuron.Neuron;

/**
 * Neuron sequences on a GPU: all T of a pass in one launch (cuda-kernels/sequence_forward.cuh,
 * sequence_backward.cuh), and a second, small one where there are sums.
 *
 * <p>The backward pass computes the potentials again from x; with {@link
 * org.klif.device.DeviceOptions#keepCharged} it reads H as the last forward pass left it, which
 * gives the same bits.
 */
final class CudaNeuronUnit implements NeuronUnit {
  private static final int ALIGNMENT = 16;

  private final Spec spec;
  private final DType type;
  private final NeuronUnitChecks checks;
  private final KernelModule module;
  private final KernelModule common;
  private final ByteBuffer constants;
  private final NeuronGeometry geometry;
  private final NeuronGeometry anyAlignment;
  private final double neuronSteps;
  private final NeuronScratch scratch;

  CudaNeuronUnit(CudaDevice device, Spec spec) {
    this.spec = spec;
    this.type = device.activationType();
    if (spec.smooth() && type != DType.FLOAT32) {
      throw new KlifException(
          "smooth spikes (gradient checks) need activations of float32, not %s: use --precision float32"
              .formatted(type));
    }
    int perStep = (int) NeuronUnitChecks.perStep(spec.input());
    this.checks = new NeuronUnitChecks(spec, type);
    this.module = device.module("neuron_" + spec.neuron().token());
    this.common = device.module("neuron_common");
    this.constants = NeuronArguments.struct(spec.neuron());
    CudaLimits limits = device.limits();
    NeuronLayout layout =
        NeuronLayout.of(spec, type, perStep, NeuronGeometry.byChannel(spec), limits);
    this.geometry = NeuronGeometry.of(spec, type, layout, perStep, limits);
    this.anyAlignment =
        layout == NeuronLayout.VEC
            ? NeuronGeometry.of(spec, type, NeuronLayout.ONE, perStep, limits)
            : geometry;
    this.neuronSteps = (double) perStep * spec.input().steps();
    boolean keep = device.options().keepCharged();
    this.scratch =
        NeuronScratch.of(
            device,
            Math.max(geometry.partials(), anyAlignment.partials()),
            keep ? 0 : Math.max(geometry.checkpoints(), anyAlignment.checkpoints()),
            keep ? Math.multiplyExact(spec.input().steps(), (long) perStep) : 0);
  }

  /** The geometry for these buffers: that of packs of 16 bytes only where all are aligned. */
  private NeuronGeometry geometryFor(@Nullable Buffer... buffers) {
    for (Buffer buffer : buffers) {
      if (CudaBuffer.addressOrZero(buffer) % ALIGNMENT != 0) {
        return anyAlignment;
      }
    }
    return geometry;
  }

  private Kernel kernel(String pass, NeuronGeometry g) {
    String suffix =
        switch (type) {
          case BFLOAT16 -> "_bf16";
          case FLOAT16 -> "_f16";
          case FLOAT32, INT32 -> "_f32";
        };
    String smooth = spec.smooth() ? "Smooth" : "";
    return module.kernel(spec.neuron().token() + pass + smooth + g.layout().token() + suffix);
  }

  @Override
  public void forward(Forward io) {
    checks.forward(io);
    NeuronGeometry g =
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
    kernel("Forward", g)
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
                .nullable(scratch.kept())
                .nullable(io.charged())
                .nullable(io.potential())
                .nullable(io.activity() == null ? null : scratch.partials())
                .bytes(constants)
                .bytes(g.struct()));
    if (io.activity() != null) {
      NeuronSums sums = new NeuronSums();
      long out = CudaBuffer.of(io.activity()).address();
      sums.add(scratch.partials().address(), out, null, 1 / neuronSteps, g.blocks(), 1);
      sums.launch(common);
    }
  }

  @Override
  public void backward(Backward io) {
    checks.backward(io);
    Forward fw = io.forward();
    boolean norm = spec.normalized() && io.normSums() != null;
    Buffer mean = norm ? io.norm().mean() : null;
    Buffer invStd = norm ? io.norm().invStd() : null;
    NeuronGeometry g =
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
    long parameterPartials = scratch.partials().address();
    long normPartials =
        parameterPartials + (long) Float.BYTES * g.parameterRows() * g.parameterChannels();
    int channels = spec.input().channels();
    long normBytes = (long) Float.BYTES * g.rowBlocks() * channels;
    long absPartials = normPartials + (spec.normalized() ? 2 * normBytes : 0);
    NeuronSums sums = new NeuronSums();
    if (io.gParameter() != null) {
      sums.add(
          parameterPartials,
          CudaBuffer.of(io.gParameter()).address(),
          spec.neuron() instanceof Neuron.Plif ? fw.parameter() : null,
          1,
          g.parameterRows(),
          g.parameterChannels());
    }
    if (norm) {
      long out = CudaBuffer.of(io.normSums()).address();
      sums.add(normPartials, out, null, 1, g.rowBlocks(), channels);
      sums.add(
          normPartials + normBytes,
          out + (long) Float.BYTES * channels,
          null,
          1,
          g.rowBlocks(),
          channels);
    }
    if (fw.activity() != null) {
      long out = CudaBuffer.of(fw.activity()).address() + Float.BYTES;
      sums.add(absPartials, out, null, 1.0 / spec.input().elements(), g.blocks(), 1);
    }
    kernel("Backward", g)
        .launch(
            g.backwardGrid(scratch.kept() != null),
            new KernelArguments()
                .buffer(fw.x())
                .nullable(spec.normalized() ? fw.scale() : null)
                .nullable(spec.normalized() ? fw.shift() : null)
                .nullable(mean)
                .nullable(invStd)
                .nullable(fw.parameter())
                .nullable(fw.initial())
                .nullable(scratch.kept())
                .buffer(io.gSpikes())
                .nullable(io.gLast())
                .buffer(io.gx())
                .nullable(io.gInitial())
                .address(io.gParameter() == null ? 0 : parameterPartials)
                .address(norm ? normPartials : 0)
                .address(fw.activity() == null ? 0 : absPartials)
                .nullable(g.sharedCheckpoints() ? null : scratch.checkpoints())
                .bytes(constants)
                .bytes(g.struct()));
    sums.launch(common);
  }

  @Override
  public void close() {
    scratch.close();
  }
}
