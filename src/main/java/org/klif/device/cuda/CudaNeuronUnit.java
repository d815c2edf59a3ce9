package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.NeuronUnit;
import org.klif.device.NeuronUnitChecks;
import org.klif.device.Operations;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.CudaType;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.Surrogate;

/**
 * Neuron sequences on a GPU: all T of a pass in one launch, and small ones where there are sums.
 * The kernels of a built-in neuron are those of cuda-kernels/neuron/neuron_entries.cuh, those of a
 * user's neuron come of cuda-kernels/custom/custom_entries.cuh.
 *
 * <p>The backward pass computes the states again from x. With {@link
 * org.klif.device.DeviceOptions#keepCharged} that of a built-in neuron reads H as the last forward
 * pass left it, which gives the same bits; for a user's neuron H is not all that it would need.
 */
final class CudaNeuronUnit implements NeuronUnit {
  private static final int ALIGNMENT = 16;

  private final Spec spec;
  private final NeuronUnitChecks checks;
  private final CudaDevice device;
  private final @Nullable ByteBuffer constants;
  private final Passes aligned;
  private final Passes anyAlignment;
  private final BufferScope owned;
  private final CudaBuffer partials;
  private final @Nullable CudaBuffer checkpoints;
  private final @Nullable CudaBuffer kept;

  /** The kernel of a pass. */
  private interface Kernels {
    Kernel of(boolean forward, NeuronGeometry geometry);
  }

  /** A pass whose neurons are spread over the blocks of its kernel that run at once. */
  private record Pass(Kernel kernel, NeuronGeometry geometry, Grid grid) {
    static Pass of(Kernel kernel, NeuronGeometry geometry, Function<NeuronGeometry, Grid> grid) {
      NeuronGeometry resident = geometry.within(kernel.residentBlocks(grid.apply(geometry)));
      return new Pass(kernel, resident, grid.apply(resident));
    }
  }

  /** Both passes. */
  private record Passes(Pass forward, Pass backward) {
    static Passes of(Kernels kernels, NeuronGeometry geometry, boolean kept) {
      return new Passes(
          Pass.of(kernels.of(true, geometry), geometry, NeuronGeometry::forwardGrid),
          Pass.of(kernels.of(false, geometry), geometry, g -> g.backwardGrid(kept)));
    }

    /** Floats for partial sums of either. */
    long partials() {
      return Math.max(forward.geometry.blocks(), backward.geometry.partials());
    }
  }

  /**
   * Plans a unit.
   *
   * @param constants of a built-in neuron; those of a user's neuron are compiled in
   * @param geometry where all buffers are aligned to packs
   * @param anyAlignment where one is not
   * @param keep elements of H to be kept from pass to pass
   */
  private CudaNeuronUnit(
      CudaDevice device,
      NeuronUnitChecks checks,
      Kernels kernels,
      @Nullable ByteBuffer constants,
      NeuronGeometry geometry,
      NeuronGeometry anyAlignment,
      long keep) {
    this.spec = checks.spec();
    this.checks = checks;
    this.device = device;
    this.constants = constants;
    this.aligned = Passes.of(kernels, geometry, keep > 0);
    this.anyAlignment = Passes.of(kernels, anyAlignment, keep > 0);
    this.owned = new BufferScope(device);
    long starts =
        keep > 0
            ? 0
            : Math.max(
                aligned.backward.geometry.checkpoints(),
                this.anyAlignment.backward.geometry.checkpoints());
    try {
      this.partials =
          owned.own(
              device.workspace(
                  DType.FLOAT32, Math.max(aligned.partials(), this.anyAlignment.partials())));
      this.checkpoints = starts == 0 ? null : owned.own(device.workspace(DType.FLOAT32, starts));
      this.kept = keep == 0 ? null : owned.own(device.workspace(DType.FLOAT32, keep));
    } catch (RuntimeException e) {
      throw owned.closeAfter(e);
    }
  }

  /** Plans a unit of any neuron. */
  static CudaNeuronUnit of(CudaDevice device, Spec spec) {
    NeuronUnitChecks checks = new NeuronUnitChecks(spec, device.activationType());
    if (spec.smooth() && device.activationType() != DType.FLOAT32) {
      throw new KlifException(
          "smooth spikes (gradient checks) need activations of float32, not %s: use precision float32"
              .formatted(device.activationType()));
    }
    return spec.neuron() instanceof Neuron.Custom custom
        ? ofUser(device, checks, custom)
        : builtIn(device, checks);
  }

