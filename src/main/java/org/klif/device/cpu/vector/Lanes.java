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

  /** The vector at a byte offset of native memory. */
  static FloatVector read(NativeVectors.Memory memory, int offset) {
    return NativeVectors.load(memory, offset);
  }

  /** Writes a vector to a byte offset of native memory. */
  static void write(FloatVector vector, NativeVectors.Memory memory, int offset) {
    NativeVectors.store(vector, memory, offset);
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

  /** dL/dF of a step, where u = k H. */
  static FloatVector gradientOfF(
      NeuronConstants c, float alpha, FloatVector u, FloatVector gV, FloatVector gs) {
    float floor = c.floor();
    float threshold = c.threshold();
    FloatVector f = floored(u, floor);
    FloatVector z = f.sub(threshold).mul((float) (Math.PI / 2) * alpha);
    FloatVector surrogate = splat(0.5f * alpha).div(z.fma(z, splat(1f)));
    float drop = c.hardReset() - c.softThreshold();
    FloatVector throughSpike = f.fma(splat(-c.attached() * c.hard()), splat(c.attached() * drop));
    VectorMask<Float> fires = f.compare(VectorOperators.GE, threshold);
    FloatVector throughPotential = gV.blend(gV.mul(1f - c.hard()), fires);
    FloatVector gF = gV.fma(throughSpike, gs).fma(surrogate, throughPotential);
    return FloatVector.zero(S).blend(gF, f.compare(VectorOperators.GT, floor));
  }

  /** The maximum of three vectors, so many elements apart. */
  static FloatVector ofThree(NativeVectors.Memory memory, int at, int channels) {
    return read(memory, 4 * at)
        .max(read(memory, 4 * (at + channels)))
        .max(read(memory, 4 * (at + 2 * channels)));
  }

  /** The vector at an element of native memory. */
  static FloatVector element(NativeVectors.Memory memory, int element) {
    return read(memory, Float.BYTES * element);
  }

  /** Writes a vector to an element of native memory. */
  static void setElement(FloatVector value, NativeVectors.Memory memory, int element) {
    write(value, memory, Float.BYTES * element);
  }
}
