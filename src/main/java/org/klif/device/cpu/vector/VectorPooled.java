package org.klif.device.cpu.vector;

import static org.klif.device.cpu.vector.Lanes.splat;

import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.klif.device.cpu.Kernels;
import org.klif.device.cpu.Scratch;
import org.klif.device.cpu.Steps;
import org.klif.device.cpu.Tiles;
import org.klif.neuron.NeuronConstants;

/**
 * {@link Kernels#forwardPooled} and {@link Kernels#replayPooled}: neurons under 2x2 windows through
 * all T. The four pixels of a window go forward side by side, with their potentials in registers:
 * one alone would wait for the step before, and all four share k and the batch norm. x, the pooled
 * spikes and their gradient are read and written in the type that they have in memory.
 *
 * <p>From a number of nodes on, which these loops exceed, Java compiles in only what the JDK marks:
 * vectors' own methods and constant method handles, but no method of ours. So the loops call
 * nothing else, and what is a number elsewhere is a vector ahead of them.
 */
final class VectorPooled {
  private static final VectorSpecies<Float> S = NativeVectors.SPECIES;
  private static final int LANES = S.length();
  private static final MethodHandle LOAD = NativeVectors.LOAD;
  private static final MethodHandle WIDEN = NativeVectors.WIDEN;

  /** All steps forward; the spikes of each window are pooled. */
  static void forward(
      NeuronConstants c,
      Tiles tiles,
      Kernels.PooledRows rows,
      int steps,
      Steps x,
      int first,
      int second,
      Scratch.Worker w,
      Steps out,
      int outAt) {
    boolean half = x.at(0).half();
    int bytes = x.at(0).elementBytes();
    NativeVectors.Memory xMemory = NativeVectors.memory(x.at(0), half);
    NativeVectors.Memory outMemory = NativeVectors.memory(out.at(0), half);
    ByteBuffer xBytes = xMemory.bytes();
    ByteBuffer outBytes = outMemory.bytes();
    long xStart = xMemory.start() + (long) bytes * first;
    long outStart = outMemory.start() + (long) bytes * outAt;
    long xStep = x.distance();
    long outStep = out.distance();
    int channels = rows.channels();
    int row = rows.length();
    long right = (long) bytes * channels;
    long below = (long) bytes * (second - first);
    boolean max = rows.max();
    FloatVector decayed = splat(c.decayed());
    FloatVector plain = splat(c.plain());
    FloatVector r = splat(c.r());
    FloatVector rest = splat(c.rest());
    FloatVector floor = splat(c.floor());
    FloatVector threshold = splat(c.threshold());
    FloatVector soft = splat(1f - c.hard());
    FloatVector drop = splat(c.hardReset() - c.softThreshold());
    FloatVector zero = FloatVector.zero(S);
    FloatVector quarter = splat(0.25f);
    FloatVector one = splat(1f);
    FloatVector count = FloatVector.fromArray(S, w.fired, Scratch.FIRST);
    int i = 0;
    int channel = 0;
    try {
      for (int window = 0; window < rows.outputs(); window += LANES) {
        FloatVector k = FloatVector.fromArray(S, tiles.k, channel);
        FloatVector scale = FloatVector.fromArray(S, tiles.scale, channel);
        FloatVector shift = FloatVector.fromArray(S, tiles.shift, channel);
        int a = Scratch.FIRST + i;
        int b = a + channels;
        int d = a + row;
        int e = d + channels;
        FloatVector vA = FloatVector.fromArray(S, w.v, a);
        FloatVector vB = FloatVector.fromArray(S, w.v, b);
        FloatVector vD = FloatVector.fromArray(S, w.v, d);
        FloatVector vE = FloatVector.fromArray(S, w.v, e);
        long at = xStart + (long) bytes * i;
        long outOffset = outStart + (long) bytes * window;
        for (int t = 0; t < steps; t++) {
          FloatVector xA =
              half
                  ? (FloatVector) WIDEN.invokeExact(xBytes, at)
                  : (FloatVector) LOAD.invokeExact(xBytes, at);
          FloatVector xB =
              half
                  ? (FloatVector) WIDEN.invokeExact(xBytes, at + right)
                  : (FloatVector) LOAD.invokeExact(xBytes, at + right);
          FloatVector xD =
              half
                  ? (FloatVector) WIDEN.invokeExact(xBytes, at + below)
                  : (FloatVector) LOAD.invokeExact(xBytes, at + below);
          FloatVector xE =
              half
                  ? (FloatVector) WIDEN.invokeExact(xBytes, at + below + right)
                  : (FloatVector) LOAD.invokeExact(xBytes, at + below + right);
          FloatVector iA = xA.fma(scale, shift);
          FloatVector hA = iA.fma(plain, iA.fma(decayed, rest.sub(vA)).fma(r, vA));
          FloatVector uA = hA.mul(k);
          FloatVector fA = uA.blend(floor, uA.compare(VectorOperators.LE, floor));
          VectorMask<Float> sA = fA.compare(VectorOperators.GE, threshold);
          vA = fA.blend(fA.fma(soft, drop), sA);
          FloatVector iB = xB.fma(scale, shift);
          FloatVector hB = iB.fma(plain, iB.fma(decayed, rest.sub(vB)).fma(r, vB));
          FloatVector uB = hB.mul(k);
          FloatVector fB = uB.blend(floor, uB.compare(VectorOperators.LE, floor));
          VectorMask<Float> sB = fB.compare(VectorOperators.GE, threshold);
          vB = fB.blend(fB.fma(soft, drop), sB);
          FloatVector iD = xD.fma(scale, shift);
          FloatVector hD = iD.fma(plain, iD.fma(decayed, rest.sub(vD)).fma(r, vD));
          FloatVector uD = hD.mul(k);
          FloatVector fD = uD.blend(floor, uD.compare(VectorOperators.LE, floor));
          VectorMask<Float> sD = fD.compare(VectorOperators.GE, threshold);
          vD = fD.blend(fD.fma(soft, drop), sD);
          FloatVector iE = xE.fma(scale, shift);
          FloatVector hE = iE.fma(plain, iE.fma(decayed, rest.sub(vE)).fma(r, vE));
          FloatVector uE = hE.mul(k);
          FloatVector fE = uE.blend(floor, uE.compare(VectorOperators.LE, floor));
          VectorMask<Float> sE = fE.compare(VectorOperators.GE, threshold);
          vE = fE.blend(fE.fma(soft, drop), sE);
          FloatVector sum = zero.blend(one, sA).add(one, sB).add(one, sD).add(one, sE);
          count = count.add(sum);
          FloatVector most = zero.blend(one, sum.compare(VectorOperators.GT, zero));
          FloatVector pooled = max ? most : sum.mul(quarter);
          if (half) {
            // exact: a multiple of 1/4 up to 1
            ShortVector upper =
                (ShortVector)
                    pooled
                        .reinterpretAsInts()
                        .lanewise(VectorOperators.LSHR, Short.SIZE)
                        .convertShape(VectorOperators.I2S, NativeVectors.HALF, 0);
            NativeVectors.STORE_HALF.invokeExact(upper, outBytes, outOffset);
          } else {
            NativeVectors.STORE.invokeExact(pooled, outBytes, outOffset);
          }
          at += xStep;
          outOffset += outStep;
        }
        vA.intoArray(w.v, a);
        vB.intoArray(w.v, b);
        vD.intoArray(w.v, d);
        vE.intoArray(w.v, e);
        i += LANES;
        channel += LANES;
        if (channel == channels) {
          channel = 0;
          i += channels;
        }
      }
    } catch (Throwable thrown) {
      throw NativeVectors.unexpected(thrown);
    }
    count.intoArray(w.fired, Scratch.FIRST);
  }

