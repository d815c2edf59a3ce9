package org.klif.sweep;

import java.util.ArrayList;
import java.util.List;
import org.klif.config.Nearest;
import org.klif.io.YamlNode;

/**
 * Successive halving: all runs train for a few epochs, the best part of them goes on from its
 * checkpoints for a multiple of these, and so on (Jamieson and Talwalkar, AISTATS 2016). Runs that
 * differ in their seed alone stay together and are judged by their mean.
 *
 * @param metric by which runs are judged
 * @param factor one of so many goes on, for so many times the epochs
 * @param firstEpochs of all runs
 */
public record Halving(Metric metric, int factor, int firstEpochs) {
  /** What a run can be judged by, after its last epoch so far. */
  public enum Metric {
    /** Accuracy on the test samples; with split=validation on those held out. */
    TEST_ACCURACY("testAccuracy", true),
    /** Loss on them. */
    TEST_LOSS("testLoss", false),
    /** Best accuracy on them so far. */
    BEST_TEST_ACCURACY("bestTestAccuracy", true),
    /** Accuracy on the training samples. */
    TRAIN_ACCURACY("trainAccuracy", true),
    /** Loss on them. */
    TRAIN_LOSS("trainLoss", false);

    /** Its name in a sweep file. */
    private final String token;

    private final boolean high;

    Metric(String token, boolean high) {
      this.token = token;
      this.high = high;
    }

    /** Its value, turned so that more is better. */
    double merit(RunOutcome outcome) {
      double value =
          switch (this) {
            case TEST_ACCURACY -> outcome.testAccuracy();
            case TEST_LOSS -> outcome.testLoss();
            case BEST_TEST_ACCURACY -> outcome.bestTestAccuracy();
            case TRAIN_ACCURACY -> outcome.trainAccuracy();
            case TRAIN_LOSS -> outcome.trainLoss();
          };
      return high ? value : -value;
    }

    /** The metric of a name in a file. */
    static Metric of(YamlNode.Scalar name) {
      List<String> tokens = new ArrayList<>();
      for (Metric metric : values()) {
        if (metric.token.equals(name.text())) {
          return metric;
        }
        tokens.add(metric.token);
      }
      throw name.error(
          "metric '%s' is unknown%s; known are %s"
              .formatted(
                  name.text(), Nearest.suggestion(name.text(), tokens), String.join(", ", tokens)));
    }
  }

  /** Checks the numbers. */
  public Halving {
    if (factor < 2 || firstEpochs < 1) {
      throw new IllegalArgumentException("factor %d, first %d".formatted(factor, firstEpochs));
    }
  }

  /** The epochs after which runs are judged, below those of the longest run. */
  List<Integer> rungs(int epochs) {
    List<Integer> rungs = new ArrayList<>();
    for (long rung = firstEpochs; rung < epochs; rung *= factor) {
      rungs.add((int) rung);
    }
    return rungs;
  }

  /** How many of so many go on. */
  int survivors(int number) {
    return Math.max(1, number / factor);
  }
}
