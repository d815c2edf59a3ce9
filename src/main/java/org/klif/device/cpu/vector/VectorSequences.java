package org.klif.device.cpu.vector;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.klif.device.cpu.Scratch;
import org.klif.device.cpu.Steps;
import org.klif.device.cpu.Tiles;
import org.klif.neuron.NeuronConstants;

/**
 * Whole vectors of neurons carried through several time steps: what belongs to the neurons (k, the
 * potential, the sums) stays in registers meanwhile. Each returns the first element that it left to
 * the caller. The float32 operations of an element, and their order, are those of one step after
 * the other.
 */
final class VectorSequences {
  private static final VectorSpecies<Float> S = NativeVectors.SPECIES;
  private static final int LANES = S.length();

  private static FloatVector load(NativeVectors.Memory memory, int offset) {
    return NativeVectors.load(memory, offset);
  }

  private static FloatVector load(float[] array, int index) {
    return FloatVector.fromArray(S, array, index);
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(S, value);
  }

  /** One step forward: H, S and the derivative of the surrogate atan. */
  static void replay(
      NeuronConstants c,
      Tiles tiles,
      float alpha,
      ByteBuffer x,
      int xOffset,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n) {
    NativeVectors.Memory xMemory = NativeVectors.memory(x);
    int whole = S.loopBound(n);
    float decayed = c.decayed();
    float plain = c.plain();
    float r = c.r();
    float rest = c.rest();
    float floor = c.floor();
    float threshold = c.threshold();
    float minusHard = -c.hard();
    float minusSoft = -c.softThreshold();
    float hardReset = c.hardReset();
    float steep = (float) (Math.PI / 2) * alpha;
    FloatVector top = splat(0.5f * alpha);
    FloatVector one = splat(1f);
    FloatVector zero = FloatVector.zero(S);
    float[] kTile = tiles.k;
    float[] qTile = tiles.q;
    float[] scale = tiles.scale;
    float[] shift = tiles.shift;
    float[] v = w.v;
    float[] h = w.h;
    float[] s = w.s;
    float[] sg = w.sg;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector input = load(xMemory, xOffset + 4 * i).fma(load(scale, i), load(shift, i));
      FloatVector potential = load(v, vFrom + i);
      FloatVector d = input.fma(splat(decayed), potential.sub(rest).neg());
      FloatVector charged = input.fma(splat(plain), d.fma(splat(r), potential));
      FloatVector f = charged.mul(load(kTile, i)).max(floor);
      VectorMask<Float> fires = f.compare(VectorOperators.GE, threshold);
      FloatVector spike = zero.blend(one, fires);
      charged.intoArray(h, from + i);
      spike.intoArray(s, from + i);
      FloatVector z = f.sub(threshold).mul(steep);
      top.div(z.fma(z, one)).intoArray(sg, from + i);
      FloatVector q = load(qTile, i);
      FloatVector afterSpike = q.fma(splat(minusSoft), splat(hardReset));
      spike.fma(afterSpike, f.mul(q).mul(spike.fma(splat(minusHard), one))).intoArray(v, vFrom + i);
    }
  }

  /** What a step back in time knows of the neurons besides their k and q. */
  private static FloatVector gradientOfF(
      FloatVector f,
      FloatVector keep,
      FloatVector throughSpike,
      FloatVector gV,
      FloatVector gs,
      FloatVector sg,
      float attached,
      float floor) {
    FloatVector total = gV.mul(attached).fma(throughSpike, gs);
    FloatVector gF = total.fma(sg, gV.mul(keep));
    return FloatVector.zero(S).blend(gF, f.compare(VectorOperators.GT, floor));
  }

  /**
   * Back from step end - 1 to step first; the gradient of x goes to device memory. The steps lie in
   * one Java buffer: a memory that differs from step to step costs Java 25 twice the time.
   */
  static void backNormalized(
      NeuronConstants c,
      Tiles tiles,
      Scratch.Worker w,
      int from,
      int stride,
      int first,
      int end,
      Steps x,
      Steps gx,
      int xAt,
      int n) {
    int whole = S.loopBound(n);
    NativeVectors.Memory xMemory = NativeVectors.memory(x.at(first));
    NativeVectors.Memory gxMemory = NativeVectors.memory(gx.at(first));
    float floor = c.floor();
    float attached = c.attached();
    FloatVector minusHard = splat(-c.hard());
    FloatVector minusSoft = splat(-c.softThreshold());
    float minusScale = -c.scaleReset();
    float carried = 1f - c.r();
    float factor = c.inputGradient();
    FloatVector one = splat(1f);
    float[] h = w.h;
    float[] s = w.s;
    float[] sg = w.sg;
    float[] gs = w.gs;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector k = load(tiles.k, i);
      FloatVector q = load(tiles.q, i);
      FloatVector mean = load(tiles.mean, i);
      FloatVector invStd = load(tiles.invStd, i);
      FloatVector drop = q.fma(minusSoft, splat(c.hardReset()));
      FloatVector hardQ = q.mul(minusHard);
      FloatVector gV = load(w.g, from + i);
      FloatVector gk = load(w.gk, from + i);
      FloatVector sumAbs = load(w.sumAbs, from + i);
      FloatVector sumG = load(w.sumG, from + i);
      FloatVector sumGx = load(w.sumGx, from + i);
      for (int t = end - 1; t >= first; t--) {
        int offset = x.base(t) + xAt + 4 * i;
        FloatVector xhat = NativeVectors.load(xMemory, offset).sub(mean).mul(invStd);
        int at = from + t * stride + i;
        FloatVector charged = load(h, at);
        FloatVector spike = load(s, at);
        FloatVector f = charged.mul(k).max(floor);
        FloatVector keep = q.mul(spike.fma(minusHard, one));
        FloatVector gF =
            gradientOfF(
                f, keep, hardQ.fma(f, drop), gV, load(gs, at), load(sg, at), attached, floor);
        FloatVector withoutReset = spike.mul(minusSoft).fma(q, f.mul(keep));
        FloatVector scaled = gV.mul(minusScale).mul(q);
        gk = gF.fma(charged, scaled.fma(withoutReset, gk));
        FloatVector gH = k.mul(gF);
        gV = gH.mul(carried);
        FloatVector value = gH.mul(factor);
        try {
          NativeVectors.STORE.invokeExact(value, gxMemory.bytes(), gxMemory.start() + offset);
        } catch (Throwable e) {
          throw NativeVectors.unexpected(e);
        }
        sumAbs = sumAbs.add(value.abs());
        sumG = sumG.add(value);
        sumGx = value.fma(xhat, sumGx);
      }
      gV.intoArray(w.g, from + i);
      gk.intoArray(w.gk, from + i);
      sumAbs.intoArray(w.sumAbs, from + i);
      sumG.intoArray(w.sumG, from + i);
      sumGx.intoArray(w.sumGx, from + i);
    }
  }

  /** Without a batch norm. */
  static void backPlain(
      NeuronConstants c,
      Tiles tiles,
      Scratch.Worker w,
      int from,
      int stride,
      int first,
      int end,
      Steps gx,
      int xAt,
      int n) {
    int whole = S.loopBound(n);
    NativeVectors.Memory gxMemory = NativeVectors.memory(gx.at(first));
    float floor = c.floor();
    float attached = c.attached();
    FloatVector minusHard = splat(-c.hard());
    FloatVector minusSoft = splat(-c.softThreshold());
    float minusScale = -c.scaleReset();
    float carried = 1f - c.r();
    float factor = c.inputGradient();
    FloatVector one = splat(1f);
    float[] h = w.h;
    float[] s = w.s;
    float[] sg = w.sg;
    float[] gs = w.gs;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector k = load(tiles.k, i);
      FloatVector q = load(tiles.q, i);
      FloatVector drop = q.fma(minusSoft, splat(c.hardReset()));
      FloatVector hardQ = q.mul(minusHard);
      FloatVector gV = load(w.g, from + i);
      FloatVector gk = load(w.gk, from + i);
      FloatVector sumAbs = load(w.sumAbs, from + i);
      for (int t = end - 1; t >= first; t--) {
        int at = from + t * stride + i;
        FloatVector charged = load(h, at);
        FloatVector spike = load(s, at);
        FloatVector f = charged.mul(k).max(floor);
        FloatVector keep = q.mul(spike.fma(minusHard, one));
        FloatVector gF =
            gradientOfF(
                f, keep, hardQ.fma(f, drop), gV, load(gs, at), load(sg, at), attached, floor);
        FloatVector withoutReset = spike.mul(minusSoft).fma(q, f.mul(keep));
        FloatVector scaled = gV.mul(minusScale).mul(q);
        gk = gF.fma(charged, scaled.fma(withoutReset, gk));
        FloatVector gH = k.mul(gF);
        gV = gH.mul(carried);
        FloatVector value = gH.mul(factor);
        NativeVectors.store(value, gxMemory, gx.base(t) + xAt + 4 * i);
        sumAbs = sumAbs.add(value.abs());
      }
      gV.intoArray(w.g, from + i);
      gk.intoArray(w.gk, from + i);
      sumAbs.intoArray(w.sumAbs, from + i);
    }
  }

  /** The input is constant: its gradient is added up over the steps. */
  static void backConstant(
      NeuronConstants c,
      Tiles tiles,
      Scratch.Worker w,
      int from,
      int stride,
      int first,
      int end,
      int n) {
    int whole = S.loopBound(n);
    float floor = c.floor();
    float attached = c.attached();
    FloatVector minusHard = splat(-c.hard());
    FloatVector minusSoft = splat(-c.softThreshold());
    float minusScale = -c.scaleReset();
    float carried = 1f - c.r();
    FloatVector factor = splat(c.inputGradient());
    FloatVector one = splat(1f);
    float[] h = w.h;
    float[] s = w.s;
    float[] sg = w.sg;
    float[] gs = w.gs;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector k = load(tiles.k, i);
      FloatVector q = load(tiles.q, i);
      FloatVector drop = q.fma(minusSoft, splat(c.hardReset()));
      FloatVector hardQ = q.mul(minusHard);
      FloatVector gV = load(w.g, from + i);
      FloatVector gk = load(w.gk, from + i);
      FloatVector gx = load(w.gx, from + i);
      for (int t = end - 1; t >= first; t--) {
        int at = from + t * stride + i;
        FloatVector charged = load(h, at);
        FloatVector spike = load(s, at);
        FloatVector f = charged.mul(k).max(floor);
        FloatVector keep = q.mul(spike.fma(minusHard, one));
        FloatVector gF =
            gradientOfF(
                f, keep, hardQ.fma(f, drop), gV, load(gs, at), load(sg, at), attached, floor);
        FloatVector withoutReset = spike.mul(minusSoft).fma(q, f.mul(keep));
        FloatVector scaled = gV.mul(minusScale).mul(q);
        gk = gF.fma(charged, scaled.fma(withoutReset, gk));
        FloatVector gH = k.mul(gF);
        gV = gH.mul(carried);
        gx = gH.fma(factor, gx);
      }
      gV.intoArray(w.g, from + i);
      gk.intoArray(w.gk, from + i);
      gx.intoArray(w.gx, from + i);
    }
  }

  private VectorSequences() {}
}
