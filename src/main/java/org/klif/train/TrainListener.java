package org.klif.train;

import java.util.Locale;
import org.klif.data.cache.CacheNotes;
import org.klif.data.cache.CacheProgress;

/** Is told how a training run goes; called from the thread that trains. */
public interface TrainListener {
  /**
   * How far training is.
   *
   * @param epoch counted from 1
   * @param epochs of the run
   * @param batch steps done in this epoch
   * @param batches steps in an epoch
   * @param loss mean over the epoch's samples so far
   * @param accuracy 0 to 1, over the epoch's samples so far
   * @param samplesPerSecond while training, in this epoch
   * @param secondsLeft until the end of the run, by the speed so far
   */
  record Progress(
      int epoch,
      int epochs,
      int batch,
      int batches,
      double loss,
      double accuracy,
      double samplesPerSecond,
      double secondsLeft) {}

  /** Ignores it all. */
  TrainListener NONE = new TrainListener() {};

  /** One line for people: what is trained on what, where a run goes on, what was written. */
  default void note(String line) {}

  /** Something is wrong, but training goes on. */
  default void warn(String line) {}

  /** Is told how recordings of events become frames ahead of the first step; otherwise lines. */
  default CacheProgress frames() {
    return new CacheNotes(this::note);
  }

  /** A step is done; called often. */
  default void step(Progress progress) {}

  /** An epoch is complete: tested, saved and written down. */
  default void epoch(Progress progress, EpochResult result, boolean best) {}

  /** One line an epoch. */
  static String line(Progress progress, EpochResult result, boolean best) {
    return String.format(
        Locale.ROOT,
        "epoch %d/%d  loss %.4f  accuracy %.2f %%  test loss %.4f  test accuracy %.2f %%%s"
            + "  %,.0f samples/s",
        result.epoch(),
        progress.epochs(),
        result.trainLoss(),
        100 * result.trainAccuracy(),
        result.testLoss(),
        100 * result.testAccuracy(),
        best ? " (best)" : "",
        progress.samplesPerSecond());
  }
}
