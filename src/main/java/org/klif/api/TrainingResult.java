package org.klif.api;

import java.nio.file.Path;

/**
 * What a run came to.
 *
 * @param folder of the run, with config.yaml, metrics.csv and checkpoints
 * @param interrupted stopped on request, with a checkpoint
 * @param epochs complete ones
 * @param testAccuracy of the last epoch, 0 to 1; NaN ahead of the first
 * @param bestTestAccuracy over all epochs
 * @param bestEpoch its number, 0 ahead of the first
 */
public record TrainingResult(
    Path folder,
    boolean interrupted,
    int epochs,
    double testAccuracy,
    double bestTestAccuracy,
    int bestEpoch) {}
