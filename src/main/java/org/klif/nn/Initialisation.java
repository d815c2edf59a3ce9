package org.klif.nn;

/** First values of weights and biases; each parameter is drawn from the seed and its own name. */
public enum Initialisation {
  /** Weights normal with std = sqrt(2 / fan_in), biases 0. Keeps KLIF networks alive. */
  KAIMING_NORMAL,
  /** PyTorch's default: weights and biases uniform in +-1 / sqrt(fan_in). */
  PYTORCH,
  /** Weights uniform in +-sqrt(6 / (fan_in + fan_out)), biases 0. */
  XAVIER_UNIFORM;

  float[] weights(int size, long fanIn, long fanOut, ParameterRandom random) {
    return switch (this) {
      case KAIMING_NORMAL -> random.normal(size, Math.sqrt(2.0 / fanIn));
      case PYTORCH -> random.uniform(size, 1 / Math.sqrt((double) fanIn));
      case XAVIER_UNIFORM -> random.uniform(size, Math.sqrt(6.0 / (double) (fanIn + fanOut)));
    };
  }

  float[] biases(int size, long fanIn, ParameterRandom random) {
    return this == PYTORCH ? random.uniform(size, 1 / Math.sqrt((double) fanIn)) : new float[size];
  }
}
