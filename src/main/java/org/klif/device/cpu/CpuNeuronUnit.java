package org.klif.device.cpu;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.NeuronUnit;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;

/**
 * Neuron sequences on the CPU. A chunk of neurons is carried through all T while its state is in
 * the first-level cache; the backward pass first recomputes H and S of the chunk from x, then goes
 * back in time.
 *
 * <p>Bytes moved per neuron-step, float32: forward 8 (read x, write S), backward 12 (read x and gS,
 * write gx); with a constant input and fused pooling 4/T + 1 and 8/T + 1.
 *
 * <p>Blocks of chunks have a fixed size, so sums do not depend on the number of threads.
 */
final class CpuNeuronUnit implements NeuronUnit {
  private static final int MOST_BLOCKS = 64;

  private final CpuDevice device;
  private final Kernels kernels;
  private final Spec spec;
  private final Surrogate surrogate;
  private final ActivationShape input;
  private final int steps;
  private final long perStep;
  private final int channels;
  private final boolean plif;
  private final boolean pooled;
  private final boolean max;
  private final int windows; // of a pooled chunk
  private final int segments; // pooled chunks in a row of windows
  private final int chunk; // elements of a whole chunk
  private final int chunks;
  private final int blocks;
  private final Tiles tiles;
  private final float[] values;
  private final double[] sumParameter;
  private final double[] sumG;
  private final double[] sumGx;
  private final double[] sumAbs;
  private final double[] spikes;

  CpuNeuronUnit(CpuDevice device, Spec spec) {
    this.device = device;
    this.kernels = device.kernels();
    this.spec = spec;
    this.surrogate = spec.neuron().common().surrogate();
    this.input = spec.input();
    this.steps = input.steps();
    this.perStep = Math.multiplyExact((long) input.batch(), (long) input.features());
    if (perStep > Integer.MAX_VALUE / 4) {
      throw new KlifException(
          "one time step of %s is over the limit of 2 GiB; use a smaller batch".formatted(input));
    }
    boolean perChannel =
        spec.normalized() || (spec.neuron() instanceof Neuron.Klif klif && klif.perChannel());
    this.channels = perChannel ? input.channels() : 1;
    this.plif = spec.neuron() instanceof Neuron.Plif;
    this.pooled = spec.pooling() != null;
    this.max = spec.pooling() == Pooling.Kind.MAX;
    // a chunk's H, S and surrogate over all T should stay in the cache nearest to the core
    int target = Math.max(64, Math.min(512, 65536 / steps));
    if (pooled) {
      windows = Math.max(1, Math.min(input.width() / 2, target / 4 / input.channels()));
      segments = (input.width() / 2 + windows - 1) / windows;
      chunk = 4 * windows * input.channels();
      chunks = Math.multiplyExact(input.batch(), Math.multiplyExact(input.height() / 2, segments));
    } else {
      windows = 0;
      segments = 0;
      int period = leastCommonMultiple(channels, 16);
      if (period > 4096) {
        period = channels;
      }
      chunk = period * Math.max(1, target / period);
      chunks = (int) ((perStep + chunk - 1) / chunk);
    }
    this.blocks = Math.min(chunks, MOST_BLOCKS);
    this.tiles = new Tiles(chunk);
    this.values = new float[Math.max(channels, 1)];
    this.sumParameter = new double[blocks * channels];
    this.sumG = new double[blocks * channels];
    this.sumGx = new double[blocks * channels];
    this.sumAbs = new double[blocks];
    this.spikes = new double[blocks];
    device.scratch().reserve(chunk, Math.multiplyExact(steps, chunk));
  }

  private static int leastCommonMultiple(int a, int b) {
    int x = a;
    int y = b;
    while (y != 0) {
      int rest = x % y;
      x = y;
      y = rest;
    }
    return a / x * b;
  }

  /** Where one chunk lies: one run of elements, or two (the rows of pooling windows). */
  private record Place(int runs, int n, int first, int second, int out, int windows) {
    int at(int run) {
      return run == 0 ? first : second;
    }

