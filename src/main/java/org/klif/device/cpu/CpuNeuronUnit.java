package org.klif.device.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.NeuronUnit;
import org.klif.device.NeuronUnitChecks;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronConstants;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;

/**
 * Neuron sequences on the CPU. A chunk of neurons is carried through all T while its state is in
 * the first-level cache; the backward pass first recomputes H and S of the chunk from x, then goes
 * back in time, {@link BackwardPass} several steps at once; what does not suit it goes step by step
 * here.
 *
 * <p>Bytes moved per neuron-step, float32: forward 8 (read x, write S), backward 12 (read x and gS,
 * write gx); with a constant input and fused pooling 4/T + 1 and 8/T + 1. Activations of bfloat16
 * move half of it.
 *
 * <p>Blocks of chunks have a fixed size, so sums do not depend on the number of threads.
 */
final class CpuNeuronUnit implements NeuronUnit {
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
  private final NeuronChunks chunks;
  private final int chunk;
  private final int blocks;
  private final NeuronSums sums;
  private final NeuronUnitChecks checks;
  private final Tiles tiles;
  private final BackwardPass backward;
  private final boolean inOneGo;
  private final boolean underWindows;
  private final float rest;
  private final float[] values;

  CpuNeuronUnit(CpuDevice device, Spec spec) {
    this.device = device;
    this.kernels = device.kernels();
    this.spec = spec;
    this.surrogate = spec.neuron().common().surrogate();
    this.input = spec.input();
    this.steps = input.steps();
    this.perStep = NeuronUnitChecks.perStep(input);
    boolean perChannel =
        spec.normalized() || (spec.neuron() instanceof Neuron.Klif klif && klif.perChannel());
    this.channels = perChannel ? input.channels() : 1;
    this.plif = spec.neuron() instanceof Neuron.Plif;
    this.pooled = spec.pooling() != null;
    this.max = spec.pooling() == Pooling.Kind.MAX;
    this.chunks = new NeuronChunks(input, pooled, channels);
    this.chunk = chunks.length();
    this.blocks = chunks.blocks();
    this.checks = new NeuronUnitChecks(spec, device.activationType());
    this.sums = new NeuronSums(spec, chunk, channels, blocks);
    this.tiles = new Tiles(chunk);
    this.values = new float[Math.max(channels, 1)];
    this.backward = new BackwardPass(kernels, spec, tiles, chunk);
    this.inOneGo = BackwardPass.suits(spec);
    this.rest = (float) spec.neuron().common().reset().restingPotential();
    boolean scaled = spec.neuron() instanceof Neuron.Klif klif && klif.scaleReset();
    this.underWindows = pooled && !scaled && !spec.smooth();
    device.scratch().reserve(chunk, BackwardPass.scratch(steps, chunk));
  }

