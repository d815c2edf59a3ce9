package org.klif.device.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;
import org.klif.device.OptimizerStep;
import org.klif.device.cpu.Bytes;
import org.klif.device.cpu.Kernels;
import org.klif.device.cpu.ScalarKernels;
import org.klif.device.cpu.Scratch;
import org.klif.device.cpu.Steps;
import org.klif.device.cpu.Tiles;
import org.klif.neuron.NeuronConstants;
import org.klif.neuron.Surrogate;

/**
 * {@link Kernels} with the Vector API, in the machine's widest registers. Loops are straight lines:
 * what differs between models is in the constants, what differs between surrogates is a loop of its
 * own. Elements past the last whole vector are left to {@link ScalarKernels}, which takes the same
 * float32 steps.
 */
final class VectorKernels implements Kernels {
  private static final VectorSpecies<Float> S = NativeVectors.SPECIES;
  private static final int LANES = S.length();
  private static final VectorSpecies<Integer> INTS = S.withLanes(int.class);

  private final ScalarKernels scalar = new ScalarKernels();

  @Override
  public String description() {
    return "Vector API, %d bits (%d lanes)".formatted(S.vectorBitSize(), LANES);
  }

  private static FloatVector load(NativeVectors.Memory memory, int offset) {
    return NativeVectors.load(memory, offset);
  }

  private static void store(FloatVector vector, NativeVectors.Memory memory, int offset) {
    NativeVectors.store(vector, memory, offset);
  }

  private static FloatVector load(float[] array, int index) {
    return FloatVector.fromArray(S, array, index);
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(S, value);
  }

  /**
   * KLIF's scale, max(u, floor) of u = k H, NaN where u is; Java's own maximum takes three times
   * the instructions.
   */
  static FloatVector floored(FloatVector u, float floor) {
    return u.blend(floor, u.compare(VectorOperators.LE, floor));
  }

