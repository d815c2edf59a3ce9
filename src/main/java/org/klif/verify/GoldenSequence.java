package org.klif.verify;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.device.DType;
import org.klif.device.Device;

/**
 * A case of one neuron unit over a whole sequence, the loss being a sum of its spikes and last
 * states, weighted.
 *
 * <p>It is run twice: as it is, and copied along the batch axis, so that vector lanes and the
 * chunks of a device are filled. A case alone has a few neurons, which a device may well compute in
 * another loop than the bulk of a layer.
 *
 * <p>With activations of 16 bits x and weight_S, the gradient of the spikes, are rounded first, and
 * a float64 reference says what is expected of them. That reference must first give the file's
 * values without rounding.
 */
abstract class GoldenSequence {
  /** Odd, and with the usual 6 neurons of a case no multiple of any vector's lanes. */
  static final int COPIES = 37;

  final GoldenJson json;
  final int copies;
  final GoldenTensor x;

  GoldenSequence(GoldenJson json, int copies) {
    this.json = json;
    this.copies = copies;
    x = json.tensor("x");
  }

  /**
   * What the unit and the loss take, in the device's order.
   *
   * @param initial states; null for zeros
   * @param weightLast of the last states
   */
  record Inputs(
      GoldenTensor x,
      @Nullable GoldenTensor initial,
      GoldenTensor weightS,
      GoldenTensor weightLast) {
    /** x and the gradient of the spikes are activations. */
    Inputs stored(DType type) {
      return new Inputs(x.stored(type), initial, weightS.stored(type), weightLast);
    }
  }

  abstract Inputs inputs();

  /** What the file expects, by its keys, in the device's order, for all copies. */
  abstract Map<String, double[]> stored();

  /** What the float64 reference gives, by the files' keys. */
  abstract Map<String, double[]> reference(Inputs in);

  /** What the device gives, by the files' keys. */
  abstract Map<String, double[]> onDevice(Inputs in, Device device);

  /** Compares what is computed in float32, with the tolerance of the file's format. */
  abstract void compare(Comparison comparison, String what, double[] actual, double[] expected);

  final void run(Device device, Comparison comparison) {
    String suffix = copies == 1 ? "" : " (%d copies)".formatted(copies);
    Map<String, double[]> stored = stored();
    Map<String, double[]> expected = stored;
    DType type = device.activationType();
    Inputs in = inputs();
    if (type.isHalf()) {
      Map<String, double[]> reference = reference(in);
      stored.forEach((key, v) -> comparison.proven(key + suffix, result(reference, key), v));
      in = in.stored(type);
      expected = reference(in);
      expected.keySet().retainAll(stored.keySet());
    }
    Map<String, double[]> actual = onDevice(in, device);
    expected.forEach(
        (key, values) -> {
          String what = key + suffix;
          if (key.equals("S")) {
            comparison.equal(what, result(actual, key), values);
          } else if (type.isHalf() && key.equals("grad_x")) {
            comparison.near(what, result(actual, key), values, Comparison.ROUNDED_ONCE);
          } else {
            compare(comparison, what, result(actual, key), values);
          }
        });
  }

  private static double[] result(Map<String, double[]> results, String key) {
    double[] values = results.get(key);
    if (values == null) {
      throw new MalformedCase("expect.%s: this neuron has no such result".formatted(key));
    }
    return values;
  }

  /** As the device holds a sequence: channels last, each step's samples copied. */
  final GoldenTensor sequence(GoldenTensor tensor) {
    return tensor.channelsLast(2).repeated(x.axis(0), copies);
  }

  /** As the device holds a state. */
  final GoldenTensor state(GoldenTensor tensor) {
    return tensor.channelsLast(1).repeated(1, copies);
  }

  static double dot(GoldenTensor weights, double[] values) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += weights.data()[i] * values[i];
    }
    return sum;
  }
}