    int size() {
      return runs * n;
    }
  }

  private Place place(int index) {
    if (!pooled) {
      int start = index * chunk;
      return new Place(1, (int) Math.min(chunk, perStep - start), start, 0, start, 0);
    }
    int c = input.channels();
    int rowsOfWindows = input.height() / 2;
    int row = index / segments;
    int window = index % segments * windows;
    int image = row / rowsOfWindows;
    int y = row % rowsOfWindows;
    int count = Math.min(windows, input.width() / 2 - window);
    int first = ((image * input.height() + 2 * y) * input.width() + 2 * window) * c;
    int out = ((image * rowsOfWindows + y) * (input.width() / 2) + window) * c;
    return new Place(2, 2 * count * c, first, first + input.width() * c, out, count);
  }

  private NeuronConstants prepare(Forward io, @Nullable Backward back) {
    float r;
    if (plif) {
      CpuBuffer.of(requireParameter(io)).download(0, values, 0, 1);
      r = (float) (1 / (1 + Math.exp(-values[0])));
    } else if (spec.neuron() instanceof Neuron.Klif klif) {
      r = (float) (1 / klif.tau());
      Buffer parameter = requireParameter(io);
      int count = Math.toIntExact(parameter.size());
      parameter.download(0, values, 0, count);
      Tiles.tile(values, count, tiles.k);
      if (klif.scaleReset()) {
        for (int i = 0; i < tiles.k.length; i++) {
          tiles.q[i] = 1f / tiles.k[i];
        }
      }
    } else if (spec.neuron() instanceof Neuron.Lif lif) {
      r = (float) (1 / lif.tau());
    } else {
      r = 0;
    }
    if (spec.normalized()) {
      tile(io.scale(), tiles.scale);
      tile(io.shift(), tiles.shift);
      if (back != null) {
        tile(back.norm().mean(), tiles.mean);
        tile(back.norm().invStd(), tiles.invStd);
      }
    }
    return NeuronConstants.of(spec.neuron(), r);
  }

  private static Buffer requireParameter(Forward io) {
    if (io.parameter() == null) {
      throw new KlifException("a KLIF or PLIF unit needs its parameter (k or w)");
    }
    return io.parameter();
  }

  private void tile(Buffer perChannel, float[] target) {
    perChannel.download(0, values, 0, channels);
    Tiles.tile(values, channels, target);
  }

  private static @Nullable Steps state(@Nullable Buffer buffer, long size) {
    return buffer == null ? null : Steps.of(CpuBuffer.of(buffer), 1, size, true);
  }

  private void start(Scratch.Worker w, @Nullable Steps initial, Place place) {
    if (initial == null) {
      Arrays.fill(w.v, 0, place.size(), (float) spec.neuron().common().reset().restingPotential());
      return;
    }
    for (int run = 0; run < place.runs(); run++) {
      kernels.load(initial.at(0), 4 * place.at(run), w.v, run * place.n(), place.n());
    }
  }

  private void finish(float[] state, @Nullable Steps target, Place place) {
    if (target != null) {
      for (int run = 0; run < place.runs(); run++) {
        kernels.store(state, run * place.n(), target.at(0), 4 * place.at(run), place.n());
      }
    }
  }

  private float recompute(
      NeuronConstants c, Steps x, int t, Place place, Scratch.Worker w, int from) {
    float count = 0;
    for (int run = 0; run < place.runs(); run++) {
      int n = place.n();
      int at = from + run * n;
      int xAt = x.base(t) + 4 * place.at(run);
      count +=
          spec.smooth()
              ? ScalarKernels.recomputeSmooth(
                  surrogate, c, tiles, 0, x.at(t), xAt, w.v, run * n, w.h, w.s, at, n)
              : kernels.recompute(c, tiles, 0, x.at(t), xAt, w.v, run * n, w.h, w.s, at, n);
    }
    return count;
  }