  private static CudaNeuronUnit builtIn(CudaDevice device, NeuronUnitChecks checks) {
    Spec spec = checks.spec();
    DType type = device.activationType();
    int perStep = (int) NeuronUnitChecks.perStep(spec.input());
    CudaLimits limits = device.limits();
    String token = spec.neuron().token();
    String module = "neuron_" + token;
    NeuronLayout layout =
        NeuronLayout.of(spec, type, perStep, NeuronGeometry.byChannel(spec), limits);
    NeuronLayout unaligned = layout == NeuronLayout.VEC ? NeuronLayout.ONE : layout;
    String backward =
        spec.smooth()
            ? "BackwardSmooth"
            : isDefault(spec.neuron()) && !spec.everySpike() ? "Backward" : "BackwardAny";
    String forward = spec.smooth() ? "ForwardSmooth" : "Forward";
    return new CudaNeuronUnit(
        device,
        checks,
        (isForward, g) -> {
          String pass = isForward ? forward : backward;
          NeuronLayout chosen = g.lanes() == layout.lanes(type) ? layout : unaligned;
          String entry = token + pass + chosen.token();
          // those of gradient checks are for float32 alone
          return spec.smooth()
              ? device.module(module + "_smooth").kernel(Operand.entry(entry, type))
              : device.kernel(module, entry, type);
        },
        NeuronArguments.struct(spec.neuron()),
        NeuronGeometry.of(spec, type, layout, perStep, limits),
        NeuronGeometry.of(spec, type, unaligned, perStep, limits),
        device.options().keepCharged()
            ? Math.multiplyExact(spec.input().steps(), (long) perStep)
            : 0);
  }

  /** Whether a backward pass has the options that its fastest kernels are compiled for. */
  private static boolean isDefault(Neuron neuron) {
    return neuron.common().surrogate().kind() == Surrogate.Kind.ATAN
        && !(neuron instanceof Neuron.Klif klif && klif.scaleReset());
  }

  private static CudaNeuronUnit ofUser(
      CudaDevice device, NeuronUnitChecks checks, Neuron.Custom neuron) {
    Spec spec = checks.spec();
    NeuronModel model = neuron.model();
    CudaType type =
        switch (device.activationType()) {
          case BFLOAT16 -> CudaType.BFLOAT16;
          case FLOAT16 -> CudaType.FLOAT16;
          case FLOAT32, INT32 -> CudaType.FLOAT32;
        };
    CudaText text = CudaText.of(neuron, spec.smooth(), spec.everySpike(), type);
    KernelModule module = device.module(text);
    CudaLimits limits = device.limits();
    int lanes = NeuronGeometry.fits(spec, model, text.lanes(), limits) ? text.lanes() : 1;
    return new CudaNeuronUnit(
        device,
        checks,
        (forward, g) -> module.kernel(CudaText.entry(model.name(), forward, g.lanes() > 1, type)),
        null,
        NeuronGeometry.of(spec, model, lanes, limits),
        NeuronGeometry.of(spec, model, 1, limits),
        0);
  }

  /** The passes for these buffers: those of packs of 16 bytes only where all are aligned. */
  private Passes passesFor(@Nullable Buffer... buffers) {
    for (Buffer buffer : buffers) {
      if (CudaBuffer.addressOrZero(buffer) % ALIGNMENT != 0) {
        return anyAlignment;
      }
    }
    return aligned;
  }

  /** What the forward kernels of built-in neurons alone are given. */
  private KernelArguments withKept(KernelArguments arguments) {
    return constants == null ? arguments : arguments.writes(kept);
  }

  private void launch(Pass pass, KernelArguments arguments) {
    KernelArguments all = constants == null ? arguments : arguments.bytes(constants);
    pass.kernel.launch(pass.grid, all.bytes(pass.geometry.struct()));
  }

