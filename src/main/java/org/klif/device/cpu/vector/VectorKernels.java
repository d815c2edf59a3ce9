package org.klif.device.cpu.vector;

import static org.klif.device.cpu.vector.Lanes.distance;
import static org.klif.device.cpu.vector.Lanes.exp;
import static org.klif.device.cpu.vector.Lanes.floored;
import static org.klif.device.cpu.vector.Lanes.read;
import static org.klif.device.cpu.vector.Lanes.spike;
import static org.klif.device.cpu.vector.Lanes.splat;
import static org.klif.device.cpu.vector.Lanes.write;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;
import org.klif.device.OptimizerStep;
import org.klif.device.cpu.Elements;
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

  /**
   * Outputs times steps whose H and gs, 4 KiB each, stay in the first-level cache beside others.
   */
  private static final int OUTPUT_STEPS_AT_ONCE = 256;

  private final ScalarKernels scalar = new ScalarKernels();

  @Override
  public String description() {
    return "Vector API, %d bits (%d lanes)".formatted(S.vectorBitSize(), LANES);
  }

  @Override
  public void forward(
      NeuronConstants c,
      Tiles tiles,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      Elements spikes,
      int spikeAt,
      int n) {
    boolean half = x.half();
    NativeVectors.Memory xMemory = NativeVectors.memory(x, half);
    NativeVectors.Memory spikesMemory = NativeVectors.memory(spikes, half);
    int whole = S.loopBound(n);
    float[] v = w.v;
    FloatVector decayed = splat(c.decayed());
    FloatVector plain = splat(c.plain());
    FloatVector r = splat(c.r());
    FloatVector rest = splat(c.rest());
    FloatVector floor = splat(c.floor());
    FloatVector threshold = splat(c.threshold());
    FloatVector soft = splat(1f - c.hard());
    FloatVector minusSoft = splat(-c.softThreshold());
    FloatVector hardReset = splat(c.hardReset());
    float[] kTile = tiles.k;
    float[] qTile = tiles.q;
    float[] scale = tiles.scale;
    float[] shift = tiles.shift;
    FloatVector one = splat(1f);
    FloatVector zero = FloatVector.zero(S);
    FloatVector count = read(w.fired, Scratch.FIRST);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector input = read(half, xMemory, xAt + i).fma(read(scale, i), read(shift, i));
      FloatVector potential = read(v, vFrom + i);
      FloatVector d = input.fma(decayed, rest.sub(potential));
      FloatVector h = input.fma(plain, d.fma(r, potential));
      FloatVector u = h.mul(read(kTile, i));
      FloatVector f = u.blend(floor, u.compare(VectorOperators.LE, floor));
      VectorMask<Float> fires = f.compare(VectorOperators.GE, threshold);
      FloatVector spike = zero.blend(one, fires);
      write(spike, half, spikesMemory, spikeAt + i);
      FloatVector q = read(qTile, i);
      FloatVector scaled = f.mul(q);
      scaled.blend(scaled.fma(soft, q.fma(minusSoft, hardReset)), fires).intoArray(v, vFrom + i);
      count = count.add(spike);
    }
    count.intoArray(w.fired, Scratch.FIRST);
    ScalarKernels.forwardTail(c, tiles, x, xAt, w, vFrom, spikes, spikeAt, whole, n);
  }

  @Override
  public void recompute(
      NeuronConstants c,
      Tiles tiles,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    if (c.scaleReset() == 0) {
      VectorSequences.replay(c, tiles, x, xAt, w, vFrom, from, n);
      VectorSequences.fire(c, tiles, w, from, n);
    } else {
      recomputeScaled(c, tiles, x, xAt, w, vFrom, from, n);
    }
    int whole = S.loopBound(n);
    ScalarKernels.recomputeTail(
        c, tiles, whole, x, xAt + whole, w, vFrom + whole, from + whole, n - whole);
  }

  /** Whole vectors of a KLIF that is divided by k after firing. */
  private static void recomputeScaled(
      NeuronConstants c,
      Tiles tiles,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    boolean half = x.half();
    NativeVectors.Memory xMemory = NativeVectors.memory(x, half);
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
    for (int i = 0; i < whole; i += LANES) {
      FloatVector input = read(half, xMemory, xAt + i).fma(read(scale, i), read(shift, i));
      FloatVector potential = read(v, vFrom + i);
      FloatVector d = input.fma(splat(decayed), splat(rest).sub(potential));
      FloatVector charged = input.fma(splat(plain), d.fma(splat(r), potential));
      FloatVector f = floored(charged.mul(read(kTile, i)), floor);
      VectorMask<Float> fires = f.compare(VectorOperators.GE, threshold);
      charged.intoArray(h, from + i);
      zero.blend(one, fires).intoArray(s, from + i);
      FloatVector q = read(qTile, i);
      FloatVector scaled = f.mul(q);
      scaled
          .blend(scaled.fma(splat(soft), q.fma(splat(minusSoft), splat(hardReset))), fires)
          .intoArray(v, vFrom + i);
    }
  }

  @Override
  public void decayTerm(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    boolean half = x.half();
    NativeVectors.Memory xMemory = NativeVectors.memory(x, half);
    int whole = S.loopBound(n);
    float[] v = w.v;
    float[] d = w.d;
    float decayed = c.decayed();
    float rest = c.rest();
    for (int i = 0; i < whole; i += LANES) {
      int tile = tileFrom + i;
      FloatVector input =
          read(half, xMemory, xAt + i).fma(read(tiles.scale, tile), read(tiles.shift, tile));
      input.fma(splat(decayed), splat(rest).sub(read(v, vFrom + i))).intoArray(d, from + i);
    }
    scalar.decayTerm(
        c, tiles, tileFrom + whole, x, xAt + whole, w, vFrom + whole, from + whole, n - whole);
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
      FloatVector k = read(kTile, tileFrom + i);
      FloatVector q = read(qTile, tileFrom + i);
      FloatVector charged = read(h, from + i);
      FloatVector spike = read(s, from + i);
      FloatVector f = floored(charged.mul(k), floor);
      FloatVector gV = read(g, gFrom + i);
      FloatVector keep = q.mul(spike.fma(splat(minusHard), one));
      FloatVector drop = q.fma(splat(minusSoft), splat(hardReset));
      FloatVector throughSpike = q.mul(minusHard).fma(f, drop);
      FloatVector total = gV.mul(attached).fma(throughSpike, read(gs, gsFrom + i));
      FloatVector gF = total.fma(read(sg, from + i), gV.mul(keep));
      gF = zero.blend(gF, f.compare(VectorOperators.GT, floor));
      FloatVector withoutReset = spike.mul(minusSoft).fma(q, f.mul(keep));
      FloatVector scaled = gV.mul(minusScale).mul(q);
      gF.fma(charged, scaled.fma(withoutReset, read(gk, gFrom + i))).intoArray(gk, gFrom + i);
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
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    VectorSequences.replay(c, tiles, x, xAt, w, vFrom, from, n);
    int whole = S.loopBound(n);
    ScalarKernels.recomputeTail(
        c, tiles, whole, x, xAt + whole, w, vFrom + whole, from + whole, n - whole);
  }

  @Override
  public void backSteps(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
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
        backSteps(c, tiles, tileFrom, alpha, w, from, stride, t, t + 1, x, gx, at, n);
      }
      return;
    }
    if (gx == null) {
      VectorSequences.backConstant(c, tiles, tileFrom, alpha, w, from, stride, first, end, n);
    } else if (x == null) {
      VectorSequences.backPlain(c, tiles, tileFrom, alpha, w, from, stride, first, end, gx, at, n);
    } else {
      VectorSequences.backNormalized(
          c, tiles, tileFrom, alpha, w, from, stride, first, end, x, gx, at, n);
    }
    scalar.backStepsTail(
        c, tiles, tileFrom, alpha, w, from, stride, first, end, x, gx, at, S.loopBound(n), n);
  }

  @Override
  public void load(Elements source, int offset, float[] target, int from, int n) {
    boolean half = source.half();
    NativeVectors.Memory sourceMemory = NativeVectors.memory(source, half);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      read(half, sourceMemory, offset + i).intoArray(target, from + i);
    }
    scalar.load(source, offset + whole, target, from + whole, n - whole);
  }

  @Override
  public void store(float[] source, int from, Elements target, int offset, int n) {
    boolean half = target.half();
    NativeVectors.Memory targetMemory = NativeVectors.memory(target, half);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      write(read(source, from + i), half, targetMemory, offset + i);
    }
    scalar.store(source, from + whole, target, offset + whole, n - whole);
  }

  @Override
  public void multiplyAdd(
      float[] a, int aFrom, float[] b, int bFrom, float[] acc, int accFrom, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      read(a, aFrom + i)
          .fma(read(b, bFrom + i), read(acc, accFrom + i))
          .intoArray(acc, accFrom + i);
    }
    scalar.multiplyAdd(a, aFrom + whole, b, bFrom + whole, acc, accFrom + whole, n - whole);
  }

  @Override
  public void scaleAdd(float factor, float[] a, float[] acc, int from, int n) {
    int whole = S.loopBound(n);
    for (int i = from; i < from + whole; i += LANES) {
      read(a, i).fma(splat(factor), read(acc, i)).intoArray(acc, i);
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
      Elements x,
      int xAt,
      Elements gx,
      int gxAt,
      Scratch.Worker w,
      int n) {
    if (x == null) {
      emitPlain(factor, g, from, gx, gxAt, w, n);
    } else {
      emitNormalized(factor, g, from, tiles, tileFrom, x, xAt, gx, gxAt, w, n);
    }
    int whole = S.loopBound(n);
    scalar.emit(
        factor,
        g,
        from + whole,
        tiles,
        tileFrom + whole,
        x,
        xAt + whole,
        gx,
        gxAt + whole,
        w,
        n - whole);
  }

  private static void emitPlain(
      float factor, float[] g, int from, Elements gx, int gxAt, Scratch.Worker w, int n) {
    boolean half = gx.half();
    NativeVectors.Memory gxMemory = NativeVectors.memory(gx, half);
    int whole = S.loopBound(n);
    float[] sumAbs = w.sumAbs;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector value = read(g, from + i).mul(factor);
      write(value, half, gxMemory, gxAt + i);
      read(sumAbs, from + i).add(value.abs()).intoArray(sumAbs, from + i);
    }
  }

  private static void emitNormalized(
      float factor,
      float[] g,
      int from,
      Tiles tiles,
      int tileFrom,
      Elements x,
      int xAt,
      Elements gx,
      int gxAt,
      Scratch.Worker w,
      int n) {
    boolean half = gx.half();
    NativeVectors.Memory xMemory = NativeVectors.memory(x, half);
    NativeVectors.Memory gxMemory = NativeVectors.memory(gx, half);
    int whole = S.loopBound(n);
    float[] sumG = w.sumG;
    float[] sumGx = w.sumGx;
    float[] sumAbs = w.sumAbs;
    for (int i = 0; i < whole; i += LANES) {
      int tile = tileFrom + i;
      FloatVector xhat =
          read(half, xMemory, xAt + i).sub(read(tiles.mean, tile)).mul(read(tiles.invStd, tile));
      FloatVector value = read(g, from + i).mul(factor);
      write(value, half, gxMemory, gxAt + i);
      read(sumAbs, from + i).add(value.abs()).intoArray(sumAbs, from + i);
      read(sumG, from + i).add(value).intoArray(sumG, from + i);
      value.fma(xhat, read(sumGx, from + i)).intoArray(sumGx, from + i);
    }
  }

  @Override
  public void moments(
      Elements x, int xAt, float[] origin, float[] sum, float[] squares, int from, int n) {
    boolean half = x.half();
    NativeVectors.Memory xMemory = NativeVectors.memory(x, half);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector d = read(half, xMemory, xAt + i).sub(read(origin, i));
      read(sum, from + i).add(d).intoArray(sum, from + i);
      d.fma(d, read(squares, from + i)).intoArray(squares, from + i);
    }
    ScalarKernels.momentsTail(x, xAt, origin, sum, squares, from, whole, n);
  }

  @Override
  public void affine(
      Elements x, int xAt, float[] scale, float[] shift, Elements y, int yAt, int n) {
    boolean half = x.half();
    NativeVectors.Memory xMemory = NativeVectors.memory(x, half);
    NativeVectors.Memory yMemory = NativeVectors.memory(y, half);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      write(
          read(half, xMemory, xAt + i).fma(read(scale, i), read(shift, i)), half, yMemory, yAt + i);
    }
    ScalarKernels.affineTail(x, xAt, scale, shift, y, yAt, whole, n);
  }

  @Override
  public void affine2(
      Elements g, Elements x, int offset, float[] a, float[] b, float[] c, Elements out, int n) {
    boolean half = g.half();
    NativeVectors.Memory gMemory = NativeVectors.memory(g, half);
    NativeVectors.Memory xMemory = NativeVectors.memory(x, half);
    NativeVectors.Memory outMemory = NativeVectors.memory(out, half);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      int at = offset + i;
      write(
          read(half, gMemory, at)
              .fma(read(a, i), read(half, xMemory, at).fma(read(b, i), read(c, i))),
          half,
          outMemory,
          at);
    }
    ScalarKernels.affine2Tail(g, x, offset, a, b, c, out, whole, n);
  }

  @Override
  public void add(Elements a, int aAt, Elements b, int bAt, Elements out, int outAt, int n) {
    boolean half = a.half();
    NativeVectors.Memory aMemory = NativeVectors.memory(a, half);
    NativeVectors.Memory bMemory = NativeVectors.memory(b, half);
    NativeVectors.Memory outMemory = NativeVectors.memory(out, half);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      write(
          read(half, aMemory, aAt + i).add(read(half, bMemory, bAt + i)),
          half,
          outMemory,
          outAt + i);
    }
    scalar.add(a, aAt + whole, b, bAt + whole, out, outAt + whole, n - whole);
  }

  @Override
  public void average(Elements values, float share, Elements average, int offset, int n) {
    NativeVectors.Memory valuesMemory = NativeVectors.floats(values);
    NativeVectors.Memory averageMemory = NativeVectors.floats(average);
    int whole = S.loopBound(n);
    FloatVector shares = FloatVector.broadcast(S, share);
    for (int at = offset; at < offset + whole; at += LANES) {
      FloatVector old = read(averageMemory, at);
      write(shares.fma(read(valuesMemory, at).sub(old), old), averageMemory, at);
    }
    scalar.average(values, share, average, offset + whole, n - whole);
  }

  @Override
  public void multiply(Elements a, int aAt, Elements b, int bAt, Elements out, int outAt, int n) {
    boolean half = a.half();
    NativeVectors.Memory aMemory = NativeVectors.memory(a, half);
    NativeVectors.Memory bMemory = NativeVectors.memory(b, half);
    NativeVectors.Memory outMemory = NativeVectors.memory(out, half);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      write(
          read(half, aMemory, aAt + i).mul(read(half, bMemory, bAt + i)),
          half,
          outMemory,
          outAt + i);
    }
    scalar.multiply(a, aAt + whole, b, bAt + whole, out, outAt + whole, n - whole);
  }

  @Override
  public void pool(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      Scratch.Worker w,
      int from,
      Elements out,
      int offset) {
    int channels = rows.channels();
    int row = rows.length();
    boolean max = rows.max();
    int end = rows.windows() * channels;
    if (channels % LANES != 0) {
      scalar.pool(c, tiles, rows, w, from, out, offset);
      return;
    }
    boolean half = out.half();
    NativeVectors.Memory outMemory = NativeVectors.memory(out, half);
    float[] h = w.h;
    float floor = c.floor();
    float threshold = c.threshold();
    FloatVector zero = FloatVector.zero(S);
    FloatVector count = read(w.fired, Scratch.FIRST);
    // one loop over all windows: one over their channels alone is short
    int i = from;
    for (int at = 0, channel = 0; at < end; at += LANES) {
      FloatVector k = read(tiles.k, channel);
      FloatVector a = spike(read(h, i).mul(k), floor, threshold);
      FloatVector b = spike(read(h, i + channels).mul(k), floor, threshold);
      FloatVector d = spike(read(h, i + row).mul(k), floor, threshold);
      FloatVector e = spike(read(h, i + row + channels).mul(k), floor, threshold);
      FloatVector top = a.add(b);
      FloatVector bottom = d.add(e);
      FloatVector sum = top.add(bottom);
      count = count.add(sum);
      FloatVector most = zero.blend(1f, sum.compare(VectorOperators.GT, zero));
      write(max ? most : sum.mul(0.25f), half, outMemory, offset + at);
      i += LANES;
      channel += LANES;
      if (channel == channels) {
        channel = 0;
        i += channels;
      }
    }
    count.intoArray(w.fired, Scratch.FIRST);
  }

  @Override
  public void unpool(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      Scratch.Worker w,
      int from,
      Elements gy,
      int offset,
      int gsFrom) {
    int channels = rows.channels();
    int row = rows.length();
    boolean max = rows.max();
    int end = rows.windows() * channels;
    if (channels % LANES != 0) {
      scalar.unpool(c, tiles, rows, w, from, gy, offset, gsFrom);
      return;
    }
    boolean half = gy.half();
    NativeVectors.Memory gyMemory = NativeVectors.memory(gy, half);
    float[] h = w.h;
    float[] gs = w.gs;
    float floor = c.floor();
    float threshold = c.threshold();
    FloatVector zero = FloatVector.zero(S);
    int i = 0;
    for (int at = 0, channel = 0; at < end; at += LANES) {
      int to = gsFrom + i;
      FloatVector g = read(half, gyMemory, offset + at);
      if (max) {
        FloatVector k = read(tiles.k, channel);
        int top = from + i;
        FloatVector a = spike(read(h, top).mul(k), floor, threshold);
        FloatVector b = spike(read(h, top + channels).mul(k), floor, threshold);
        FloatVector d = spike(read(h, top + row).mul(k), floor, threshold);
        FloatVector e = spike(read(h, top + row + channels).mul(k), floor, threshold);
        VectorMask<Float> inTop = a.max(b).compare(VectorOperators.GE, d.max(e));
        VectorMask<Float> leftTop = a.compare(VectorOperators.GE, b);
        VectorMask<Float> leftBottom = d.compare(VectorOperators.GE, e);
        FloatVector above = zero.blend(g, inTop);
        FloatVector below = g.blend(0f, inTop);
        zero.blend(above, leftTop).intoArray(gs, to);
        above.blend(0f, leftTop).intoArray(gs, to + channels);
        zero.blend(below, leftBottom).intoArray(gs, to + row);
        below.blend(0f, leftBottom).intoArray(gs, to + row + channels);
      } else {
        FloatVector part = g.mul(0.25f);
        part.intoArray(gs, to);
        part.intoArray(gs, to + channels);
        part.intoArray(gs, to + row);
        part.intoArray(gs, to + row + channels);
      }
      i += LANES;
      channel += LANES;
      if (channel == channels) {
        channel = 0;
        i += channels;
      }
    }
  }

  /** Java 17 does not compile the loops over all T into one piece; see {@link VectorPooled}. */
  private static boolean throughTime(PooledRows rows) {
    return NativeVectors.SEGMENTS && rows.channels() % LANES == 0;
  }

  @Override
  public void forwardPooled(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      int steps,
      Steps x,
      int first,
      int second,
      Scratch.Worker w,
      Steps out,
      int outAt) {
    if (throughTime(rows)) {
      VectorPooled.forward(c, tiles, rows, steps, x, first, second, w, out, outAt);
    } else {
      Kernels.super.forwardPooled(c, tiles, rows, steps, x, first, second, w, out, outAt);
    }
  }

  @Override
  public int outputsAtOnce(PooledRows rows, int steps) {
    int channels = rows.channels();
    if (!throughTime(rows)) {
      return rows.outputs();
    }
    int most = Math.max(LANES, Integer.highestOneBit(OUTPUT_STEPS_AT_ONCE / steps));
    return channels < most ? most / channels * channels : channels % most == 0 ? most : channels;
  }

  @Override
  public void replayPooled(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      int output,
      int count,
      int steps,
      Steps x,
      int first,
      int second,
      Scratch.Worker w,
      Steps gS,
      int gSAt,
      int stride) {
    if (throughTime(rows)) {
      VectorPooled.replay(
          c, tiles, rows, output, count, steps, x, first, second, w, gS, gSAt, stride);
    } else {
      Kernels.super.replayPooled(
          c, tiles, rows, output, count, steps, x, first, second, w, gS, gSAt, stride);
    }
  }

  @Override
  public void windows(Windows windows, Elements x, Elements y) {
    VectorWindows.forward(windows, x, y);
  }

  @Override
  public void windowGradients(
      Windows windows, Elements x, Elements gy, Elements gx, Scratch.Worker w) {
    VectorWindows.backward(windows, x, gy, gx, w.gh);
  }

  @Override
  public void update(Update u, Elements p, Elements g, Elements m, Elements v, int offset, int n) {
    int whole = S.loopBound(n);
    if (u.rule() != OptimizerStep.Rule.SGD) {
      adam(u, p, g, m, v, offset, whole);
    } else if (u.first()) {
      whole = 0;
    } else {
      sgd(u, p, g, m, offset, whole);
    }
    scalar.update(u, p, g, m, v, offset + whole, n - whole);
  }

  private static void sgd(Update u, Elements p, Elements g, Elements m, int offset, int whole) {
    NativeVectors.Memory pMemory = NativeVectors.floats(p);
    NativeVectors.Memory gMemory = NativeVectors.floats(g);
    NativeVectors.Memory mMemory = NativeVectors.floats(m);
    FloatVector clip = splat(u.clip());
    FloatVector decay = splat(u.decay());
    FloatVector momentum = splat(u.momentum());
    FloatVector rate = splat(-u.rate());
    boolean nesterov = u.nesterov();
    for (int at = offset; at < offset + whole; at += LANES) {
      FloatVector w = read(pMemory, at);
      FloatVector gradient = w.fma(decay, read(gMemory, at).mul(clip));
      FloatVector b = read(mMemory, at).fma(momentum, gradient);
      write(b, mMemory, at);
      FloatVector along = nesterov ? b.fma(momentum, gradient) : b;
      write(along.fma(rate, w), pMemory, at);
    }
  }

  /**
   * Adam and AdamW. The constants are vectors ahead of the loop, which JDK 17 compiles whole so.
   */
  private static void adam(
      Update u, Elements p, Elements g, Elements m, Elements v, int offset, int whole) {
    NativeVectors.Memory pMemory = NativeVectors.floats(p);
    NativeVectors.Memory gMemory = NativeVectors.floats(g);
    NativeVectors.Memory mMemory = NativeVectors.floats(m);
    NativeVectors.Memory vMemory = NativeVectors.floats(v);
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
    for (int at = offset; at < offset + whole; at += LANES) {
      FloatVector w = read(pMemory, at);
      FloatVector gradient = w.fma(coupledDecay, read(gMemory, at).mul(clip));
      FloatVector kept = w.fma(decoupledDecay, w);
      FloatVector first = gradient.fma(fresh1, read(mMemory, at).mul(momentum));
      FloatVector second = gradient.mul(gradient).fma(fresh2, read(vMemory, at).mul(beta2));
      write(first, mMemory, at);
      write(second, vMemory, at);
      FloatVector root = second.mul(correction2).sqrt().add(eps);
      write(first.mul(correction1).div(root).fma(rate, kept), pMemory, at);
    }
  }

  @Override
  public float squares(Elements x, int offset, int n) {
    int whole = SUMS % LANES == 0 ? n / SUMS * SUMS : 0;
    NativeVectors.Memory xMemory = NativeVectors.floats(x);
    float[] sums = new float[SUMS];
    for (int part = 0; part < SUMS && whole > 0; part += LANES) {
      FloatVector sum = FloatVector.zero(S);
      for (int i = part; i < whole; i += SUMS) {
        FloatVector value = read(xMemory, offset + i);
        sum = value.fma(value, sum);
      }
      sum.intoArray(sums, part);
    }
    return ScalarKernels.squaresTail(x, offset, sums, whole, n);
  }

  @Override
  public void convert(Elements source, int from, Elements target, int to, int n) {
    int whole = S.loopBound(n);
    if (source.half()) {
      widen(source, from, target, to, whole);
    } else {
      round(source, from, target, to, whole);
    }
    scalar.convert(source, from + whole, target, to + whole, n - whole);
  }

  private static void widen(Elements source, int from, Elements target, int to, int whole) {
    NativeVectors.Memory half = NativeVectors.memory(source, true);
    NativeVectors.Memory wide = NativeVectors.floats(target);
    for (int i = 0; i < whole; i += LANES) {
      write(read(true, half, from + i), wide, to + i);
    }
  }

  private static void round(Elements source, int from, Elements target, int to, int whole) {
    NativeVectors.Memory wide = NativeVectors.floats(source);
    NativeVectors.Memory half = NativeVectors.memory(target, true);
    for (int i = 0; i < whole; i += LANES) {
      write(read(wide, from + i), true, half, to + i);
    }
  }
}