  @Override
  public void forward(
      NeuronConstants c,
      Tiles tiles,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      Bytes spikes,
      int spikeOffset,
      int n) {
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    NativeVectors.Memory spikesMemory = NativeVectors.memory(spikes);
    int whole = S.loopBound(n);
    float[] v = w.v;
    float decayed = c.decayed();
    float plain = c.plain();
    float r = c.r();
    float rest = c.rest();
    float floor = c.floor();
    float threshold = c.threshold();
    float soft = 1f - c.hard();
    float minusSoft = -c.softThreshold();
    float hardReset = c.hardReset();
    float[] kTile = tiles.k;
    float[] qTile = tiles.q;
    float[] scale = tiles.scale;
    float[] shift = tiles.shift;
    FloatVector one = splat(1f);
    FloatVector zero = FloatVector.zero(S);
    FloatVector count = load(w.fired, 0);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector input = load(xMemory, xOffset + 4 * i).fma(load(scale, i), load(shift, i));
      FloatVector potential = load(v, i);
      FloatVector d = input.fma(splat(decayed), potential.sub(rest).neg());
      FloatVector h = input.fma(splat(plain), d.fma(splat(r), potential));
      FloatVector f = floored(h.mul(load(kTile, i)), floor);
      VectorMask<Float> fires = f.compare(VectorOperators.GE, threshold);
      FloatVector spike = zero.blend(one, fires);
      store(spike, spikesMemory, spikeOffset + 4 * i);
      FloatVector q = load(qTile, i);
      FloatVector scaled = f.mul(q);
      scaled
          .blend(scaled.fma(splat(soft), q.fma(splat(minusSoft), splat(hardReset))), fires)
          .intoArray(v, i);
      count = count.add(spike);
    }
    count.intoArray(w.fired, 0);
    ScalarKernels.forwardTail(c, tiles, x, xOffset, w, spikes, spikeOffset, whole, n);
  }

  @Override
  public void recompute(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    if (c.scaleReset() == 0) {
      VectorSequences.recompute(c, tiles, tileFrom, x, xOffset, w, vFrom, from, n);
    } else {
      recomputeScaled(c, tiles, tileFrom, x, xOffset, w, vFrom, from, n);
    }
    int whole = S.loopBound(n);
    scalar.recompute(
        c,
        tiles,
        tileFrom + whole,
        x,
        xOffset + 4 * whole,
        w,
        vFrom + whole,
        from + whole,
        n - whole);
  }

  /** Whole vectors of a KLIF that is divided by k after firing. */
  private static void recomputeScaled(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    int whole = S.loopBound(n);
    float[] v = w.v;
    float[] h = w.h;
    float[] s = w.s;
    float decayed = c.decayed();
    float plain = c.plain();
    float r = c.r();
    float rest = c.rest();
    float floor = c.floor();
    float threshold = c.threshold();
    float soft = 1f - c.hard();
    float minusSoft = -c.softThreshold();
    float hardReset = c.hardReset();
    float[] kTile = tiles.k;
    float[] qTile = tiles.q;
    float[] scale = tiles.scale;
    float[] shift = tiles.shift;
    FloatVector one = splat(1f);
    FloatVector zero = FloatVector.zero(S);
    FloatVector count = load(w.fired, 0);
    for (int i = 0; i < whole; i += LANES) {
      int tile = tileFrom + i;
      FloatVector input = load(xMemory, xOffset + 4 * i).fma(load(scale, tile), load(shift, tile));
      FloatVector potential = load(v, vFrom + i);
      FloatVector d = input.fma(splat(decayed), potential.sub(rest).neg());
      FloatVector charged = input.fma(splat(plain), d.fma(splat(r), potential));
      FloatVector f = floored(charged.mul(load(kTile, tile)), floor);
      VectorMask<Float> fires = f.compare(VectorOperators.GE, threshold);
      FloatVector spike = zero.blend(one, fires);
      charged.intoArray(h, from + i);
      spike.intoArray(s, from + i);
      FloatVector q = load(qTile, tile);
      FloatVector scaled = f.mul(q);
      scaled
          .blend(scaled.fma(splat(soft), q.fma(splat(minusSoft), splat(hardReset))), fires)
          .intoArray(v, vFrom + i);
      count = count.add(spike);
    }
    count.intoArray(w.fired, 0);
  }

  @Override
  public void decayTerm(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    int whole = S.loopBound(n);
    float[] v = w.v;
    float[] d = w.d;
    float decayed = c.decayed();
    float rest = c.rest();
    for (int i = 0; i < whole; i += LANES) {
      int tile = tileFrom + i;
      FloatVector input =
          load(xMemory, xOffset + 4 * i).fma(load(tiles.scale, tile), load(tiles.shift, tile));
      input.fma(splat(decayed), load(v, vFrom + i).sub(rest).neg()).intoArray(d, from + i);
    }
    scalar.decayTerm(
        c,
        tiles,
        tileFrom + whole,
        x,
        xOffset + 4 * whole,
        w,
        vFrom + whole,
        from + whole,
        n - whole);
  }

  @Override
  public void surrogate(
      Surrogate.Kind kind,
      float alpha,
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Scratch.Worker w,
      int from,
      int n) {
    int whole = S.loopBound(n);
    float[] h = w.h;
    float[] sg = w.sg;
    float[] k = tiles.k;
    float floor = c.floor();
    float threshold = c.threshold();
    switch (kind) {
      case ATAN -> {
        float steep = (float) (Math.PI / 2) * alpha;
        FloatVector top = splat(0.5f * alpha);
        FloatVector one = splat(1f);
        for (int i = 0; i < whole; i += LANES) {
          FloatVector z = distance(h, from + i, k, tileFrom + i, floor, threshold).mul(steep);
          top.div(z.fma(z, one)).intoArray(sg, from + i);
        }
      }
      case SIGMOID -> {
        for (int i = 0; i < whole; i += LANES) {
          FloatVector z = distance(h, from + i, k, tileFrom + i, floor, threshold).mul(alpha);
          FloatVector e = exp(z.abs().neg());
          FloatVector d = e.add(1f);
          e.mul(alpha).div(d.mul(d)).intoArray(sg, from + i);
        }
      }
      case TRIANGLE -> {
        for (int i = 0; i < whole; i += LANES) {
          FloatVector u = distance(h, from + i, k, tileFrom + i, floor, threshold);
          u.abs().fma(splat(-alpha * alpha), splat(alpha)).max(0f).intoArray(sg, from + i);
        }
      }
      case RECTANGLE -> {
        float border = 0.5f / alpha;
        FloatVector zero = FloatVector.zero(S);
        for (int i = 0; i < whole; i += LANES) {
          FloatVector u = distance(h, from + i, k, tileFrom + i, floor, threshold);
          VectorMask<Float> inside = u.abs().compare(VectorOperators.LT, border);
          zero.blend(alpha, inside).intoArray(sg, from + i);
        }
      }
      case GAUSSIAN -> {
        float height = alpha * (float) (1 / Math.sqrt(Math.PI));
        for (int i = 0; i < whole; i += LANES) {
          FloatVector z = distance(h, from + i, k, tileFrom + i, floor, threshold).mul(alpha);
          exp(z.mul(z).neg()).mul(height).intoArray(sg, from + i);
        }
      }
      case SOFTSIGN -> {
        FloatVector top = splat(0.5f * alpha);
        for (int i = 0; i < whole; i += LANES) {
          FloatVector z = distance(h, from + i, k, tileFrom + i, floor, threshold).mul(alpha);
          FloatVector d = z.abs().add(1f);
          top.div(d.mul(d)).intoArray(sg, from + i);
        }
      }
    }
    scalar.surrogate(kind, alpha, c, tiles, tileFrom + whole, w, from + whole, n - whole);
  }

  /** u = F - threshold. */
  private static FloatVector distance(
      float[] h, int index, float[] k, int tile, float floor, float threshold) {
    return floored(load(h, index).mul(load(k, tile)), floor).sub(threshold);
  }

  /** See SurrogateMath.exp. */
  private static FloatVector exp(FloatVector x) {
    FloatVector clamped = x.max(-87f);
    FloatVector shifted = clamped.fma(splat((float) 1.4426950408889634), splat(12582912f));
    FloatVector n = shifted.sub(12582912f);
    FloatVector r = n.fma(splat(-0.693359375f), clamped);
    r = n.fma(splat((float) 2.121944400546905e-4), r);
    FloatVector p = r.fma(splat(1f / 720), splat(1f / 120));
    p = p.fma(r, splat(1f / 24));
    p = p.fma(r, splat(1f / 6));
    p = p.fma(r, splat(0.5f));
    p = p.fma(r, splat(1f));
    p = p.fma(r, splat(1f));
    FloatVector power =
        shifted
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, 23)
            .add(0x3f800000)
            .reinterpretAsFloats();
    return p.mul(power);
  }

  @Override
  public void backward(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Scratch.Worker w,
      int from,
      int gsFrom,
      int gFrom,
      int n) {
    int whole = S.loopBound(n);
    float[] h = w.h;
    float[] s = w.s;
    float[] sg = w.sg;
    float[] gs = w.gs;
    float[] g = w.g;
    float[] gh = w.gh;
    float[] gk = w.gk;
    float floor = c.floor();
    float minusHard = -c.hard();
    float minusSoft = -c.softThreshold();
    float hardReset = c.hardReset();
    float attached = c.attached();
    float minusScale = -c.scaleReset();
    float carried = 1f - c.r();
    float[] kTile = tiles.k;
    float[] qTile = tiles.q;
    FloatVector one = splat(1f);
    FloatVector zero = FloatVector.zero(S);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector k = load(kTile, tileFrom + i);
      FloatVector q = load(qTile, tileFrom + i);
      FloatVector charged = load(h, from + i);
      FloatVector spike = load(s, from + i);
      FloatVector f = floored(charged.mul(k), floor);
      FloatVector gV = load(g, gFrom + i);
      FloatVector keep = q.mul(spike.fma(splat(minusHard), one));
      FloatVector drop = q.fma(splat(minusSoft), splat(hardReset));
      FloatVector throughSpike = q.mul(minusHard).fma(f, drop);
      FloatVector total = gV.mul(attached).fma(throughSpike, load(gs, gsFrom + i));
      FloatVector gF = total.fma(load(sg, from + i), gV.mul(keep));
      gF = zero.blend(gF, f.compare(VectorOperators.GT, floor));
      FloatVector withoutReset = spike.mul(minusSoft).fma(q, f.mul(keep));
      FloatVector scaled = gV.mul(minusScale).mul(q);
      gF.fma(charged, scaled.fma(withoutReset, load(gk, gFrom + i))).intoArray(gk, gFrom + i);
      FloatVector gH = k.mul(gF);
      gH.intoArray(gh, gFrom + i);
      gH.mul(carried).intoArray(g, gFrom + i);
    }
    scalar.backward(
        c, tiles, tileFrom + whole, w, from + whole, gsFrom + whole, gFrom + whole, n - whole);
  }

  @Override
  public void replay(
      NeuronConstants c,
      Tiles tiles,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    VectorSequences.replay(c, tiles, x, xOffset, w, vFrom, from, n);
    int whole = S.loopBound(n);
    scalar.recompute(
        c, tiles, whole, x, xOffset + 4 * whole, w, vFrom + whole, from + whole, n - whole);
  }

  @Override
  public void backSteps(
      NeuronConstants c,
      Tiles tiles,
      float alpha,
      Scratch.Worker w,
      int from,
      int stride,
      int first,
      int end,
      @Nullable Steps x,
      @Nullable Steps gx,
      int at,
      int n) {
    if (gx != null && gx.at(first) != gx.at(end - 1)) {
      // a tensor over 2 GiB has a Java buffer for each step
      for (int t = end - 1; t >= first; t--) {
        backSteps(c, tiles, alpha, w, from, stride, t, t + 1, x, gx, at, n);
      }
      return;
    }
    if (gx == null) {
      VectorSequences.backConstant(c, tiles, alpha, w, from, stride, first, end, n);
    } else if (x == null) {
      VectorSequences.backPlain(c, tiles, alpha, w, from, stride, first, end, gx, at, n);
    } else {
      VectorSequences.backNormalized(c, tiles, alpha, w, from, stride, first, end, x, gx, at, n);
    }
    scalar.backStepsTail(
        c, tiles, alpha, w, from, stride, first, end, x, gx, at, S.loopBound(n), n);
  }

  @Override
  public void load(Bytes source, int offset, float[] target, int from, int n) {
    NativeVectors.Memory sourceMemory = NativeVectors.memory(source);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      load(sourceMemory, offset + 4 * i).intoArray(target, from + i);
    }
    scalar.load(source, offset + 4 * whole, target, from + whole, n - whole);
  }

  @Override
  public void store(float[] source, int from, Bytes target, int offset, int n) {
    NativeVectors.Memory targetMemory = NativeVectors.memory(target);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      store(load(source, from + i), targetMemory, offset + 4 * i);
    }
    scalar.store(source, from + whole, target, offset + 4 * whole, n - whole);
  }

  @Override
  public void multiplyAdd(
      float[] a, int aFrom, float[] b, int bFrom, float[] acc, int accFrom, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      load(a, aFrom + i)
          .fma(load(b, bFrom + i), load(acc, accFrom + i))
          .intoArray(acc, accFrom + i);
    }
    scalar.multiplyAdd(a, aFrom + whole, b, bFrom + whole, acc, accFrom + whole, n - whole);
  }

  @Override
  public void scaleAdd(float factor, float[] a, float[] acc, int from, int n) {
    int whole = S.loopBound(n);
    for (int i = from; i < from + whole; i += LANES) {
      load(a, i).fma(splat(factor), load(acc, i)).intoArray(acc, i);
    }
    scalar.scaleAdd(factor, a, acc, from + whole, n - whole);
  }

  @Override
  public void emit(
      float factor,
      float[] g,
      int from,
      Tiles tiles,
      int tileFrom,
      Bytes x,
      int xOffset,
      Bytes gx,
      int gxOffset,
      Scratch.Worker w,
      int n) {
    NativeVectors.Memory gxMemory = NativeVectors.memory(gx);
    int whole = S.loopBound(n);
    float[] sumG = w.sumG;
    float[] sumGx = w.sumGx;
    float[] sumAbs = w.sumAbs;
    if (x == null) {
      for (int i = 0; i < whole; i += LANES) {
        FloatVector value = load(g, from + i).mul(factor);
        store(value, gxMemory, gxOffset + 4 * i);
        load(sumAbs, from + i).add(value.abs()).intoArray(sumAbs, from + i);
      }
    } else {
      NativeVectors.Memory xMemory = NativeVectors.memory(x);
      for (int i = 0; i < whole; i += LANES) {
        FloatVector value = load(g, from + i).mul(factor);
        store(value, gxMemory, gxOffset + 4 * i);
        load(sumAbs, from + i).add(value.abs()).intoArray(sumAbs, from + i);
        int tile = tileFrom + i;
        FloatVector xhat =
            load(xMemory, xOffset + 4 * i)
                .sub(load(tiles.mean, tile))
                .mul(load(tiles.invStd, tile));
        load(sumG, from + i).add(value).intoArray(sumG, from + i);
        value.fma(xhat, load(sumGx, from + i)).intoArray(sumGx, from + i);
      }
    }
    scalar.emit(
        factor,
        g,
        from + whole,
        tiles,
        tileFrom + whole,
        x,
        xOffset + 4 * whole,
        gx,
        gxOffset + 4 * whole,
        w,
        n - whole);
  }

  @Override
  public void moments(Bytes x, int xOffset, float[] origin, float[] sum, float[] squares, int n) {
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector d = load(xMemory, xOffset + 4 * i).sub(load(origin, i));
      load(sum, i).add(d).intoArray(sum, i);
      d.fma(d, load(squares, i)).intoArray(squares, i);
    }
    ScalarKernels.momentsTail(x, xOffset, origin, sum, squares, whole, n);
  }

  @Override
  public void affine(
      Bytes x, int xOffset, float[] scale, float[] shift, Bytes y, int yOffset, int n) {
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    NativeVectors.Memory yMemory = NativeVectors.memory(y);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      store(
          load(xMemory, xOffset + 4 * i).fma(load(scale, i), load(shift, i)),
          yMemory,
          yOffset + 4 * i);
    }
    ScalarKernels.affineTail(x, xOffset, scale, shift, y, yOffset, whole, n);
  }

  @Override
  public void affine2(
      Bytes g, Bytes x, int offset, float[] a, float[] b, float[] c, Bytes out, int n) {
    NativeVectors.Memory gMemory = NativeVectors.memory(g);
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    NativeVectors.Memory outMemory = NativeVectors.memory(out);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      int at = offset + 4 * i;
      store(
          load(gMemory, at).fma(load(a, i), load(xMemory, at).fma(load(b, i), load(c, i))),
          outMemory,
          at);
    }
    ScalarKernels.affine2Tail(g, x, offset, a, b, c, out, whole, n);
  }

  @Override
  public void add(Bytes a, int aOffset, Bytes b, int bOffset, Bytes out, int outOffset, int n) {
    NativeVectors.Memory aMemory = NativeVectors.memory(a);
    NativeVectors.Memory bMemory = NativeVectors.memory(b);
    NativeVectors.Memory outMemory = NativeVectors.memory(out);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      store(
          load(aMemory, aOffset + 4 * i).add(load(bMemory, bOffset + 4 * i)),
          outMemory,
          outOffset + 4 * i);
    }
    scalar.add(
        a, aOffset + 4 * whole, b, bOffset + 4 * whole, out, outOffset + 4 * whole, n - whole);
  }

  @Override
  public void average(Bytes values, float share, Bytes average, int offset, int n) {
    NativeVectors.Memory valuesMemory = NativeVectors.memory(values);
    NativeVectors.Memory averageMemory = NativeVectors.memory(average);
    int whole = S.loopBound(n);
    FloatVector shares = FloatVector.broadcast(S, share);
    for (int at = offset; at < offset + 4 * whole; at += 4 * LANES) {
      FloatVector old = load(averageMemory, at);
      store(shares.fma(load(valuesMemory, at).sub(old), old), averageMemory, at);
    }
    scalar.average(values, share, average, offset + 4 * whole, n - whole);
  }

  @Override
  public void multiply(
      Bytes a, int aOffset, Bytes b, int bOffset, Bytes out, int outOffset, int n) {
    NativeVectors.Memory aMemory = NativeVectors.memory(a);
    NativeVectors.Memory bMemory = NativeVectors.memory(b);
    NativeVectors.Memory outMemory = NativeVectors.memory(out);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      store(
          load(aMemory, aOffset + 4 * i).mul(load(bMemory, bOffset + 4 * i)),
          outMemory,
          outOffset + 4 * i);
    }
    scalar.multiply(
        a, aOffset + 4 * whole, b, bOffset + 4 * whole, out, outOffset + 4 * whole, n - whole);
  }

  @Override
  public void pool(
      boolean max, float[] s, int from, int run, int channels, int windows, Bytes out, int offset) {
    if (channels % LANES != 0) {
      scalar.pool(max, s, from, run, channels, windows, out, offset);
      return;
    }
    NativeVectors.Memory outMemory = NativeVectors.memory(out);
    // one loop over all windows: one over their channels alone is short
    int i = from;
    for (int at = 0, c = 0; at < windows * channels; at += LANES) {
      FloatVector a = load(s, i);
      FloatVector b = load(s, i + channels);
      FloatVector d = load(s, i + run);
      FloatVector e = load(s, i + run + channels);
      FloatVector value = max ? a.max(b).max(d.max(e)) : a.add(b).add(d.add(e)).mul(0.25f);
      store(value, outMemory, offset + 4 * at);
      i += LANES;
      c += LANES;
      if (c == channels) {
        c = 0;
        i += channels;
      }
    }
  }

  @Override
  public void unpool(
      boolean max,
      float[] s,
      int from,
      int run,
      int channels,
      int windows,
      Bytes gy,
      int offset,
      float[] gs,
      int gsFrom) {
    if (channels % LANES != 0) {
      scalar.unpool(max, s, from, run, channels, windows, gy, offset, gs, gsFrom);
      return;
    }
    NativeVectors.Memory gyMemory = NativeVectors.memory(gy);
    FloatVector zero = FloatVector.zero(S);
    int i = 0;
    for (int at = 0, c = 0; at < windows * channels; at += LANES) {
      int to = gsFrom + i;
      FloatVector g = load(gyMemory, offset + 4 * at);
      if (max) {
        FloatVector a = load(s, from + i);
        FloatVector b = load(s, from + i + channels);
        FloatVector d = load(s, from + i + run);
        FloatVector e = load(s, from + i + run + channels);
        VectorMask<Float> inTop = a.max(b).compare(VectorOperators.GE, d.max(e));
        VectorMask<Float> leftTop = a.compare(VectorOperators.GE, b);
        VectorMask<Float> leftBottom = d.compare(VectorOperators.GE, e);
        FloatVector top = zero.blend(g, inTop);
        FloatVector bottom = g.blend(0f, inTop);
        zero.blend(top, leftTop).intoArray(gs, to);
        top.blend(0f, leftTop).intoArray(gs, to + channels);
        zero.blend(bottom, leftBottom).intoArray(gs, to + run);
        bottom.blend(0f, leftBottom).intoArray(gs, to + run + channels);
      } else {
        FloatVector part = g.mul(0.25f);
        part.intoArray(gs, to);
        part.intoArray(gs, to + channels);
        part.intoArray(gs, to + run);
        part.intoArray(gs, to + run + channels);
      }
      i += LANES;
      c += LANES;
      if (c == channels) {
        c = 0;
        i += channels;
      }
    }
  }

  @Override
  public void windows(Windows windows, Bytes x, Bytes y) {
    VectorWindows.forward(windows, x, y);
  }

  @Override
  public void windowGradients(Windows windows, Bytes x, Bytes gy, Bytes gx, float[] winners) {
    VectorWindows.backward(windows, x, gy, gx, winners);
  }

  @Override
  public void update(Update u, Bytes p, Bytes g, Bytes m, Bytes v, int offset, int n) {
    int whole = S.loopBound(n);
    if (u.rule() != OptimizerStep.Rule.SGD) {
      adam(u, p, g, m, v, offset, whole);
    } else if (u.first()) {
      whole = 0;
    } else {
      sgd(u, p, g, m, offset, whole);
    }
    scalar.update(u, p, g, m, v, offset + 4 * whole, n - whole);
  }

  private static void sgd(Update u, Bytes p, Bytes g, Bytes m, int offset, int whole) {
    NativeVectors.Memory pMemory = NativeVectors.memory(p);
    NativeVectors.Memory gMemory = NativeVectors.memory(g);
    NativeVectors.Memory mMemory = NativeVectors.memory(m);
    FloatVector clip = splat(u.clip());
    FloatVector decay = splat(u.decay());
    FloatVector momentum = splat(u.momentum());
    FloatVector rate = splat(-u.rate());
    boolean nesterov = u.nesterov();
    for (int at = offset; at < offset + 4 * whole; at += 4 * LANES) {
      FloatVector w = load(pMemory, at);
      FloatVector gradient = w.fma(decay, load(gMemory, at).mul(clip));
      FloatVector b = load(mMemory, at).fma(momentum, gradient);
      store(b, mMemory, at);
      FloatVector along = nesterov ? b.fma(momentum, gradient) : b;
      store(along.fma(rate, w), pMemory, at);
    }
  }

  /**
   * Adam and AdamW. The constants are vectors ahead of the loop, which JDK 17 compiles whole so.
   */
  private static void adam(Update u, Bytes p, Bytes g, Bytes m, Bytes v, int offset, int whole) {
    NativeVectors.Memory pMemory = NativeVectors.memory(p);
    NativeVectors.Memory gMemory = NativeVectors.memory(g);
    NativeVectors.Memory mMemory = NativeVectors.memory(m);
    NativeVectors.Memory vMemory = NativeVectors.memory(v);
    boolean decoupled = u.rule() == OptimizerStep.Rule.ADAMW;
    FloatVector clip = splat(u.clip());
    FloatVector coupledDecay = splat(decoupled ? 0f : u.decay());
    FloatVector decoupledDecay = splat(decoupled ? -(u.rate() * u.decay()) : 0f);
    FloatVector momentum = splat(u.momentum());
    FloatVector fresh1 = splat(1f - u.momentum());
    FloatVector beta2 = splat(u.beta2());
    FloatVector fresh2 = splat(1f - u.beta2());
    FloatVector correction1 = splat(u.correction1());
    FloatVector correction2 = splat(u.correction2());
    FloatVector eps = splat(u.eps());
    FloatVector rate = splat(-u.rate());
    for (int at = offset; at < offset + 4 * whole; at += 4 * LANES) {
      FloatVector w = load(pMemory, at);
      FloatVector gradient = w.fma(coupledDecay, load(gMemory, at).mul(clip));
      FloatVector kept = w.fma(decoupledDecay, w);
      FloatVector first = gradient.fma(fresh1, load(mMemory, at).mul(momentum));
      FloatVector second = gradient.mul(gradient).fma(fresh2, load(vMemory, at).mul(beta2));
      store(first, mMemory, at);
      store(second, vMemory, at);
      FloatVector root = second.mul(correction2).sqrt().add(eps);
      store(first.mul(correction1).div(root).fma(rate, kept), pMemory, at);
    }
  }

  @Override
  public float squares(Bytes x, int offset, int n) {
    int whole = SUMS % LANES == 0 ? n / SUMS * SUMS : 0;
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    float[] sums = new float[SUMS];
    for (int part = 0; part < SUMS && whole > 0; part += LANES) {
      FloatVector sum = FloatVector.zero(S);
      for (int i = part; i < whole; i += SUMS) {
        FloatVector value = load(xMemory, offset + 4 * i);
        sum = value.fma(value, sum);
      }
      sum.intoArray(sums, part);
    }
    return ScalarKernels.squaresTail(x, offset, sums, whole, n);
  }

  @Override
  public void widen(Bytes bits, int bitsOffset, Bytes x, int xOffset, int n) {
    int whole = S.loopBound(n);
    NativeVectors.Memory bitsMemory = NativeVectors.memory(bits);
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    for (int i = 0; i < whole; i += LANES) {
      IntVector wide =
          (IntVector)
              NativeVectors.loadHalf(bitsMemory, bitsOffset + 2 * i)
                  .convertShape(VectorOperators.S2I, INTS, 0);
      store(
          wide.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats(),
          xMemory,
          xOffset + 4 * i);
    }
    scalar.widen(bits, bitsOffset + 2 * whole, x, xOffset + 4 * whole, n - whole);
  }

  @Override
  public void round(Bytes x, int xOffset, Bytes bits, int bitsOffset, int n) {
    int whole = S.loopBound(n);
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    NativeVectors.Memory bitsMemory = NativeVectors.memory(bits);
    for (int i = 0; i < whole; i += LANES) {
      IntVector raw = load(xMemory, xOffset + 4 * i).reinterpretAsInts();
      IntVector upper = raw.lanewise(VectorOperators.LSHR, Short.SIZE);
      IntVector rounded =
          raw.add(upper.and(1).add(0x7fff)).lanewise(VectorOperators.LSHR, Short.SIZE);
      VectorMask<Integer> nan = raw.and(0x7fffffff).compare(VectorOperators.GT, 0x7f800000);
      ShortVector half =
          (ShortVector)
              rounded
                  .blend(upper.or(0x40), nan)
                  .convertShape(VectorOperators.I2S, NativeVectors.HALF, 0);
      try {
        NativeVectors.STORE_HALF.invokeExact(
            half, bitsMemory.bytes(), bitsMemory.start() + bitsOffset + 2 * i);
      } catch (Throwable e) {
        throw NativeVectors.unexpected(e);
      }
    }
    scalar.round(x, xOffset + 4 * whole, bits, bitsOffset + 2 * whole, n - whole);
  }
}