  private NeuronConstants prepare(Forward io, @Nullable Backward back) {
    float r;
    if (plif) {
      CpuBuffer.of(NeuronUnitChecks.parameter(io)).download(0, values, 0, 1);
      r = (float) (1 / (1 + Math.exp(-values[0])));
    } else if (spec.neuron() instanceof Neuron.Klif klif) {
      r = (float) (1 / klif.tau());
      Buffer parameter = NeuronUnitChecks.parameter(io);
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

  private void tile(Buffer perChannel, float[] target) {
    perChannel.download(0, values, 0, channels);
    Tiles.tile(values, channels, target);
  }

  private static @Nullable Steps state(@Nullable Buffer buffer, long size) {
    return buffer == null ? null : Steps.of(CpuBuffer.of(buffer), 1, size, true);
  }

  private @Nullable Steps traced(@Nullable Buffer buffer) {
    return buffer == null ? null : Steps.of(CpuBuffer.of(buffer), steps, perStep, false);
  }

  /** Where a run of a chunk begins in a worker's arrays. */
  private static int at(NeuronChunks.Place place, int run) {
    return Scratch.FIRST + run * place.n();
  }

  /** The chunk's state at its first step, or this value where none is given. */
  private void start(
      float[] target, @Nullable Steps source, float otherwise, NeuronChunks.Place place) {
    if (source == null) {
      Arrays.fill(target, Scratch.FIRST, Scratch.FIRST + place.size(), otherwise);
      return;
    }
    for (int run = 0; run < place.runs(); run++) {
      kernels.load(source.at(0), place.at(run), target, at(place, run), place.n());
    }
  }

  private void finish(float[] state, @Nullable Steps target, NeuronChunks.Place place) {
    if (target != null) {
      for (int run = 0; run < place.runs(); run++) {
        kernels.store(state, at(place, run), target.at(0), place.at(run), place.n());
      }
    }
  }

  /** One step of a forward pass that needs H; S too, unless pooling computes it from H. */
  private void charge(
      NeuronConstants c, Steps x, int t, NeuronChunks.Place place, Scratch.Worker w) {
    if (!pooled || spec.smooth() || c.scaleReset() != 0) {
      recompute(c, x, t, place, w, 0);
      return;
    }
    for (int run = 0; run < place.runs(); run++) {
      int at = at(place, run);
      kernels.replay(c, tiles, x.at(t), x.base(t) + place.at(run), w, at, at, place.n());
    }
  }

  private void recompute(
      NeuronConstants c, Steps x, int t, NeuronChunks.Place place, Scratch.Worker w, int from) {
    for (int run = 0; run < place.runs(); run++) {
      int n = place.n();
      int vAt = at(place, run);
      int at = vAt + from;
      int xAt = x.base(t) + place.at(run);
      if (spec.smooth()) {
        ScalarKernels.recomputeSmooth(surrogate, c, tiles, 0, x.at(t), xAt, w, vAt, at, n);
      } else {
        kernels.recompute(c, tiles, x.at(t), xAt, w, vAt, at, n);
      }
    }
  }

  @Override
  public void forward(Forward io) {
    checks.forward(io);
    NeuronConstants c = prepare(io, null);
    Steps x = Steps.of(device.activations(io.x()), steps, perStep, input.constant());
    long outPerStep = pooled ? perStep / 4 : perStep;
    Steps out = Steps.of(device.activations(io.spikes()), steps, outPerStep, false);
    Steps initial = state(io.initial(), perStep);
    Steps last = state(io.last(), perStep);
    Steps charged = traced(io.charged());
    Steps potential = traced(io.potential());
    boolean throughTime = underWindows && charged == null && potential == null;
    boolean direct = !pooled && !spec.smooth() && charged == null && potential == null;
    device.inBlocks(
        blocks,
        (block, w) -> {
          double count = 0;
          for (int index = chunks.first(block); index < chunks.first(block + 1); index++) {
            NeuronChunks.Place place = chunks.place(index);
            start(w.v, initial, rest, place);
            if (throughTime) {
              kernels.forwardPooled(
                  c,
                  tiles,
                  place.rows(max, input.channels()),
                  steps,
                  x,
                  place.first(),
                  place.second(),
                  w,
                  out,
                  place.out());
              finish(w.v, last, place);
              count += w.takeFired();
              continue;
            }
            for (int t = 0; t < steps; t++) {
              if (direct) {
                int from = x.base(t) + place.first();
                int to = out.base(t) + place.first();
                kernels.forward(
                    c, tiles, x.at(t), from, w, Scratch.FIRST, out.at(t), to, place.n());
              } else {
                charge(c, x, t, place, w);
                emitSpikes(c, place, w, out.at(t), out.base(t));
                trace(c, place, w, t, charged, potential);
              }
            }
            finish(w.v, last, place);
            count += w.takeFired();
          }
          sums.count(block, count);
        });
    sums.writeRate(io.activity(), (double) perStep * steps);
  }

  private void emitSpikes(
      NeuronConstants c, NeuronChunks.Place place, Scratch.Worker w, Elements out, int base) {
    int from = Scratch.FIRST;
    int at = base + place.out();
    if (pooled && spec.smooth()) {
      ScalarKernels.poolSpikes(place.rows(max, input.channels()), w, from, out, at);
    } else if (pooled) {
      kernels.pool(c, tiles, place.rows(max, input.channels()), w, from, out, at);
    } else {
      ScalarKernels.count(w, from, place.n());
      kernels.store(w.s, from, out, at, place.n());
    }
  }

  private void trace(
      NeuronConstants c,
      NeuronChunks.Place place,
      Scratch.Worker w,
      int t,
      @Nullable Steps charged,
      @Nullable Steps potential) {
    for (int run = 0; run < place.runs(); run++) {
      int from = at(place, run);
      int at = place.at(run);
      if (charged != null) {
        for (int i = 0; i < place.n(); i++) {
          w.gs[from + i] = Math.max(w.h[from + i] * tiles.k[i], c.floor());
        }
        kernels.store(w.gs, from, charged.at(t), charged.base(t) + at, place.n());
      }
      if (potential != null) {
        kernels.store(w.v, from, potential.at(t), potential.base(t) + at, place.n());
      }
    }
  }

  @Override
  public void backward(Backward io) {
    Forward fw = io.forward();
    checks.backward(io);
    NeuronConstants c = prepare(fw, spec.normalized() ? io : null);
    Steps x = Steps.of(device.activations(fw.x()), steps, perStep, input.constant());
    Steps gx = Steps.of(device.activations(io.gx()), steps, perStep, input.constant());
    long outPerStep = pooled ? perStep / 4 : perStep;
    Steps gSpikes = Steps.of(device.activations(io.gSpikes()), steps, outPerStep, false);
    Steps initial = state(fw.initial(), perStep);
    Steps gLast = state(io.gLast(), perStep);
    Steps gInitial = state(io.gInitial(), perStep);
    float everySpike =
        io.everySpike() == null ? 0 : CpuBuffer.of(io.everySpike()).bytes().getFloat(0);
    device.inBlocks(
        blocks,
        (block, w) -> {
          w.clearSums(chunk);
          for (int index = chunks.first(block); index < chunks.first(block + 1); index++) {
            NeuronChunks.Place place = chunks.place(index);
            start(w.v, initial, rest, place);
            start(w.g, gLast, 0f, place);
            if (inOneGo) {
              backward.run(c, x, gx, gSpikes, everySpike, place, w);
            } else {
              replay(c, x, place, w);
              backInTime(c, x, gx, gSpikes, everySpike, place, w);
            }
            for (int run = 0; input.constant() && run < place.runs(); run++) {
              emit(1f, w.gx, at(place, run), x, gx, 0, place.at(run), place.n(), w);
            }
            finish(w.g, gInitial, place);
          }
          sums.fold(block, w);
        });
    sums.write(io, c);
  }

  /** Forward again: H, S and the surrogate's derivative of the chunk for all T. */
  private void replay(NeuronConstants c, Steps x, NeuronChunks.Place place, Scratch.Worker w) {
    int n = place.n();
    for (int t = 0; t < steps; t++) {
      for (int run = 0; plif && run < place.runs(); run++) {
        int xAt = x.base(t) + place.at(run);
        int at = at(place, run);
        kernels.decayTerm(c, tiles, 0, x.at(t), xAt, w, at, at + t * chunk, n);
      }
      recompute(c, x, t, place, w, t * chunk);
      for (int run = 0; run < place.runs(); run++) {
        kernels.surrogate(
            surrogate.kind(),
            (float) surrogate.alpha(),
            c,
            tiles,
            0,
            w,
            at(place, run) + t * chunk,
            n);
      }
    }
  }

  private void backInTime(
      NeuronConstants c,
      Steps x,
      Steps gx,
      Steps gSpikes,
      float everySpike,
      NeuronChunks.Place place,
      Scratch.Worker w) {
    int n = place.n();
    int first = Scratch.FIRST;
    if (input.constant()) {
      Arrays.fill(w.gx, first, first + place.size(), 0f);
    }
    for (int t = steps - 1; t >= 0; t--) {
      backward.gradientOfSpikes(c, gSpikes, t, place, w, first + t * chunk, first);
      BackwardPass.addToEvery(everySpike, w, first, place.size());
      for (int run = 0; run < place.runs(); run++) {
        int from = at(place, run);
        kernels.backward(c, tiles, 0, w, from + t * chunk, from, from, n);
        if (!input.constant()) {
          emit(c.inputGradient(), w.gh, from, x, gx, t, place.at(run), n, w);
        }
      }
      if (plif) {
        kernels.multiplyAdd(w.gh, first, w.d, first + t * chunk, w.gw, first, place.size());
      }
      if (input.constant()) {
        kernels.scaleAdd(c.inputGradient(), w.gh, w.gx, first, place.size());
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
        x.base(t) + at,
        gx.at(t),
        gx.base(t) + at,
        w,
        n);
  }
}
