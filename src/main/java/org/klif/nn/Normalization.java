package org.klif.nn;

import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.tensor.ActivationShape;

/**
 * Parameters and statistics of one batch norm over C channels, alone or fused with a neuron.
 *
 * @param scratch what one pass leaves for the next: mean, invStd, scale, shift, and 2 C sums
 */
record Normalization(
    int channels,
    double eps,
    double momentum,
    Parameter weight,
    Parameter bias,
    Buffer runningMean,
    Buffer runningVar,
    Buffer scratch) {

  /** Elements of scratch: six regions, each starting at a multiple of 16. */
  static long scratchSize(int channels) {
    return 6 * ParameterStore.padded(channels);
  }

  /** The layer's, e.g. {@code 1.bn}. */
  String name() {
    return weight.name().substring(0, weight.name().lastIndexOf('.'));
  }

  BatchNorm.State state() {
    return new BatchNorm.State(
        weight.buffer(),
        bias.buffer(),
        runningMean,
        runningVar,
        region(0),
        region(1),
        region(2),
        region(3));
  }

  /** 2 C elements. */
  Buffer sums() {
    return scratch.view(4 * ParameterStore.padded(channels), 2L * channels);
  }

  private Buffer region(int index) {
    return scratch.view(index * ParameterStore.padded(channels), channels);
  }

  /** The operation for an input of that shape. */
  BatchNorm.Spec spec(ActivationShape input) {
    long rows = (long) input.images() * input.height() * input.width();
    return new BatchNorm.Spec(rows, channels, input.constant() ? input.steps() : 1, eps, momentum);
  }
}
