package org.klif.train;

import java.util.Map;
import java.util.TreeMap;

/**
 * What an epoch came to; nothing in it depends on time or machine.
 *
 * @param epoch counted from 1
 * @param trainLoss mean over the epoch's training samples, without the penalty on firing rates
 * @param trainAccuracy 0 to 1, counted while training
 * @param testLoss mean over the test samples
 * @param testAccuracy 0 to 1
 * @param learningRate of the epoch's first step
 * @param gradientNorm mean over the epoch's steps, before clipping
 * @param layers further columns of metrics.csv: k.LAYER, tau.LAYER, rate.LAYER, gradientNorm.LAYER,
 *     and ratePenalty (mean over the epoch's steps) where there is one
 */
public record EpochResult(
    int epoch,
    double trainLoss,
    double trainAccuracy,
    double testLoss,
    double testAccuracy,
    double learningRate,
    double gradientNorm,
    Map<String, Double> layers) {
  /** Sorts the columns, so that the same result has the same text. */
  public EpochResult {
    layers = layers == null ? Map.of() : new TreeMap<>(layers);
  }
}
