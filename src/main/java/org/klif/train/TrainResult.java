package org.klif.train;

import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.klif.run.RunFolder;

/**
 * What a run came to.
 *
 * @param folder of the run
 * @param interrupted stopped on request, with a checkpoint
 * @param epochs complete ones
 * @param last result of the last complete epoch, null before the first
 * @param bestTestAccuracy over all epochs
 * @param bestEpoch its number
 * @param secondsPerEpoch median, without evaluation
 * @param imagesPerSecond median, while training
 * @param peakResidentBytes of this process, where the system tells it
 */
public record TrainResult(
    RunFolder folder,
    boolean interrupted,
    int epochs,
    @Nullable EpochResult last,
    double bestTestAccuracy,
    int bestEpoch,
    OptionalDouble secondsPerEpoch,
    OptionalDouble imagesPerSecond,
    OptionalLong peakResidentBytes) {}
