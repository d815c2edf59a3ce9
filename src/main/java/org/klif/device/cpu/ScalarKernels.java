package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.DType;
import org.klif.device.OptimizerStep;
import org.klif.neuron.NeuronConstants;
import org.klif.neuron.Surrogate;

/**
 * {@link Kernels} in plain Java: the reference, the fallback, and the tails of the vectorised
 * loops. A step of KLIF is {@code charge}, {@code scale}, {@code fire} and {@code reset}, in the
 * words of docs/MATH.md.
 */
public final class ScalarKernels implements Kernels {
  @Override
  public String description() {
    return "plain Java loops";
  }

  private static float charge(NeuronConstants c, float input, float potential) {
    float d = Math.fma(c.decayed(), input, -(potential - c.rest()));
    return Math.fma(c.plain(), input, Math.fma(d, c.r(), potential));
  }

  /** KLIF: F = max(k H, 0). The others have k = 1 and the floor -infinity, so that F = H. */
  private static float scale(NeuronConstants c, float k, float h) {
    return Math.max(h * k, c.floor());
  }

  private static float fire(NeuronConstants c, float f) {
    return f >= c.threshold() ? 1f : 0f;
  }

  private static float reset(NeuronConstants c, float f, float q, float spike) {
    float afterSpike = Math.fma(-c.softThreshold(), q, c.hardReset());
    return Math.fma(spike, afterSpike, f * q * Math.fma(-c.hard(), spike, 1f));
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
    forwardTail(c, tiles, x, xOffset, w, vFrom, spikes, spikeOffset, 0, n);
  }

  /** {@link #forward} from element start on. */
  public static void forwardTail(
      NeuronConstants c,
      Tiles tiles,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      Bytes spikes,
      int spikeOffset,
      int start,
      int n) {
    float[] v = w.v;
    float count = 0;
    for (int i = start; i < n; i++) {
      float input = Math.fma(x.getFloat(xOffset + 4 * i), tiles.scale[i], tiles.shift[i]);
      float f = scale(c, tiles.k[i], charge(c, input, v[vFrom + i]));
      float spike = fire(c, f);
      spikes.putFloat(spikeOffset + 4 * i, spike);
      v[vFrom + i] = reset(c, f, tiles.q[i], spike);
      count += spike;
    }
    w.fired[Scratch.FIRST] += count;
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
    recomputeTail(c, tiles, 0, x, xOffset, w, vFrom, from, n);
  }

  /** {@link #recompute} of a chunk's elements from {@code tileFrom} on. */
  public static void recomputeTail(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    float[] v = w.v;
    float[] h = w.h;
    float[] s = w.s;
    for (int i = 0; i < n; i++) {
      int tile = tileFrom + i;
      float input = Math.fma(x.getFloat(xOffset + 4 * i), tiles.scale[tile], tiles.shift[tile]);
      float charged = charge(c, input, v[vFrom + i]);
      float f = scale(c, tiles.k[tile], charged);
      float spike = fire(c, f);
      h[from + i] = charged;
      s[from + i] = spike;
      v[vFrom + i] = reset(c, f, tiles.q[tile], spike);
    }
  }

