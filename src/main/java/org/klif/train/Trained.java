package org.klif.train;

import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint says of the training so far.
 *
 * @param epochs complete epochs
 * @param bestTestAccuracy 0 to 1
 * @param bestEpoch 0 before the first
 * @param last result of the last complete epoch, null before the first
 */
public record Trained(
    int epochs, double bestTestAccuracy, int bestEpoch, @Nullable EpochResult last) {}
