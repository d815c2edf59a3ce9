package org.klif.nn;

import com.google.common.base.Ascii;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.klif.UsageException;

/** First values of weights and biases; each parameter is drawn from the seed and its own name. */
public enum Initialisation {
  /** Weights normal with std = sqrt(2 / fan_in), biases 0. Keeps KLIF networks alive. */
  KAIMING_NORMAL,
  /** PyTorch's default: weights and biases uniform in +-1 / sqrt(fan_in). */
  PYTORCH,
  /** Weights uniform in +-sqrt(6 / (fan_in + fan_out)), biases 0. */
  XAVIER_UNIFORM;

  /** Name in configurations: kaiming-normal, pytorch, xavier-uniform. */
  public String token() {
    return Ascii.toLowerCase(name()).replace('_', '-');
  }

  /** The one of that name; an unknown one is a {@link UsageException} that lists the names. */
  public static Initialisation parse(String name) {
    for (Initialisation one : values()) {
      if (one.token().equals(name)) {
        return one;
      }
    }
    throw new UsageException(
        "unknown initialisation '%s'; known are %s"
            .formatted(
                name,
                Arrays.stream(values())
                    .map(Initialisation::token)
                    .collect(Collectors.joining(", "))));
  }

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
