package org.klif.device.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.klif.neuron.NeuronConstants;

/**
 * What the loops of this package do with a vector. It is apart from them because every method of
 * their classes is a compilation of its own (program.options), and these are compiled into them.
 */
final class Lanes {
  private static final VectorSpecies<Float> S = NativeVectors.SPECIES;

  private Lanes() {}

  /** The vector at an index of an array. */
  static FloatVector read(float[] array, int index) {
    return FloatVector.fromArray(S, array, index);
  }

  /** The vector from an element of native memory on, of float32. */
  static FloatVector read(NativeVectors.Memory memory, int element) {
    return NativeVectors.load(memory, element);
  }

  /** The same of bfloat16 (half) or float32. */
  static FloatVector read(boolean half, NativeVectors.Memory memory, int element) {
    return NativeVectors.load(half, memory, element);
  }

  /** Writes a vector from an element of native memory on, to float32. */
  static void write(FloatVector vector, NativeVectors.Memory memory, int element) {
    NativeVectors.store(vector, memory, element);
  }

  /** The same to bfloat16 (half) or float32. */
  static void write(FloatVector vector, boolean half, NativeVectors.Memory memory, int element) {
    NativeVectors.store(vector, half, memory, element);
  }

  /** The same number in all lanes. */
  static FloatVector splat(float value) {
    return FloatVector.broadcast(S, value);
  }

  /**
   * KLIF's scale, max(u, floor) of u = k H, NaN where u is; Java's own maximum takes three times
   * the instructions.
   */
  static FloatVector floored(FloatVector u, float floor) {
    return u.blend(floor, u.compare(VectorOperators.LE, floor));
  }

  /** S of u = k H: 1 where F = max(u, floor) reaches the threshold, else 0. */
  static FloatVector spike(FloatVector u, float floor, float threshold) {
    VectorMask<Float> fires = floored(u, floor).compare(VectorOperators.GE, threshold);
    return FloatVector.zero(S).blend(1f, fires);
  }

  /** F - threshold. */
  static FloatVector distance(
      float[] h, int index, float[] k, int tile, float floor, float threshold) {
    return floored(read(h, index).mul(read(k, tile)), floor).sub(threshold);
  }

  /** See SurrogateMath.exp. */
  static FloatVector exp(FloatVector x) {
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

  /**
   * dL/dF of a step, where u = k H. It is 0 where F is not u but the floor, so F is nowhere needed.
   */
  static FloatVector gradientOfF(
      NeuronConstants c, float alpha, FloatVector u, FloatVector gV, FloatVector gs) {
    float threshold = c.threshold();
    FloatVector z = u.sub(threshold).mul((float) (Math.PI / 2) * alpha);
    FloatVector surrogate = splat(0.5f * alpha).div(z.fma(z, splat(1f)));
    float drop = c.hardReset() - c.softThreshold();
    FloatVector throughSpike = u.fma(splat(-c.attached() * c.hard()), splat(c.attached() * drop));
    VectorMask<Float> fires = u.compare(VectorOperators.GE, threshold);
    FloatVector throughPotential = gV.mul(1f - c.hard(), fires);
    FloatVector gF = gV.fma(throughSpike, gs).fma(surrogate, throughPotential);
    return FloatVector.zero(S).blend(gF, u.compare(VectorOperators.GT, c.floor()));
  }

  /** The maximum of three vectors, so many elements apart. */
  static FloatVector ofThree(NativeVectors.Memory memory, int at, int channels) {
    return read(memory, at).max(read(memory, at + channels)).max(read(memory, at + 2 * channels));
  }
}