  @Override
  public void forward(Forward io) {
    check(io);
    NeuronConstants c = prepare(io, null);
    Steps x = Steps.of(CpuBuffer.of(io.x()), steps, perStep, input.constant());
    long outPerStep = pooled ? perStep / 4 : perStep;
    Steps out = Steps.of(CpuBuffer.of(io.spikes()), steps, outPerStep, false);
    Steps initial = state(io.initial(), perStep);
    Steps last = state(io.last(), perStep);
    Steps charged =
        io.charged() == null ? null : Steps.of(CpuBuffer.of(io.charged()), steps, perStep, false);
    Steps potential =
        io.potential() == null
            ? null
            : Steps.of(CpuBuffer.of(io.potential()), steps, perStep, false);
    boolean direct = !pooled && !spec.smooth() && charged == null && potential == null;
    device
        .parallel()
        .run(
            blocks,
            (block, worker) -> {
              Scratch.Worker w = device.scratch().worker(worker);
              double count = 0;
              for (int index = firstChunk(block); index < firstChunk(block + 1); index++) {
                Place place = place(index);
                start(w, initial, place);
                for (int t = 0; t < steps; t++) {
                  if (direct) {
                    count +=
                        kernels.fire(
                            c,
                            tiles,
                            x.at(t),
                            x.base(t) + 4 * place.first(),
                            w.v,
                            out.at(t),
                            out.base(t) + 4 * place.first(),
                            place.n());
                  } else {
                    count += recompute(c, x, t, place, w, 0);
                    emitSpikes(place, w, out.at(t), out.base(t));
                    trace(c, place, w, t, charged, potential);
                  }
                }
                finish(w.v, last, place);
              }
              spikes[block] = count;
            });
    if (io.activity() != null) {
      float rate = (float) (sum(spikes) / ((double) perStep * steps));
      CpuBuffer.of(io.activity()).bytes().putFloat(0, rate);
    }
  }

  private int firstChunk(int block) {
    return (int) ((long) chunks * block / blocks);
  }

  private void emitSpikes(Place place, Scratch.Worker w, ByteBuffer out, int base) {
    int at = base + 4 * place.out();
    if (pooled) {
      kernels.pool(max, w.s, 0, place.n(), input.channels(), place.windows(), out, at);
    } else {
      kernels.store(w.s, 0, out, at, place.n());
    }
  }

  private void trace(
      NeuronConstants c,
      Place place,
      Scratch.Worker w,
      int t,
      @Nullable Steps charged,
      @Nullable Steps potential) {
    for (int run = 0; run < place.runs(); run++) {
      int from = run * place.n();
      int at = 4 * place.at(run);
      if (charged != null) {
        for (int i = 0; i < place.n(); i++) {
          w.gs[i] = Math.max(w.h[from + i] * tiles.k[i], c.floor());
        }
        kernels.store(w.gs, 0, charged.at(t), charged.base(t) + at, place.n());
      }
      if (potential != null) {
        kernels.store(w.v, from, potential.at(t), potential.base(t) + at, place.n());
      }
    }
  }

