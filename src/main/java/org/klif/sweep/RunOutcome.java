package org.klif.sweep;

import java.nio.file.Path;
import java.util.OptionalDouble;
import org.klif.KlifException;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;

/**
 * What a run came to after some epochs, read from its metrics.csv. All but the last two values are
 * the same to the bit however often the run was interrupted.
 *
 * @param epochs complete ones
 * @param trainLoss of the last of them
 * @param trainAccuracy of the last of them, 0 to 1
 * @param testLoss of the last of them
 * @param testAccuracy of the last of them, 0 to 1
 * @param bestTestAccuracy over all of them
 * @param bestEpoch the epoch with the best test accuracy; of several the one with the lowest loss
 *     on the test samples, of these the first
 * @param secondsPerEpoch median, training without evaluation; empty when no epoch was trained in
 *     one go
 * @param imagesPerSecond median, while training
 */
public record RunOutcome(
    int epochs,
    double trainLoss,
    double trainAccuracy,
    double testLoss,
    double testAccuracy,
    double bestTestAccuracy,
    int bestEpoch,
    OptionalDouble secondsPerEpoch,
    OptionalDouble imagesPerSecond) {

  /**
   * Reads the whole run.
   *
   * @throws KlifException when metrics.csv is missing, malformed or has no epoch
   */
  public static RunOutcome read(Path folder) {
    return read(folder, Integer.MAX_VALUE);
  }

  /**
   * Reads what the run had come to after an epoch, or at its end when that is earlier.
   *
   * @throws KlifException when metrics.csv is missing, malformed or has no epoch
   */
  public static RunOutcome read(Path folder, int lastEpoch) {
    Path file = new RunFolder(folder).metrics();
    RunMetrics metrics = RunMetrics.read(file);
    int rows = 0;
    double[] epochs = metrics.column("epoch");
    while (rows < epochs.length && epochs[rows] <= lastEpoch) {
      rows++;
    }
    if (rows == 0) {
      throw new KlifException(file + " has no complete epoch");
    }
    double[] accuracy = metrics.column("testAccuracy");
    double[] loss = metrics.column("testLoss");
    int best = 0;
    for (int row = 1; row < rows; row++) {
      boolean lower = accuracy[row] == accuracy[best] && loss[row] < loss[best];
      best = accuracy[row] > accuracy[best] || lower ? row : best;
    }
    int last = rows - 1;
    return new RunOutcome(
        (int) epochs[last],
        metrics.column("trainLoss")[last],
        metrics.column("trainAccuracy")[last],
        loss[last],
        accuracy[last],
        accuracy[best],
        (int) epochs[best],
        metrics.median("seconds", rows),
        metrics.median("imagesPerSecond", rows));
  }
}
