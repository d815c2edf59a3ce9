package org.klif.nn;

import java.util.List;

/**
 * What the inputs of a layer with weights, or of an attention, were in a forward pass.
 *
 * @param notZero share of them that is not 0
 * @param one share of them that is exactly 1, as spikes are
 */
public record InputShares(double notZero, double one) {
  /** Counts values. */
  static InputShares of(float[] values, long count) {
    long notZero = 0;
    long ones = 0;
    for (float value : values) {
      notZero += value != 0 ? 1 : 0;
      ones += value == 1 ? 1 : 0;
    }
    return new InputShares((double) notZero / count, (double) ones / count);
  }

  /** The mean over activations that count alike. */
  static InputShares mean(List<Activation> activations) {
    InputShares sum = new InputShares(0, 0);
    for (Activation one : activations) {
      sum = sum.plus(of(one.buffer().toArray(), one.shape().elements()));
    }
    int count = activations.size();
    return new InputShares(sum.notZero / count, sum.one / count);
  }

  /** The sum of both, for a mean. */
  public InputShares plus(InputShares other) {
    return new InputShares(notZero + other.notZero, one + other.one);
  }
}
