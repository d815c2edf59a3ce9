package org.klif.reproduce;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * An accuracy that somebody published.
 *
 * @param data name of the data set
 * @param neuron klif, lif, plif or if
 * @param steps T (key T)
 * @param protocol of the figure; A also where the source does not say
 * @param percent test accuracy
 * @param source who gives it, and how it is known here
 */
record PublishedFigure(
    String data,
    String neuron,
    @JsonProperty("T") int steps,
    Protocol protocol,
    double percent,
    String source) {
  PublishedFigure {
    if (data == null || neuron == null || protocol == null) {
      throw new IllegalArgumentException("needs data, neuron and protocol");
    }
    if (steps < 1 || !(percent > 0 && percent <= 100)) {
      throw new IllegalArgumentException("needs a T, and a percent above 0 and up to 100");
    }
    if (source == null || source.isBlank()) {
      throw new IllegalArgumentException("needs its source");
    }
  }
}
