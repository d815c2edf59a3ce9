package org.klif.device.cpu.vector;

import static org.klif.device.cpu.vector.Lanes.distance;
import static org.klif.device.cpu.vector.Lanes.exp;
import static org.klif.device.cpu.vector.Lanes.floored;
import static org.klif.device.cpu.vector.Lanes.read;
import static org.klif.device.cpu.vector.Lanes.spike;
import static org.klif.device.cpu.vector.Lanes.splat;
import static org.klif.device.cpu.vector.Lanes.write;

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

  @Override
  public void forward(
      NeuronConstants c,
      Tiles tiles,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
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
    FloatVector count = read(w.fired, Scratch.FIRST);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector input = read(xMemory, xOffset + 4 * i).fma(read(scale, i), read(shift, i));
      FloatVector potential = read(v, vFrom + i);
      FloatVector d = input.fma(splat(decayed), potential.sub(rest).neg());
      FloatVector h = input.fma(splat(plain), d.fma(splat(r), potential));
      FloatVector f = floored(h.mul(read(kTile, i)), floor);
      VectorMask<Float> fires = f.compare(VectorOperators.GE, threshold);
      FloatVector spike = zero.blend(one, fires);
      write(spike, spikesMemory, spikeOffset + 4 * i);
      FloatVector q = read(qTile, i);
      FloatVector scaled = f.mul(q);
      scaled
          .blend(scaled.fma(splat(soft), q.fma(splat(minusSoft), splat(hardReset))), fires)
          .intoArray(v, vFrom + i);
      count = count.add(spike);
    }
    count.intoArray(w.fired, Scratch.FIRST);
    ScalarKernels.forwardTail(c, tiles, x, xOffset, w, vFrom, spikes, spikeOffset, whole, n);
  }

  @Override
  public void recompute(
      NeuronConstants c,
      Tiles tiles,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    if (c.scaleReset() == 0) {
      VectorSequences.replay(c, tiles, x, xOffset, w, vFrom, from, n);
      VectorSequences.fire(c, tiles, w, from, n);
    } else {
      recomputeScaled(c, tiles, x, xOffset, w, vFrom, from, n);
    }
    int whole = S.loopBound(n);
    ScalarKernels.recomputeTail(
        c, tiles, whole, x, xOffset + 4 * whole, w, vFrom + whole, from + whole, n - whole);
  }

  /** Whole vectors of a KLIF that is divided by k after firing. */
  private static void recomputeScaled(
      NeuronConstants c,
      Tiles tiles,
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
    for (int i = 0; i < whole; i += LANES) {
      FloatVector input = read(xMemory, xOffset + 4 * i).fma(read(scale, i), read(shift, i));
      FloatVector potential = read(v, vFrom + i);
      FloatVector d = input.fma(splat(decayed), potential.sub(rest).neg());
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
          read(xMemory, xOffset + 4 * i).fma(read(tiles.scale, tile), read(tiles.shift, tile));
      input.fma(splat(decayed), read(v, vFrom + i).sub(rest).neg()).intoArray(d, from + i);
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
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    VectorSequences.replay(c, tiles, x, xOffset, w, vFrom, from, n);
    int whole = S.loopBound(n);
    ScalarKernels.recomputeTail(
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
      read(sourceMemory, offset + 4 * i).intoArray(target, from + i);
    }
    scalar.load(source, offset + 4 * whole, target, from + whole, n - whole);
  }

  @Override
  public void store(float[] source, int from, Bytes target, int offset, int n) {
    NativeVectors.Memory targetMemory = NativeVectors.memory(target);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      write(read(source, from + i), targetMemory, offset + 4 * i);
    }
    scalar.store(source, from + whole, target, offset + 4 * whole, n - whole);
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
        FloatVector value = read(g, from + i).mul(factor);
        write(value, gxMemory, gxOffset + 4 * i);
        read(sumAbs, from + i).add(value.abs()).intoArray(sumAbs, from + i);
      }
    } else {
      NativeVectors.Memory xMemory = NativeVectors.memory(x);
      for (int i = 0; i < whole; i += LANES) {
        FloatVector value = read(g, from + i).mul(factor);
        write(value, gxMemory, gxOffset + 4 * i);
        read(sumAbs, from + i).add(value.abs()).intoArray(sumAbs, from + i);
        int tile = tileFrom + i;
        FloatVector xhat =
            read(xMemory, xOffset + 4 * i)
                .sub(read(tiles.mean, tile))
                .mul(read(tiles.invStd, tile));
        read(sumG, from + i).add(value).intoArray(sumG, from + i);
        value.fma(xhat, read(sumGx, from + i)).intoArray(sumGx, from + i);
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
  public void moments(
      Bytes x, int xOffset, float[] origin, float[] sum, float[] squares, int from, int n) {
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector d = read(xMemory, xOffset + 4 * i).sub(read(origin, i));
      read(sum, from + i).add(d).intoArray(sum, from + i);
      d.fma(d, read(squares, from + i)).intoArray(squares, from + i);
    }
    ScalarKernels.momentsTail(x, xOffset, origin, sum, squares, from, whole, n);
  }

  @Override
  public void affine(
      Bytes x, int xOffset, float[] scale, float[] shift, Bytes y, int yOffset, int n) {
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    NativeVectors.Memory yMemory = NativeVectors.memory(y);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      write(
          read(xMemory, xOffset + 4 * i).fma(read(scale, i), read(shift, i)),
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
      write(
          read(gMemory, at).fma(read(a, i), read(xMemory, at).fma(read(b, i), read(c, i))),
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
      write(
          read(aMemory, aOffset + 4 * i).add(read(bMemory, bOffset + 4 * i)),
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
      FloatVector old = read(averageMemory, at);
      write(shares.fma(read(valuesMemory, at).sub(old), old), averageMemory, at);
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
      write(
          read(aMemory, aOffset + 4 * i).mul(read(bMemory, bOffset + 4 * i)),
          outMemory,
          outOffset + 4 * i);
    }
    scalar.multiply(
        a, aOffset + 4 * whole, b, bOffset + 4 * whole, out, outOffset + 4 * whole, n - whole);
  }

  @Override
  public void pool(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      Scratch.Worker w,
      int from,
      Bytes out,
      int offset) {
    int channels = rows.channels();
    int row = rows.length();
    boolean max = rows.max();
    int end = rows.windows() * channels;
    if (channels % LANES != 0) {
      scalar.pool(c, tiles, rows, w, from, out, offset);
      return;
    }
    NativeVectors.Memory outMemory = NativeVectors.memory(out);
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
      write(max ? most : sum.mul(0.25f), outMemory, offset + 4 * at);
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
      Bytes gy,
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
    NativeVectors.Memory gyMemory = NativeVectors.memory(gy);
    float[] h = w.h;
    float[] gs = w.gs;
    float floor = c.floor();
    float threshold = c.threshold();
    FloatVector zero = FloatVector.zero(S);
    int i = 0;
    for (int at = 0, channel = 0; at < end; at += LANES) {
      int to = gsFrom + i;
      FloatVector g = read(gyMemory, offset + 4 * at);
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

  @Override
  public void windows(Windows windows, Bytes x, Bytes y) {
    VectorWindows.forward(windows, x, y);
  }

  @Override
  public void windowGradients(Windows windows, Bytes x, Bytes gy, Bytes gx, Scratch.Worker w) {
    VectorWindows.backward(windows, x, gy, gx, w.gh);
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
  public float squares(Bytes x, int offset, int n) {
    int whole = SUMS % LANES == 0 ? n / SUMS * SUMS : 0;
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    float[] sums = new float[SUMS];
    for (int part = 0; part < SUMS && whole > 0; part += LANES) {
      FloatVector sum = FloatVector.zero(S);
      for (int i = part; i < whole; i += SUMS) {
        FloatVector value = read(xMemory, offset + 4 * i);
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
      write(
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
      IntVector raw = read(xMemory, xOffset + 4 * i).reinterpretAsInts();
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
