package org.klif.data;

import java.util.Objects;

/**
 * The training and the test part of one data set. Both have the same sample shape and the same
 * classes.
 *
 * @param train samples to train on
 * @param test samples kept for evaluation
 */
public record DatasetPair(Dataset train, Dataset test) implements AutoCloseable {
  /** Checks that the two parts belong together. */
  public DatasetPair {
    Objects.requireNonNull(train);
    Objects.requireNonNull(test);
    if (!train.shape().equals(test.shape()) || train.classes() != test.classes()) {
      throw new IllegalArgumentException(
          "%s (%s, %d classes) and %s (%s, %d classes) do not belong together"
              .formatted(
                  train.name(),
                  train.shape(),
                  train.classes(),
                  test.name(),
                  test.shape(),
                  test.classes()));
    }
  }

  @Override
  public void close() {
    try (train) {
      test.close();
    }
  }
}
