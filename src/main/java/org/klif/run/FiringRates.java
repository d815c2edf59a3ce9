package org.klif.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;

/**
 * How the neurons of a layer share its spikes: a histogram of their firing rates, each neuron's
 * being its spikes over the steps of all samples looked at.
 *
 * @param layer its name
 * @param samples looked at
 * @param steps T
 * @param silent neurons that never fired; they are also in the first bin
 * @param neurons by rate, in {@link #BINS} bins of equal width from 0 to 1; a bin holds its lower
 *     end, the last one also 1
 * @param mean rate over all neurons
 */
public record FiringRates(
    @JsonProperty(required = true) String layer,
    @JsonProperty(required = true) int samples,
    @JsonProperty(required = true) int steps,
    @JsonProperty(required = true) int silent,
    @JsonProperty(required = true) List<Integer> neurons,
    @JsonProperty(required = true) double mean) {
  /** Number of bins. */
  public static final int BINS = 20;

  /** Checks the counts. */
  public FiringRates {
    neurons = neurons == null ? List.of() : List.copyOf(neurons);
    if (layer == null || neurons.size() != BINS || neurons.stream().anyMatch(n -> n < 0)) {
      throw new IllegalArgumentException(
          "firing rates of layer %s need %d counts of neurons".formatted(layer, BINS));
    }
    if (samples < 1 || steps < 1 || silent < 0 || silent > neurons.get(0)) {
      throw new IllegalArgumentException(
          "firing rates of layer %s: samples, steps or silent neurons are not sound"
              .formatted(layer));
    }
  }

  /**
   * Counts neurons.
   *
   * @param fired spikes of each neuron, over all steps of all samples
   */
  public static FiringRates of(String layer, int samples, int steps, int[] fired) {
    int[] bins = new int[BINS];
    long most = (long) samples * steps;
    long sum = 0;
    for (int count : fired) {
      bins[(int) Math.min(BINS - 1, count * (long) BINS / most)]++;
      sum += count;
    }
    int silent = (int) Arrays.stream(fired).filter(count -> count == 0).count();
    double mean = fired.length == 0 ? 0 : (double) sum / most / fired.length;
    return new FiringRates(
        layer, samples, steps, silent, Arrays.stream(bins).boxed().toList(), mean);
  }

  /** All neurons of the layer. */
  public int size() {
    return neurons.stream().mapToInt(Integer::intValue).sum();
  }
}
