package org.klif.train;

import java.util.List;
import java.util.Map;

/**
 * What a network does on a whole part of a data set.
 *
 * @param samples their number
 * @param loss mean over the samples
 * @param accuracy 0 to 1
 * @param confusion samples by true class (row) and predicted class (column)
 * @param rates mean spikes per neuron-step, by neuron layer
 * @param imagesPerSecond samples over the time it took
 */
public record Evaluation(
    int samples,
    double loss,
    double accuracy,
    List<List<Integer>> confusion,
    Map<String, Double> rates,
    double imagesPerSecond) {}