  /**
   * {@link #recompute} for gradient checks: the spike is the surrogate's primitive. Used by every
   * implementation, since only the forward pass differs.
   */
  static void recomputeSmooth(
      Surrogate surrogate,
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Bytes x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    float[] v = w.v;
    for (int i = 0; i < n; i++) {
      int tile = tileFrom + i;
      float input = Math.fma(x.getFloat(xOffset + 4 * i), tiles.scale[tile], tiles.shift[tile]);
      float charged = charge(c, input, v[vFrom + i]);
      float f = scale(c, tiles.k[tile], charged);
      float spike = SurrogateMath.primitive(surrogate, f - c.threshold());
      w.h[from + i] = charged;
      w.s[from + i] = spike;
      v[vFrom + i] = reset(c, f, tiles.q[tile], spike);
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
    float[] v = w.v;
    float[] d = w.d;
    for (int i = 0; i < n; i++) {
      int tile = tileFrom + i;
      float input = Math.fma(x.getFloat(xOffset + 4 * i), tiles.scale[tile], tiles.shift[tile]);
      d[from + i] = Math.fma(c.decayed(), input, -(v[vFrom + i] - c.rest()));
    }
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
    float[] h = w.h;
    float[] sg = w.sg;
    for (int i = 0; i < n; i++) {
      float u = scale(c, tiles.k[tileFrom + i], h[from + i]) - c.threshold();
      sg[from + i] = SurrogateMath.derivative(kind, alpha, u);
    }
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
    float[] h = w.h;
    float[] s = w.s;
    float[] sg = w.sg;
    float[] gs = w.gs;
    float[] g = w.g;
    float[] gh = w.gh;
    float[] gk = w.gk;
    for (int i = 0; i < n; i++) {
      float k = tiles.k[tileFrom + i];
      float q = tiles.q[tileFrom + i];
      float charged = h[from + i];
      float spike = s[from + i];
      float f = scale(c, k, charged);
      float gV = g[gFrom + i];
      float keep = q * Math.fma(-c.hard(), spike, 1f);
      float drop = Math.fma(-c.softThreshold(), q, c.hardReset());
      float throughSpike = Math.fma(-c.hard() * q, f, drop);
      float total = Math.fma(gV * c.attached(), throughSpike, gs[gsFrom + i]);
      float gF = Math.fma(total, sg[from + i], gV * keep);
      gF = f > c.floor() ? gF : 0f;
      float withoutReset = Math.fma(spike * -c.softThreshold(), q, f * keep);
      gk[gFrom + i] =
          Math.fma(gF, charged, Math.fma(-c.scaleReset() * gV * q, withoutReset, gk[gFrom + i]));
      float gH = k * gF;
      gh[gFrom + i] = gH;
      g[gFrom + i] = gH * (1f - c.r());
    }
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
    recomputeTail(c, tiles, 0, x, xOffset, w, vFrom, from, n);
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
    backStepsTail(c, tiles, alpha, w, from, stride, first, end, x, gx, at, 0, n);
  }

  /** {@link #backSteps} from element start on. */
  public void backStepsTail(
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
      int start,
      int n) {
    int rest = n - start;
    for (int t = end - 1; t >= first && rest > 0; t--) {
      int step = from + t * stride + start;
      for (int i = 0; i < rest; i++) {
        float f = scale(c, tiles.k[start + i], w.h[step + i]);
        w.s[step + i] = fire(c, f);
      }
      surrogate(Surrogate.Kind.ATAN, alpha, c, tiles, start, w, step, rest);
      backward(c, tiles, start, w, step, step, from + start, rest);
      if (gx == null) {
        scaleAdd(c.inputGradient(), w.gh, w.gx, from + start, rest);
      } else {
        int offset = gx.base(t) + at + 4 * start;
        emit(
            c.inputGradient(),
            w.gh,
            from + start,
            tiles,
            start,
            x == null ? null : x.at(t),
            offset,
            gx.at(t),
            offset,
            w,
            rest);
      }
    }
  }

  @Override
  public void load(Bytes source, int offset, float[] target, int from, int n) {
    for (int i = 0; i < n; i++) {
      target[from + i] = source.getFloat(offset + 4 * i);
    }
  }

  @Override
  public void store(float[] source, int from, Bytes target, int offset, int n) {
    for (int i = 0; i < n; i++) {
      target.putFloat(offset + 4 * i, source[from + i]);
    }
  }

  @Override
  public void multiplyAdd(
      float[] a, int aFrom, float[] b, int bFrom, float[] acc, int accFrom, int n) {
    for (int i = 0; i < n; i++) {
      acc[accFrom + i] = Math.fma(a[aFrom + i], b[bFrom + i], acc[accFrom + i]);
    }
  }

  @Override
  public void scaleAdd(float factor, float[] a, float[] acc, int from, int n) {
    for (int i = from; i < from + n; i++) {
      acc[i] = Math.fma(factor, a[i], acc[i]);
    }
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
    float[] sumG = w.sumG;
    float[] sumGx = w.sumGx;
    float[] sumAbs = w.sumAbs;
    for (int i = 0; i < n; i++) {
      float value = factor * g[from + i];
      gx.putFloat(gxOffset + 4 * i, value);
      sumAbs[from + i] += Math.abs(value);
      if (x != null) {
        int tile = tileFrom + i;
        float xhat = (x.getFloat(xOffset + 4 * i) - tiles.mean[tile]) * tiles.invStd[tile];
        sumG[from + i] += value;
        sumGx[from + i] = Math.fma(value, xhat, sumGx[from + i]);
      }
    }
  }

  @Override
  public void moments(
      Bytes x, int xOffset, float[] origin, float[] sum, float[] squares, int from, int n) {
    momentsTail(x, xOffset, origin, sum, squares, from, 0, n);
  }

  /** {@link #moments} from element start on. */
  public static void momentsTail(
      Bytes x,
      int xOffset,
      float[] origin,
      float[] sum,
      float[] squares,
      int from,
      int start,
      int n) {
    for (int i = start; i < n; i++) {
      float d = x.getFloat(xOffset + 4 * i) - origin[i];
      sum[from + i] += d;
      squares[from + i] = Math.fma(d, d, squares[from + i]);
    }
  }

  @Override
  public void affine(
      Bytes x, int xOffset, float[] scale, float[] shift, Bytes y, int yOffset, int n) {
    affineTail(x, xOffset, scale, shift, y, yOffset, 0, n);
  }

  /** {@link #affine} from element start on. */
  public static void affineTail(
      Bytes x, int xOffset, float[] scale, float[] shift, Bytes y, int yOffset, int start, int n) {
    for (int i = start; i < n; i++) {
      y.putFloat(yOffset + 4 * i, Math.fma(x.getFloat(xOffset + 4 * i), scale[i], shift[i]));
    }
  }

  @Override
  public void affine2(
      Bytes g, Bytes x, int offset, float[] a, float[] b, float[] c, Bytes out, int n) {
    affine2Tail(g, x, offset, a, b, c, out, 0, n);
  }

  /** {@link #affine2} from element start on. */
  public static void affine2Tail(
      Bytes g, Bytes x, int offset, float[] a, float[] b, float[] c, Bytes out, int start, int n) {
    for (int i = start; i < n; i++) {
      int at = offset + 4 * i;
      out.putFloat(at, Math.fma(g.getFloat(at), a[i], Math.fma(x.getFloat(at), b[i], c[i])));
    }
  }

  @Override
  public void add(Bytes a, int aOffset, Bytes b, int bOffset, Bytes out, int outOffset, int n) {
    for (int i = 0; i < 4 * n; i += 4) {
      out.putFloat(outOffset + i, a.getFloat(aOffset + i) + b.getFloat(bOffset + i));
    }
  }

  @Override
  public void average(Bytes values, float share, Bytes average, int offset, int n) {
    for (int at = offset; at < offset + 4 * n; at += 4) {
      float old = average.getFloat(at);
      average.putFloat(at, Math.fma(share, values.getFloat(at) - old, old));
    }
  }

  @Override
  public void multiply(
      Bytes a, int aOffset, Bytes b, int bOffset, Bytes out, int outOffset, int n) {
    for (int i = 0; i < 4 * n; i += 4) {
      out.putFloat(outOffset + i, a.getFloat(aOffset + i) * b.getFloat(bOffset + i));
    }
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
    fire(c, tiles, w, from, rows.size());
    poolSpikes(rows, w, from, out, offset);
  }

  /** The spikes of neurons from their H. */
  private static void fire(NeuronConstants c, Tiles tiles, Scratch.Worker w, int from, int n) {
    for (int i = 0; i < n; i++) {
      w.s[from + i] = fire(c, scale(c, tiles.k[i], w.h[from + i]));
    }
  }

  /**
   * {@link #pool} of spikes that are there: those of a smooth forward pass do not follow from H.
   */
  static void poolSpikes(PooledRows rows, Scratch.Worker worker, int from, Bytes out, int offset) {
    float[] s = worker.s;
    int channels = rows.channels();
    int row = rows.length();
    count(worker, from, rows.size());
    for (int w = 0; w < rows.windows(); w++) {
      for (int c = 0; c < channels; c++) {
        int i = from + 2 * w * channels + c;
        float a = s[i];
        float b = s[i + channels];
        float d = s[i + row];
        float e = s[i + row + channels];
        float value =
            rows.max() ? Math.max(Math.max(a, b), Math.max(d, e)) : (a + b + (d + e)) * 0.25f;
        out.putFloat(offset + 4 * (w * channels + c), value);
      }
    }
  }

  /** Counts spikes. */
  static void count(Scratch.Worker w, int from, int n) {
    float count = 0;
    for (int i = from; i < from + n; i++) {
      count += w.s[i];
    }
    w.fired[Scratch.FIRST] += count;
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
    if (rows.max()) {
      fire(c, tiles, w, from, rows.size());
    }
    unpoolSpikes(rows, w, from, gy, offset, gsFrom);
  }

  /** {@link #unpool} of spikes that are there. */
  static void unpoolSpikes(
      PooledRows rows, Scratch.Worker worker, int from, Bytes gy, int offset, int gsFrom) {
    float[] s = worker.s;
    float[] gs = worker.gs;
    int channels = rows.channels();
    int row = rows.length();
    for (int w = 0; w < rows.windows(); w++) {
      for (int c = 0; c < channels; c++) {
        int i = 2 * w * channels + c;
        float g = gy.getFloat(offset + 4 * (w * channels + c));
        int to = gsFrom + i;
        if (rows.max()) {
          float a = s[from + i];
          float b = s[from + i + channels];
          float d = s[from + i + row];
          float e = s[from + i + row + channels];
          float top = Math.max(a, b);
          float bottom = Math.max(d, e);
          boolean inTop = top >= bottom;
          gs[to] = inTop && a >= b ? g : 0f;
          gs[to + channels] = inTop && !(a >= b) ? g : 0f;
          gs[to + row] = !inTop && d >= e ? g : 0f;
          gs[to + row + channels] = !inTop && !(d >= e) ? g : 0f;
        } else {
          float part = g * 0.25f;
          gs[to] = part;
          gs[to + channels] = part;
          gs[to + row] = part;
          gs[to + row + channels] = part;
        }
      }
    }
  }

  @Override
  public void windows(Windows windows, Bytes x, Bytes y) {
    ScalarWindows.forward(windows, x, y, 0);
  }

  @Override
  public void windowGradients(Windows windows, Bytes x, Bytes gy, Bytes gx, Scratch.Worker w) {
    ScalarWindows.backward(windows, x, gy, gx, 0);
  }

  @Override
  public void update(Update u, Bytes p, Bytes g, Bytes m, Bytes v, int offset, int n) {
    for (int at = offset; at < offset + 4 * n; at += 4) {
      float w = p.getFloat(at);
      float gradient = g.getFloat(at) * u.clip();
      switch (u.rule()) {
        case SGD -> {
          gradient = Math.fma(u.decay(), w, gradient);
          float b = u.first() ? gradient : Math.fma(u.momentum(), m.getFloat(at), gradient);
          m.putFloat(at, b);
          float along = u.nesterov() ? Math.fma(u.momentum(), b, gradient) : b;
          p.putFloat(at, Math.fma(-u.rate(), along, w));
        }
        case ADAM, ADAMW -> {
          boolean decoupled = u.rule() == OptimizerStep.Rule.ADAMW;
          gradient = decoupled ? gradient : Math.fma(u.decay(), w, gradient);
          float kept = decoupled ? Math.fma(-u.rate() * u.decay(), w, w) : w;
          float first = Math.fma(1f - u.momentum(), gradient, u.momentum() * m.getFloat(at));
          float second = Math.fma(1f - u.beta2(), gradient * gradient, u.beta2() * v.getFloat(at));
          m.putFloat(at, first);
          v.putFloat(at, second);
          float root = (float) Math.sqrt(second * u.correction2()) + u.eps();
          p.putFloat(at, Math.fma(-u.rate(), first * u.correction1() / root, kept));
        }
      }
    }
  }

  @Override
  public float squares(Bytes x, int offset, int n) {
    return squaresTail(x, offset, new float[SUMS], 0, n);
  }

  /** {@link #squares} from element start on, added to the sums that there are. */
  public static float squaresTail(Bytes x, int offset, float[] sums, int start, int n) {
    for (int i = start; i < n; i++) {
      float value = x.getFloat(offset + 4 * i);
      sums[i % SUMS] = Math.fma(value, value, sums[i % SUMS]);
    }
    float sum = 0;
    for (float part : sums) {
      sum += part;
    }
    return sum;
  }

  @Override
  public void widen(Bytes bits, int bitsOffset, Bytes x, int xOffset, int n) {
    for (int i = 0; i < n; i++) {
      x.putFloat(xOffset + 4 * i, DType.BFLOAT16.toFloat(bits.getShort(bitsOffset + 2 * i)));
    }
  }

  @Override
  public void round(Bytes x, int xOffset, Bytes bits, int bitsOffset, int n) {
    for (int i = 0; i < n; i++) {
      bits.putShort(bitsOffset + 2 * i, DType.BFLOAT16.toBits(x.getFloat(xOffset + 4 * i)));
    }
  }
}
