package org.klif.train;

import java.util.function.BooleanSupplier;
import org.klif.UsageException;

/**
 * When training stops ahead of its end, with a checkpoint from which it can go on. The schedule is
 * that of all epochs either way.
 *
 * @param lastEpoch training stops once so many epochs are complete
 * @param requested asked after each step and test batch; when true, training stops there
 */
public record StopRule(int lastEpoch, BooleanSupplier requested) {
  /** Checks the epoch. */
  public StopRule {
    if (lastEpoch < 1) {
      throw new UsageException("the epoch to stop after must be at least 1, not " + lastEpoch);
    }
  }

  /** Stops on request only. */
  public static StopRule when(BooleanSupplier requested) {
    return new StopRule(Integer.MAX_VALUE, requested);
  }
}
