package org.klif.device.cpu.vector;

import static org.klif.device.cpu.vector.Lanes.floored;
import static org.klif.device.cpu.vector.Lanes.gradientOfF;
import static org.klif.device.cpu.vector.Lanes.read;
import static org.klif.device.cpu.vector.Lanes.spike;
import static org.klif.device.cpu.vector.Lanes.splat;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.klif.device.cpu.Elements;
import org.klif.device.cpu.Kernels;
import org.klif.device.cpu.Scratch;
import org.klif.device.cpu.Steps;
import org.klif.device.cpu.Tiles;
import org.klif.neuron.NeuronConstants;

/**
 * Neurons without scaleReset: {@link Kernels#replay}, {@link Kernels#recompute}, which is the same
 * and S from H, and {@link Kernels#backSteps}: whole vectors of neurons carried through several
 * time steps, so that what belongs to the neurons (k, the gradient of the potential, the sums)
 * stays in registers meanwhile. Each leaves the elements past the last whole vector to the caller.
 *
 * <p>H alone is kept between the two passes: F, S and the surrogate's derivative are computed from
 * it where they are needed, which takes less time than writing and reading them. Elements are those
 * of one step after the other, as long as they are finite: where the common formula multiplies by a
 * known 0 or 1, these loops choose.
 */
final class VectorSequences {
  private static final VectorSpecies<Float> S = NativeVectors.SPECIES;
  private static final int LANES = S.length();

  /** One step forward: H and the potential. */
  static void replay(
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
    float decayed = c.decayed();
    float plain = c.plain();
    float r = c.r();
    float rest = c.rest();
    float floor = c.floor();
    float threshold = c.threshold();
    FloatVector soft = splat(1f - c.hard());
    FloatVector drop = splat(c.hardReset() - c.softThreshold());
    float[] kTile = tiles.k;
    float[] scale = tiles.scale;
    float[] shift = tiles.shift;
    float[] v = w.v;
    float[] h = w.h;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector input = read(half, xMemory, xAt + i).fma(read(scale, i), read(shift, i));
      FloatVector potential = read(v, vFrom + i);
      FloatVector d = input.fma(splat(decayed), splat(rest).sub(potential));
      FloatVector charged = input.fma(splat(plain), d.fma(splat(r), potential));
      charged.intoArray(h, from + i);
      FloatVector f = floored(charged.mul(read(kTile, i)), floor);
      f.blend(f.fma(soft, drop), f.compare(VectorOperators.GE, threshold)).intoArray(v, vFrom + i);
    }
  }

  /** S from H. */
  static void fire(NeuronConstants c, Tiles tiles, Scratch.Worker w, int from, int n) {
    int whole = S.loopBound(n);
    float floor = c.floor();
    float threshold = c.threshold();
    for (int i = 0; i < whole; i += LANES) {
      spike(read(w.h, from + i).mul(read(tiles.k, i)), floor, threshold).intoArray(w.s, from + i);
    }
  }

  /**
   * Back from step end - 1 to step first; the gradient of x goes to device memory. The steps lie in
   * one Java buffer: a memory that differs from step to step costs Java 25 twice the time.
   */
  static void backNormalized(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      float alpha,
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
    boolean half = x.at(first).half();
    NativeVectors.Memory xMemory = NativeVectors.memory(x.at(first), half);
    NativeVectors.Memory gxMemory = NativeVectors.memory(gx.at(first), half);
    float carried = 1f - c.r();
    float factor = c.inputGradient();
    float[] h = w.h;
    float[] gs = w.gs;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector k = read(tiles.k, tileFrom + i);
      FloatVector mean = read(tiles.mean, tileFrom + i);
      FloatVector invStd = read(tiles.invStd, tileFrom + i);
      FloatVector gV = read(w.g, from + i);
      FloatVector gk = read(w.gk, from + i);
      FloatVector sumAbs = read(w.sumAbs, from + i);
      FloatVector sumG = read(w.sumG, from + i);
      FloatVector sumGx = read(w.sumGx, from + i);
      for (int t = end - 1; t >= first; t--) {
        int offset = x.base(t) + xAt + i;
        int at = from + t * stride + i;
        FloatVector input;
        try {
          input =
              half
                  ? (FloatVector)
                      NativeVectors.WIDEN.invokeExact(
                          xMemory.bytes(), xMemory.start() + 2L * offset)
                  : (FloatVector)
                      NativeVectors.LOAD.invokeExact(
                          xMemory.bytes(), xMemory.start() + 4L * offset);
        } catch (Throwable e) {
          throw NativeVectors.unexpected(e);
        }
        FloatVector xhat = input.sub(mean).mul(invStd);
        FloatVector charged = read(h, at);
        FloatVector gF = gradientOfF(c, alpha, charged.mul(k), gV, read(gs, at));
        gk = gF.fma(charged, gk);
        FloatVector gH = k.mul(gF);
        gV = gH.mul(carried);
        FloatVector value = gH.mul(factor);
        try {
          if (half) {
            NativeVectors.ROUND.invokeExact(
                value, gxMemory.bytes(), gxMemory.start() + 2L * offset);
          } else {
            NativeVectors.STORE.invokeExact(
                value, gxMemory.bytes(), gxMemory.start() + 4L * offset);
          }
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
      int tileFrom,
      float alpha,
      Scratch.Worker w,
      int from,
      int stride,
      int first,
      int end,
      Steps gx,
      int xAt,
      int n) {
    int whole = S.loopBound(n);
    boolean half = gx.at(first).half();
    NativeVectors.Memory gxMemory = NativeVectors.memory(gx.at(first), half);
    float carried = 1f - c.r();
    float factor = c.inputGradient();
    float[] h = w.h;
    float[] gs = w.gs;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector k = read(tiles.k, tileFrom + i);
      FloatVector gV = read(w.g, from + i);
      FloatVector gk = read(w.gk, from + i);
      FloatVector sumAbs = read(w.sumAbs, from + i);
      for (int t = end - 1; t >= first; t--) {
        int at = from + t * stride + i;
        FloatVector charged = read(h, at);
        FloatVector gF = gradientOfF(c, alpha, charged.mul(k), gV, read(gs, at));
        gk = gF.fma(charged, gk);
        FloatVector gH = k.mul(gF);
        gV = gH.mul(carried);
        FloatVector value = gH.mul(factor);
        int offset = gx.base(t) + xAt + i;
        try {
          if (half) {
            NativeVectors.ROUND.invokeExact(
                value, gxMemory.bytes(), gxMemory.start() + 2L * offset);
          } else {
            NativeVectors.STORE.invokeExact(
                value, gxMemory.bytes(), gxMemory.start() + 4L * offset);
          }
        } catch (Throwable e) {
          throw NativeVectors.unexpected(e);
        }
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
      int tileFrom,
      float alpha,
      Scratch.Worker w,
      int from,
      int stride,
      int first,
      int end,
      int n) {
    int whole = S.loopBound(n);
    float carried = 1f - c.r();
    FloatVector factor = splat(c.inputGradient());
    float[] h = w.h;
    float[] gs = w.gs;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector k = read(tiles.k, tileFrom + i);
      FloatVector gV = read(w.g, from + i);
      FloatVector gk = read(w.gk, from + i);
      FloatVector gx = read(w.gx, from + i);
      for (int t = end - 1; t >= first; t--) {
        int at = from + t * stride + i;
        FloatVector charged = read(h, at);
        FloatVector gF = gradientOfF(c, alpha, charged.mul(k), gV, read(gs, at));
        gk = gF.fma(charged, gk);
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
