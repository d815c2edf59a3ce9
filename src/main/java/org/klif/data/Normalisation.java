package org.klif.data;

import java.util.List;

/**
 * Brings values to about zero mean and unit deviation: (x - mean) / std, for each channel.
 *
 * @param mean of each channel, or one for all channels, or empty: values stay 0..1
 * @param std standard deviation, as many as means
 */
public record Normalisation(List<Double> mean, List<Double> std) {
  /** Leaves values as they are. */
  public static final Normalisation NONE = new Normalisation(List.of(), List.of());

  /** Checks that the lists fit each other and that deviations are positive. */
  public Normalisation {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (mean.size() != std.size()) {
      throw new IllegalArgumentException(mean.size() + " means, but " + std.size() + " deviations");
    }
    for (int c = 0; c < mean.size(); c++) {
      if (!Double.isFinite(mean.get(c)) || !(std.get(c) > 0) || std.get(c).isInfinite()) {
        throw new IllegalArgumentException("mean must be finite and std positive: " + mean + std);
      }
    }
  }

  /** One mean and deviation for all channels. */
  public static Normalisation of(double mean, double std) {
    return new Normalisation(List.of(mean), List.of(std));
  }

  /** True when values stay as they are. */
  public boolean isNone() {
    return mean.isEmpty();
  }

  /** The normalised value of {@code x} in channel {@code c}. */
  public float apply(float x, int c) {
    return x * scale(c) + shift(c);
  }

  /** a of y = a*x + b, for channel {@code c}. */
  float scale(int c) {
    return isNone() ? 1 : (float) (1 / std.get(index(c)));
  }

  /** b of y = a*x + b, for channel {@code c}. */
  float shift(int c) {
    return isNone() ? 0 : (float) (-mean.get(index(c)) / std.get(index(c)));
  }

  /** Checks that this can be applied to images of so many channels. */
  public void requireChannels(int channels) {
    if (mean.size() > 1 && mean.size() != channels) {
      throw new IllegalArgumentException(
          "normalisation of %d channels for images of %d".formatted(mean.size(), channels));
    }
  }

  private int index(int c) {
    return mean.size() == 1 ? 0 : c;
  }
}