  @Override
  public void backward(Backward io) {
    Forward fw = io.forward();
    check(fw);
    check("gradient of x", io.gx(), input.elements());
    check("gradient of the spikes", io.gSpikes(), spec.output().elements());
    checkIfGiven("gradient of the last potential", io.gLast(), perStep);
    checkIfGiven("gradient of the initial potential", io.gInitial(), perStep);
    checkIfGiven("gradient of the parameter", io.gParameter(), parameterSize());
    checkIfGiven("sums for the batch norm", io.normSums(), 2L * input.channels());
    if (spec.normalized() && io.norm() == null) {
      throw new KlifException("a normalized neuron unit needs mean and invStd to go backward");
    }
    NeuronConstants c = prepare(fw, spec.normalized() ? io : null);
    Steps x = Steps.of(CpuBuffer.of(fw.x()), steps, perStep, input.constant());
    Steps gx = Steps.of(CpuBuffer.of(io.gx()), steps, perStep, input.constant());
    long outPerStep = pooled ? perStep / 4 : perStep;
    Steps gSpikes = Steps.of(CpuBuffer.of(io.gSpikes()), steps, outPerStep, false);
    Steps initial = state(fw.initial(), perStep);
    Steps gLast = state(io.gLast(), perStep);
    Steps gInitial = state(io.gInitial(), perStep);
    device
        .parallel()
        .run(
            blocks,
            (block, worker) -> {
              Scratch.Worker w = device.scratch().worker(worker);
              w.clearSums(chunk);
              for (int index = firstChunk(block); index < firstChunk(block + 1); index++) {
                Place place = place(index);
                start(w, initial, place);
                replay(c, x, place, w);
                backInTime(c, x, gx, gSpikes, gLast, place, w);
                finish(w.g, gInitial, place);
              }
              fold(block, w);
            });
    results(io, c);
  }

  /** Forward again: H, S and the surrogate's derivative of the chunk for all T. */
  private void replay(NeuronConstants c, Steps x, Place place, Scratch.Worker w) {
    int n = place.n();
    for (int t = 0; t < steps; t++) {
      for (int run = 0; plif && run < place.runs(); run++) {
        int xAt = x.base(t) + 4 * place.at(run);
        kernels.decayTerm(c, tiles, 0, x.at(t), xAt, w.v, run * n, w.d, t * chunk + run * n, n);
      }
      recompute(c, x, t, place, w, t * chunk);
      for (int run = 0; run < place.runs(); run++) {
        kernels.surrogate(
            surrogate.kind(),
            (float) surrogate.alpha(),
            c,
            tiles,
            0,
            w.h,
            w.sg,
            t * chunk + run * n,
            n);
      }
    }
  }

  private void backInTime(
      NeuronConstants c,
      Steps x,
      Steps gx,
      Steps gSpikes,
      @Nullable Steps gLast,
      Place place,
      Scratch.Worker w) {
    int n = place.n();
    if (gLast == null) {
      Arrays.fill(w.g, 0, place.size(), 0f);
    } else {
      for (int run = 0; run < place.runs(); run++) {
        kernels.load(gLast.at(0), 4 * place.at(run), w.g, run * n, n);
      }
    }
    if (input.constant()) {
      Arrays.fill(w.gx, 0, place.size(), 0f);
    }
    for (int t = steps - 1; t >= 0; t--) {
      int gsAt = gSpikes.base(t) + 4 * place.out();
      if (pooled) {
        kernels.unpool(
            max, w.s, t * chunk, n, input.channels(), place.windows(), gSpikes.at(t), gsAt, w.gs);
      } else {
        kernels.load(gSpikes.at(t), gsAt, w.gs, 0, n);
      }
      for (int run = 0; run < place.runs(); run++) {
        int from = run * n;
        kernels.backward(
            c, tiles, 0, w.h, w.s, w.sg, t * chunk + from, w.gs, w.g, w.gh, w.gk, from, n);
        if (!input.constant()) {
          emit(c.inputGradient(), w.gh, from, x, gx, t, place.at(run), n, w);
        }
      }
      if (plif) {
        kernels.multiplyAdd(w.gh, 0, w.d, t * chunk, w.gw, 0, place.size());
      }
      if (input.constant()) {
        kernels.scaleAdd(c.inputGradient(), w.gh, w.gx, 0, place.size());
      }
    }
    if (input.constant()) {
      for (int run = 0; run < place.runs(); run++) {
        emit(1f, w.gx, run * n, x, gx, 0, place.at(run), n, w);
      }
    }
  }