  /** All steps forward again; H, and the gradient of each spike, stay in scratch memory. */
  static void replay(
      NeuronConstants c,
      Tiles tiles,
      Kernels.PooledRows rows,
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
    boolean half = x.at(0).half();
    int bytes = x.at(0).elementBytes();
    NativeVectors.Memory xMemory = NativeVectors.memory(x.at(0), half);
    NativeVectors.Memory gSMemory = NativeVectors.memory(gS.at(0), half);
    ByteBuffer xBytes = xMemory.bytes();
    ByteBuffer gSBytes = gSMemory.bytes();
    long xStart = xMemory.start() + (long) bytes * first;
    long gSStart = gSMemory.start() + (long) bytes * gSAt;
    long xStep = x.distance();
    long gSStep = gS.distance();
    int channels = rows.channels();
    int row = rows.length();
    long right = (long) bytes * channels;
    long below = (long) bytes * (second - first);
    boolean max = rows.max();
    FloatVector decayed = splat(c.decayed());
    FloatVector plain = splat(c.plain());
    FloatVector r = splat(c.r());
    FloatVector rest = splat(c.rest());
    FloatVector floor = splat(c.floor());
    FloatVector threshold = splat(c.threshold());
    FloatVector soft = splat(1f - c.hard());
    FloatVector drop = splat(c.hardReset() - c.softThreshold());
    FloatVector zero = FloatVector.zero(S);
    FloatVector quarter = splat(0.25f);
    float[] h = w.h;
    float[] gs = w.gs;
    int i = rows.element(output);
    int channel = output % channels;
    try {
      for (int window = output; window < output + count; window += LANES) {
        FloatVector k = FloatVector.fromArray(S, tiles.k, channel);
        FloatVector scale = FloatVector.fromArray(S, tiles.scale, channel);
        FloatVector shift = FloatVector.fromArray(S, tiles.shift, channel);
        int a = Scratch.FIRST + i;
        int b = a + channels;
        int d = a + row;
        int e = d + channels;
        FloatVector vA = FloatVector.fromArray(S, w.v, a);
        FloatVector vB = FloatVector.fromArray(S, w.v, b);
        FloatVector vD = FloatVector.fromArray(S, w.v, d);
        FloatVector vE = FloatVector.fromArray(S, w.v, e);
        long at = xStart + (long) bytes * i;
        long gSOffset = gSStart + (long) bytes * window;
        int step = 0;
        for (int t = 0; t < steps; t++) {
          FloatVector xA =
              half
                  ? (FloatVector) WIDEN.invokeExact(xBytes, at)
                  : (FloatVector) LOAD.invokeExact(xBytes, at);
          FloatVector xB =
              half
                  ? (FloatVector) WIDEN.invokeExact(xBytes, at + right)
                  : (FloatVector) LOAD.invokeExact(xBytes, at + right);
          FloatVector xD =
              half
                  ? (FloatVector) WIDEN.invokeExact(xBytes, at + below)
                  : (FloatVector) LOAD.invokeExact(xBytes, at + below);
          FloatVector xE =
              half
                  ? (FloatVector) WIDEN.invokeExact(xBytes, at + below + right)
                  : (FloatVector) LOAD.invokeExact(xBytes, at + below + right);
          FloatVector iA = xA.fma(scale, shift);
          FloatVector hA = iA.fma(plain, iA.fma(decayed, rest.sub(vA)).fma(r, vA));
          hA.intoArray(h, a + step);
          FloatVector uA = hA.mul(k);
          FloatVector fA = uA.blend(floor, uA.compare(VectorOperators.LE, floor));
          VectorMask<Float> sA = fA.compare(VectorOperators.GE, threshold);
          vA = fA.blend(fA.fma(soft, drop), sA);
          FloatVector iB = xB.fma(scale, shift);
          FloatVector hB = iB.fma(plain, iB.fma(decayed, rest.sub(vB)).fma(r, vB));
          hB.intoArray(h, b + step);
          FloatVector uB = hB.mul(k);
          FloatVector fB = uB.blend(floor, uB.compare(VectorOperators.LE, floor));
          VectorMask<Float> sB = fB.compare(VectorOperators.GE, threshold);
          vB = fB.blend(fB.fma(soft, drop), sB);
          FloatVector iD = xD.fma(scale, shift);
          FloatVector hD = iD.fma(plain, iD.fma(decayed, rest.sub(vD)).fma(r, vD));
          hD.intoArray(h, d + step);
          FloatVector uD = hD.mul(k);
          FloatVector fD = uD.blend(floor, uD.compare(VectorOperators.LE, floor));
          VectorMask<Float> sD = fD.compare(VectorOperators.GE, threshold);
          vD = fD.blend(fD.fma(soft, drop), sD);
          FloatVector iE = xE.fma(scale, shift);
          FloatVector hE = iE.fma(plain, iE.fma(decayed, rest.sub(vE)).fma(r, vE));
          hE.intoArray(h, e + step);
          FloatVector uE = hE.mul(k);
          FloatVector fE = uE.blend(floor, uE.compare(VectorOperators.LE, floor));
          VectorMask<Float> sE = fE.compare(VectorOperators.GE, threshold);
          vE = fE.blend(fE.fma(soft, drop), sE);
          FloatVector g =
              half
                  ? (FloatVector) WIDEN.invokeExact(gSBytes, gSOffset)
                  : (FloatVector) LOAD.invokeExact(gSBytes, gSOffset);
          if (max) {
            // the first of the largest
            VectorMask<Float> above = sA.or(sB).or(sD.or(sE).not());
            VectorMask<Float> left = sA.or(sB.not());
            VectorMask<Float> leftBelow = sD.or(sE.not());
            FloatVector gAbove = zero.blend(g, above);
            FloatVector gBelow = g.blend(zero, above);
            zero.blend(gAbove, left).intoArray(gs, a + step);
            gAbove.blend(zero, left).intoArray(gs, b + step);
            zero.blend(gBelow, leftBelow).intoArray(gs, d + step);
            gBelow.blend(zero, leftBelow).intoArray(gs, e + step);
          } else {
            FloatVector part = g.mul(quarter);
            part.intoArray(gs, a + step);
            part.intoArray(gs, b + step);
            part.intoArray(gs, d + step);
            part.intoArray(gs, e + step);
          }
          at += xStep;
          gSOffset += gSStep;
          step += stride;
        }
        vA.intoArray(w.v, a);
        vB.intoArray(w.v, b);
        vD.intoArray(w.v, d);
        vE.intoArray(w.v, e);
        i += LANES;
        channel += LANES;
        if (channel == channels) {
          channel = 0;
          i += channels;
        }
      }
    } catch (Throwable thrown) {
      throw NativeVectors.unexpected(thrown);
    }
  }

  private VectorPooled() {}
}