  @Override
  public void forward(Forward io) {
    checks.forward(io);
    Pass pass =
        passesFor(
                io.x(),
                io.scale(),
                io.shift(),
                io.parameter(),
                io.initial(),
                io.spikes(),
                io.last(),
                io.charged(),
                io.potential())
            .forward();
    KernelArguments arguments =
        new KernelArguments()
            .reads(io.x())
            .reads(spec.normalized() ? io.scale() : null)
            .reads(spec.normalized() ? io.shift() : null)
            .reads(io.parameter())
            .reads(io.initial())
            .writes(io.spikes())
            .writes(io.last());
    withKept(arguments)
        .writes(io.charged())
        .writes(io.potential())
        .writes(io.activity() == null ? null : partials.view(0, pass.geometry.blocks()))
        .carries(Operations.forward(spec), neuronSteps());
    launch(pass, arguments);
    if (io.activity() != null) {
      double factor = 1.0 / spec.input().varying().elements();
      NeuronSums sums = new NeuronSums();
      sums.add(partials.address(), address(io.activity()), null, factor, pass.geometry.blocks(), 1);
      sums.launch(device);
    }
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
    Pass pass =
        passesFor(
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
                io.gInitial())
            .backward();
    NeuronGeometry g = pass.geometry;
    boolean learns = io.gParameter() != null && !g.learned().isEmpty();
    long learnedPartials = partials.address();
    long normPartials = learnedPartials + Float.BYTES * g.learnedPartials();
    long normBytes = Float.BYTES * g.normPartials();
    long absPartials = normPartials + 2 * normBytes;
    KernelArguments arguments =
        new KernelArguments()
            .passes(fw.x())
            .moves(passesOverInput(g, norm) * (double) CudaBuffer.of(fw.x()).bytes(), 0)
            .reads(spec.normalized() ? fw.scale() : null)
            .reads(spec.normalized() ? fw.shift() : null)
            .reads(mean)
            .reads(invStd)
            .reads(fw.parameter())
            .reads(fw.initial())
            .reads(kept)
            .reads(io.gSpikes())
            .reads(io.everySpike())
            .reads(io.gLast())
            .writes(io.gx())
            .writes(io.gInitial())
            .address(learns ? learnedPartials : 0)
            .moves(0, learns ? Float.BYTES * (double) g.learnedPartials() : 0)
            .address(norm ? normPartials : 0)
            .moves(0, norm ? 2.0 * normBytes : 0)
            .address(fw.activity() == null ? 0 : absPartials)
            .moves(0, fw.activity() == null ? 0 : Float.BYTES * (double) g.blocks())
            .updates(g.sharedCheckpoints() ? null : checkpoints)
            .carries(Operations.backward(spec), neuronSteps());
    launch(pass, arguments);
    NeuronSums sums = new NeuronSums();
    if (learns) {
      addLearned(sums, g, learnedPartials, io);
    }
    if (norm) {
      int channels = spec.input().channels();
      int rows = g.spread().rowBlocks();
      long out = address(io.normSums());
      sums.add(normPartials, out, null, 1, rows, channels);
      long second = out + (long) Float.BYTES * channels;
      sums.add(normPartials + normBytes, second, null, 1, rows, channels);
    }
    if (fw.activity() != null) {
      long out = address(fw.activity()) + Float.BYTES;
      sums.add(absPartials, out, null, 1.0 / spec.input().elements(), g.blocks(), 1);
    }
    sums.launch(device);
  }

  private long neuronSteps() {
    return spec.input().varying().elements();
  }

  /**
   * How often the backward pass reads x from memory: for the potentials at the starts of chunks and
   * then for the chunks; once where all is one chunk, and with H kept only where x itself counts.
   */
  private int passesOverInput(NeuronGeometry g, boolean norm) {
    if (kept != null) {
      return norm || spec.neuron() instanceof Neuron.Plif ? 1 : 0;
    }
    return g.chunk() < spec.input().steps() && !spec.input().constant() ? 2 : 1;
  }

  private void addLearned(NeuronSums sums, NeuronGeometry g, long fromPartials, Backward io) {
    long from = fromPartials;
    Buffer weight = spec.neuron() instanceof Neuron.Plif ? io.forward().parameter() : null;
    for (int i = 0; i < g.learned().size(); i++) {
      int rows = g.learnedRows(i);
      int columns = g.learnedColumns(i);
      // a built-in neuron has one
      int element =
          spec.neuron() instanceof Neuron.Custom custom
              ? custom.model().offset(i, spec.input().channels())
              : 0;
      long out = address(io.gParameter()) + (long) Float.BYTES * element;
      sums.add(from, out, weight, 1, rows, columns);
      from += (long) Float.BYTES * rows * columns;
    }
  }

  @Override
  public void close() {
    owned.close();
  }
}
