package org.klif.interchange;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.KlifException;
import org.klif.tensor.Extent;

/**
 * A node of a NIR graph, and what it says, checked when it is asked for.
 *
 * @param name unique in the graph
 * @param type e.g. LIF or Conv2d
 * @param tensors its numbers by name
 * @param texts its texts by name, without the type
 */
record NirNode(
    String name, String type, Map<String, NirTensor> tensors, Map<String, String> texts) {

  /** Above all that a network can have of anything. */
  private static final int LARGEST = 1 << 24;

  /** Copies the maps, order kept. */
  NirNode {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
  }

  static NirNode of(String name, String type, Map<String, NirTensor> tensors) {
    return new NirNode(name, type, tensors, Map.of());
  }

  /** For messages: "node 'x' (Conv2d)". */
  String where() {
    return "node '%s' (%s)".formatted(name, type);
  }

  /** A parameter of neurons: one value when all are equal, else one for each channel. */
  double[] channels(String name, List<Integer> shape) {
    NirTensor tensor = tensor(name);
    double[] values = tensor.data();
    if (tensor.type() == NirTensor.Type.FLOAT32) {
      // the shortest decimal that is this float32: 2.0E-4, not 1.9999999494757503E-4
      values =
          Arrays.stream(values).map(v -> Double.parseDouble(Float.toString((float) v))).toArray();
    }
    if (values.length == 0) {
      throw wrong("has an empty %s".formatted(name));
    }
    double[] shortest = Cell.shortest(values);
    if (shortest.length == 1 && (values.length == 1 || values.length == Shapes.elements(shape))) {
      return shortest;
    }
    if (values.length != Shapes.elements(shape) && values.length != shape.get(0)) {
      throw wrong(
          "has a %s of shape %s, but its input has shape %s"
              .formatted(name, tensor.shape(), shape));
    }
    int each = values.length / shape.get(0);
    double[] result = new double[shape.get(0)];
    for (int c = 0; c < result.length; c++) {
      result[c] = values[c * each];
      for (int i = 1; i < each; i++) {
        if (values[c * each + i] != result[c]) {
          throw wrong(
              "has a %s that differs within channel %d; Klif's are one for a layer or a channel"
                  .formatted(name, c));
        }
      }
    }
    return result;
  }

  /**
   * Height and width, or one number for both.
   *
   * @param least of them
   */
  Extent extent(String name, Extent otherwise, int least) {
    NirTensor tensor = tensors.get(name);
    if (tensor == null) {
      return otherwise;
    }
    double[] data = tensor.data();
    if (data.length < 1
        || data.length > 2
        || !Arrays.stream(data).allMatch(size -> isWhole(size, least))) {
      throw wrong(
          "has a %s of %s; Klif's are whole, at least %d, one number or height and width"
              .formatted(name, Arrays.toString(data), least));
    }
    return new Extent((int) data[0], (int) data[data.length - 1]);
  }

  /**
   * One whole number.
   *
   * @param least that it may be
   */
  int whole(String name, int least) {
    double[] data = tensor(name).data();
    if (data.length != 1 || !isWhole(data[0], least)) {
      throw wrong(
          "has a %s of %s; it must be one whole number of at least %d"
              .formatted(name, Arrays.toString(data), least));
    }
    return (int) data[0];
  }

  private static boolean isWhole(double value, int least) {
    return value == Math.rint(value) && value >= least && value <= LARGEST;
  }

  /** The sizes of an input. */
  List<Integer> sizes(String name) {
    double[] data = tensor(name).data();
    long elements = 1;
    for (double size : data) {
      elements = isWhole(size, 1) && elements <= LARGEST ? elements * (long) size : Long.MAX_VALUE;
    }
    if (data.length == 0 || data.length > 3 || elements > LARGEST) {
      throw wrong(
          "has a %s of %s; Klif takes (C, H, W) or (N), each at least 1 and %d values at most"
              .formatted(name, Arrays.toString(data), LARGEST));
    }
    return Arrays.stream(data).mapToObj(size -> (int) size).toList();
  }

  boolean has(String name) {
    return tensors.containsKey(name);
  }

  NirTensor tensor(String name) {
    NirTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw wrong("has no " + name);
    }
    return tensor;
  }

  /** With the node in front. */
  KlifException wrong(String what) {
    return new KlifException(where() + " " + what);
  }
}