  private void emit(
      float factor,
      float[] g,
      int from,
      Steps x,
      Steps gx,
      int t,
      int at,
      int n,
      Scratch.Worker w) {
    kernels.emit(
        factor,
        g,
        from,
        tiles,
        0,
        spec.normalized() ? x.at(t) : null,
        x.base(t) + 4 * at,
        gx.at(t),
        gx.base(t) + 4 * at,
        w.sumG,
        w.sumGx,
        w.sumAbs,
        n);
  }

  /**
   * Sums of a block, from one accumulator per chunk element to one per channel, in double
   * precision.
   */
  private void fold(int block, Scratch.Worker w) {
    int base = block * channels;
    Arrays.fill(sumParameter, base, base + channels, 0);
    Arrays.fill(sumG, base, base + channels, 0);
    Arrays.fill(sumGx, base, base + channels, 0);
    double abs = 0;
    float[] parameter = plif ? w.gw : w.gk;
    for (int i = 0, channel = 0; i < chunk; i++) {
      sumParameter[base + channel] += parameter[i];
      sumG[base + channel] += w.sumG[i];
      sumGx[base + channel] += w.sumGx[i];
      abs += w.sumAbs[i];
      channel = channel + 1 == channels ? 0 : channel + 1;
    }
    sumAbs[block] = abs;
  }

  private void results(Backward io, NeuronConstants c) {
    if (io.gParameter() != null) {
      int count = Math.toIntExact(io.gParameter().size());
      ByteBuffer target = CpuBuffer.of(io.gParameter()).bytes();
      for (int i = 0; i < count; i++) {
        double total = 0;
        for (int channel = i; channel < channels; channel += count) {
          total += sum(sumParameter, channel);
        }
        if (plif) {
          total *= c.r() * (1.0 - c.r());
        }
        target.putFloat(4 * i, (float) total);
      }
    }
    if (io.normSums() != null) {
      ByteBuffer target = CpuBuffer.of(io.normSums()).bytes();
      for (int channel = 0; channel < channels; channel++) {
        target.putFloat(4 * channel, (float) sum(sumG, channel));
        target.putFloat(4 * (channels + channel), (float) sum(sumGx, channel));
      }
    }
    Buffer activity = io.forward().activity();
    if (activity != null) {
      float mean = (float) (sum(sumAbs) / input.elements());
      CpuBuffer.of(activity).bytes().putFloat(4, mean);
    }
  }

  private double sum(double[] perBlock, int channel) {
    double total = 0;
    for (int block = 0; block < blocks; block++) {
      total += perBlock[block * channels + channel];
    }
    return total;
  }

  private static double sum(double[] values) {
    double total = 0;
    for (double value : values) {
      total += value;
    }
    return total;
  }

  private int parameterSize() {
    return spec.neuron() instanceof Neuron.Klif klif && klif.perChannel() ? input.channels() : 1;
  }

  private void check(Forward io) {
    check("x", io.x(), input.elements());
    check("spikes", io.spikes(), spec.output().elements());
    if (spec.neuron().hasParameter()) {
      check("parameter", requireParameter(io), parameterSize());
    }
    if (spec.normalized()) {
      if (io.scale() == null || io.shift() == null) {
        throw new KlifException("a normalized neuron unit needs scale and shift");
      }
      check("scale", io.scale(), input.channels());
      check("shift", io.shift(), input.channels());
    }
    checkIfGiven("initial potential", io.initial(), perStep);
    checkIfGiven("last potential", io.last(), perStep);
    checkIfGiven("charged potential", io.charged(), steps * perStep);
    checkIfGiven("potential", io.potential(), steps * perStep);
    checkIfGiven("activity", io.activity(), 2);
  }

  private void checkIfGiven(String what, @Nullable Buffer buffer, long size) {
    if (buffer != null) {
      check(what, buffer, size);
    }
  }

  private void check(String what, Buffer buffer, long size) {
    if (buffer.size() != size) {
      throw new KlifException(
          "neuron unit of %s: %s has %d elements, expected %d"
              .formatted(input, what, buffer.size(), size));
    }
  }

  @Override
  public void close() {
    // scratch memory belongs to the device
  }
}
