package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
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
    float d = Math.fma(c.decayed(), input, c.rest() - potential);
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
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      Elements spikes,
      int spikeAt,
      int n) {
    forwardTail(c, tiles, x, xAt, w, vFrom, spikes, spikeAt, 0, n);
  }

  /** {@link #forward} from element start on. */
  public static void forwardTail(
      NeuronConstants c,
      Tiles tiles,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      Elements spikes,
      int spikeAt,
      int start,
      int n) {
    float[] v = w.v;
    float count = 0;
    for (int i = start; i < n; i++) {
      float input = Math.fma(x.get(xAt + i), tiles.scale[i], tiles.shift[i]);
      float f = scale(c, tiles.k[i], charge(c, input, v[vFrom + i]));
      float spike = fire(c, f);
      spikes.set(spikeAt + i, spike);
      v[vFrom + i] = reset(c, f, tiles.q[i], spike);
      count += spike;
    }
    w.fired[Scratch.FIRST] += count;
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
    recomputeTail(c, tiles, 0, x, xAt, w, vFrom, from, n);
  }

  /** {@link #recompute} of a chunk's elements from {@code tileFrom} on. */
  public static void recomputeTail(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    float[] v = w.v;
    float[] h = w.h;
    float[] s = w.s;
    for (int i = 0; i < n; i++) {
      int tile = tileFrom + i;
      float input = Math.fma(x.get(xAt + i), tiles.scale[tile], tiles.shift[tile]);
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
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    float[] v = w.v;
    for (int i = 0; i < n; i++) {
      int tile = tileFrom + i;
      float input = Math.fma(x.get(xAt + i), tiles.scale[tile], tiles.shift[tile]);
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
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    float[] v = w.v;
    float[] d = w.d;
    for (int i = 0; i < n; i++) {
      int tile = tileFrom + i;
      float input = Math.fma(x.get(xAt + i), tiles.scale[tile], tiles.shift[tile]);
      d[from + i] = Math.fma(c.decayed(), input, c.rest() - v[vFrom + i]);
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
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    recomputeTail(c, tiles, 0, x, xAt, w, vFrom, from, n);
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
    backStepsTail(c, tiles, tileFrom, alpha, w, from, stride, first, end, x, gx, at, 0, n);
  }

  /** {@link #backSteps} from element start on. */
  public void backStepsTail(
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
      int start,
      int n) {
    int rest = n - start;
    for (int t = end - 1; t >= first && rest > 0; t--) {
      int step = from + t * stride + start;
      for (int i = 0; i < rest; i++) {
        float f = scale(c, tiles.k[tileFrom + start + i], w.h[step + i]);
        w.s[step + i] = fire(c, f);
      }
      surrogate(Surrogate.Kind.ATAN, alpha, c, tiles, tileFrom + start, w, step, rest);
      backward(c, tiles, tileFrom + start, w, step, step, from + start, rest);
      if (gx == null) {
        scaleAdd(c.inputGradient(), w.gh, w.gx, from + start, rest);
      } else {
        int offset = gx.base(t) + at + start;
        emit(
            c.inputGradient(),
            w.gh,
            from + start,
            tiles,
            tileFrom + start,
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
  public void load(Elements source, int offset, float[] target, int from, int n) {
    for (int i = 0; i < n; i++) {
      target[from + i] = source.get(offset + i);
    }
  }

  @Override
  public void store(float[] source, int from, Elements target, int offset, int n) {
    for (int i = 0; i < n; i++) {
      target.set(offset + i, source[from + i]);
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
      Elements x,
      int xAt,
      Elements gx,
      int gxAt,
      Scratch.Worker w,
      int n) {
    float[] sumG = w.sumG;
    float[] sumGx = w.sumGx;
    float[] sumAbs = w.sumAbs;
    for (int i = 0; i < n; i++) {
      float value = factor * g[from + i];
      gx.set(gxAt + i, value);
      sumAbs[from + i] += Math.abs(value);
      if (x != null) {
        int tile = tileFrom + i;
        float xhat = (x.get(xAt + i) - tiles.mean[tile]) * tiles.invStd[tile];
        sumG[from + i] += value;
        sumGx[from + i] = Math.fma(value, xhat, sumGx[from + i]);
      }
    }
  }

  @Override
  public void moments(
      Elements x, int xAt, float[] origin, float[] sum, float[] squares, int from, int n) {
    momentsTail(x, xAt, origin, sum, squares, from, 0, n);
  }

  /** {@link #moments} from element start on. */
  public static void momentsTail(
      Elements x,
      int xAt,
      float[] origin,
      float[] sum,
      float[] squares,
      int from,
      int start,
      int n) {
    for (int i = start; i < n; i++) {
      float d = x.get(xAt + i) - origin[i];
      sum[from + i] += d;
      squares[from + i] = Math.fma(d, d, squares[from + i]);
    }
  }

  @Override
  public void affine(
      Elements x, int xAt, float[] scale, float[] shift, Elements y, int yAt, int n) {
    affineTail(x, xAt, scale, shift, y, yAt, 0, n);
  }

  /** {@link #affine} from element start on. */
  public static void affineTail(
      Elements x, int xAt, float[] scale, float[] shift, Elements y, int yAt, int start, int n) {
    for (int i = start; i < n; i++) {
      y.set(yAt + i, Math.fma(x.get(xAt + i), scale[i], shift[i]));
    }
  }

  @Override
  public void affine2(
      Elements g, Elements x, int offset, float[] a, float[] b, float[] c, Elements out, int n) {
    affine2Tail(g, x, offset, a, b, c, out, 0, n);
  }

  /** {@link #affine2} from element start on. */
  public static void affine2Tail(
      Elements g,
      Elements x,
      int offset,
      float[] a,
      float[] b,
      float[] c,
      Elements out,
      int start,
      int n) {
    for (int i = start; i < n; i++) {
      int at = offset + i;
      out.set(at, Math.fma(g.get(at), a[i], Math.fma(x.get(at), b[i], c[i])));
    }
  }

  @Override
  public void add(Elements a, int aAt, Elements b, int bAt, Elements out, int outAt, int n) {
    for (int i = 0; i < n; i++) {
      out.set(outAt + i, a.get(aAt + i) + b.get(bAt + i));
    }
  }

  @Override
  public void average(Elements values, float share, Elements average, int offset, int n) {
    for (int at = offset; at < offset + n; at++) {
      float old = average.get(at);
      average.set(at, Math.fma(share, values.get(at) - old, old));
    }
  }

  @Override
  public void multiply(Elements a, int aAt, Elements b, int bAt, Elements out, int outAt, int n) {
    for (int i = 0; i < n; i++) {
      out.set(outAt + i, a.get(aAt + i) * b.get(bAt + i));
    }
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
  static void poolSpikes(
      PooledRows rows, Scratch.Worker worker, int from, Elements out, int offset) {
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
        out.set(offset + w * channels + c, value);
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
      Elements gy,
      int offset,
      int gsFrom) {
    if (rows.max()) {
      fire(c, tiles, w, from, rows.size());
    }
    unpoolSpikes(rows, w, from, gy, offset, gsFrom);
  }

  /** {@link #unpool} of spikes that are there. */
  static void unpoolSpikes(
      PooledRows rows, Scratch.Worker worker, int from, Elements gy, int offset, int gsFrom) {
    float[] s = worker.s;
    float[] gs = worker.gs;
    int channels = rows.channels();
    int row = rows.length();
    for (int w = 0; w < rows.windows(); w++) {
      for (int c = 0; c < channels; c++) {
        int i = 2 * w * channels + c;
        float g = gy.get(offset + w * channels + c);
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
  public void windows(Windows windows, Elements x, Elements y) {
    ScalarWindows.forward(windows, x, y, 0);
  }

  @Override
  public void windowGradients(
      Windows windows, Elements x, Elements gy, Elements gx, Scratch.Worker w) {
    ScalarWindows.backward(windows, x, gy, gx, 0);
  }

  @Override
  public void update(Update u, Elements p, Elements g, Elements m, Elements v, int offset, int n) {
    for (int at = offset; at < offset + n; at++) {
      float w = p.get(at);
      float gradient = g.get(at) * u.clip();
      switch (u.rule()) {
        case SGD -> {
          gradient = Math.fma(u.decay(), w, gradient);
          float b = u.first() ? gradient : Math.fma(u.momentum(), m.get(at), gradient);
          m.set(at, b);
          float along = u.nesterov() ? Math.fma(u.momentum(), b, gradient) : b;
          p.set(at, Math.fma(-u.rate(), along, w));
        }
        case ADAM, ADAMW -> {
          boolean decoupled = u.rule() == OptimizerStep.Rule.ADAMW;
          gradient = decoupled ? gradient : Math.fma(u.decay(), w, gradient);
          float kept = decoupled ? Math.fma(-u.rate() * u.decay(), w, w) : w;
          float first = Math.fma(1f - u.momentum(), gradient, u.momentum() * m.get(at));
          float second = Math.fma(1f - u.beta2(), gradient * gradient, u.beta2() * v.get(at));
          m.set(at, first);
          v.set(at, second);
          float root = (float) Math.sqrt(second * u.correction2()) + u.eps();
          p.set(at, Math.fma(-u.rate(), first * u.correction1() / root, kept));
        }
      }
    }
  }

  @Override
  public float squares(Elements x, int offset, int n) {
    return squaresTail(x, offset, new float[SUMS], 0, n);
  }

  /** {@link #squares} from element start on, added to the sums that there are. */
  public static float squaresTail(Elements x, int offset, float[] sums, int start, int n) {
    for (int i = start; i < n; i++) {
      float value = x.get(offset + i);
      sums[i % SUMS] = Math.fma(value, value, sums[i % SUMS]);
    }
    float sum = 0;
    for (float part : sums) {
      sum += part;
    }
    return sum;
  }

  @Override
  public void convert(Elements source, int from, Elements target, int to, int n) {
    for (int i = 0; i < n; i++) {
      target.set(to + i, source.get(from + i));
    }
  }
}
