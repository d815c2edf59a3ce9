package org.klif.interchange;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.klif.KlifException;

/**
 * What nodes of a file say, checked when it is asked for.
 *
 * @param file for messages
 */
record NirValues(Path file) {
  /** Above all that a network can have of anything. */
  private static final int LARGEST = 1 << 24;

  /** A parameter of neurons: one value when all are equal, else one for each channel. */
  double[] channels(NirNode node, String name, List<Integer> shape) {
    NirTensor tensor = tensor(node, name);
    double[] values = tensor.data();
    if (tensor.type() == NirTensor.Type.FLOAT32) {
      // the shortest decimal that is this float32: 2.0E-4, not 1.9999999494757503E-4
      values =
          Arrays.stream(values).map(v -> Double.parseDouble(Float.toString((float) v))).toArray();
    }
    if (values.length == 0) {
      throw wrong(node, "has an empty %s".formatted(name));
    }
    double[] shortest = Cell.shortest(values);
    if (shortest.length == 1 && (values.length == 1 || values.length == Shapes.elements(shape))) {
      return shortest;
    }
    if (values.length != Shapes.elements(shape) && values.length != shape.get(0)) {
      throw wrong(
          node,
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
              node,
              "has a %s that differs within channel %d; Klif's are one for a layer or a channel"
                  .formatted(name, c));
        }
      }
    }
    return result;
  }

  /**
   * One number for height and width.
   *
   * @param least of them
   */
  int square(NirNode node, String name, int otherwise, int least) {
    NirTensor tensor = node.tensors().get(name);
    if (tensor == null) {
      return otherwise;
    }
    double[] data = tensor.data();
    boolean sound = data.length == 1 || (data.length == 2 && data[0] == data[1]);
    if (!sound || !isWhole(data[0], least)) {
      throw wrong(
          node,
          "has a %s of %s; Klif's are whole, at least %d, and the same for height and width"
              .formatted(name, Arrays.toString(data), least));
    }
    return (int) data[0];
  }

  /**
   * One whole number.
   *
   * @param least that it may be
   */
  int whole(NirNode node, String name, int least) {
    double[] data = tensor(node, name).data();
    if (data.length != 1 || !isWhole(data[0], least)) {
      throw wrong(
          node,
          "has a %s of %s; it must be one whole number of at least %d"
              .formatted(name, Arrays.toString(data), least));
    }
    return (int) data[0];
  }

  private static boolean isWhole(double value, int least) {
    return value == Math.rint(value) && value >= least && value <= LARGEST;
  }

  /** The sizes of an input. */
  List<Integer> sizes(NirNode node, String name) {
    double[] data = tensor(node, name).data();
    long elements = 1;
    for (double size : data) {
      elements = isWhole(size, 1) && elements <= LARGEST ? elements * (long) size : Long.MAX_VALUE;
    }
    if (data.length == 0 || data.length > 3 || elements > LARGEST) {
      throw wrong(
          node,
          "has a %s of %s; Klif takes (C, H, W) or (N), each at least 1 and %d values at most"
              .formatted(name, Arrays.toString(data), LARGEST));
    }
    return Arrays.stream(data).mapToObj(size -> (int) size).toList();
  }

  NirTensor tensor(NirNode node, String name) {
    NirTensor tensor = node.tensors().get(name);
    if (tensor == null) {
      throw wrong(node, "has no " + name);
    }
    return tensor;
  }

  /** With the file and the node in front. */
  KlifException wrong(NirNode node, String what) {
    return new KlifException("%s: %s %s".formatted(file, node.where(), what));
  }
}
