package org.klif.api;

/**
 * What an epoch of a {@link Training} came to.
 *
 * @param epoch from 1
 * @param trainLoss mean over the training samples
 * @param trainAccuracy 0 to 1, counted while training
 * @param testLoss mean over the test samples
 * @param testAccuracy 0 to 1
 * @param learningRate of the first step
 */
public record TrainedEpoch(
    int epoch,
    double trainLoss,
    double trainAccuracy,
    double testLoss,
    double testAccuracy,
    double learningRate) {}
