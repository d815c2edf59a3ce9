package org.klif.nn;

import java.util.Arrays;
import org.klif.device.Buffer;
import org.klif.device.ParameterLayout;

/**
 * A learned tensor of a network: a part of the network's flat parameter buffer. Its values are
 * canonical (PyTorch's order) outside the device.
 */
public final class Parameter {
  /** What a parameter is for. */
  public enum Group {
    /** Weights of a convolution or a linear layer: what weight decay is for. */
    WEIGHT,
    /** Their biases. */
    BIAS,
    /** Weight and bias of a batch norm. */
    NORM,
    /** k of KLIF, w of PLIF, what a neuron from a file learns. */
    NEURON
  }

  /**
   * What elements are held within.
   *
   * @param smallestMagnitude at least so far from zero; 0 for no such bound
   * @param lower -infinity for none
   * @param upper infinity for none
   */
  record Bounds(double smallestMagnitude, double lower, double upper) {
    static final Bounds NONE = awayFromZero(0);

    static Bounds awayFromZero(double smallest) {
      return new Bounds(smallest, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }
  }

  private final String name;
  private final int[] shape;
  private final Group group;
  private final ParameterLayout layout;
  private final Bounds bounds;
  private final long offset;
  private Buffer buffer;
  private Buffer gradient;

  Parameter(
      String name, int[] shape, Group group, ParameterLayout layout, Bounds bounds, long offset) {
    this.name = name;
    this.shape = shape.clone();
    this.group = group;
    this.layout = layout;
    this.bounds = bounds;
    this.offset = offset;
  }

  /** Layer and role, e.g. {@code 0.conv.weight}. */
  public String name() {
    return name;
  }

  /** Canonical shape; empty for a scalar. */
  public int[] shape() {
    return shape.clone();
  }

  /** What it is for. */
  public Group group() {
    return group;
  }

  /** Canonical number of elements. */
  public int size() {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /** All values, canonical; waits for the device. */
  public float[] values() {
    return layout.toCanonical(buffer.toArray());
  }

  /** All gradients, canonical; waits for the device. */
  public float[] gradients() {
    return layout.toCanonical(gradient.toArray());
  }

  /** Sets all values, canonical. */
  public void set(float[] values) {
    if (values.length != size()) {
      throw new IllegalArgumentException(
          "%s has %d elements, not %d".formatted(name, size(), values.length));
    }
    buffer.upload(layout.toPhysical(values));
  }

  /** First element in the flat buffers. */
  long offset() {
    return offset;
  }

  /** Elements in the flat buffers, without the padding to the next parameter. */
  int physicalSize() {
    return layout.physicalSize();
  }

  ParameterLayout layout() {
    return layout;
  }

  /** What its elements are held within after each step of an optimizer. */
  Bounds bounds() {
    return bounds;
  }

  /** Device memory of the values. */
  Buffer buffer() {
    return buffer;
  }

  /** Device memory of the gradients. */
  Buffer gradient() {
    return gradient;
  }

  void bind(Buffer parameters, Buffer gradients) {
    buffer = parameters.view(offset, physicalSize());
    gradient = gradients.view(offset, physicalSize());
  }

  @Override
  public String toString() {
    return name + Arrays.toString(shape);
  }
}
