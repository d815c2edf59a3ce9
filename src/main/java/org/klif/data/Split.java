package org.klif.data;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * How a set is divided: one file {@code datasets/splits/NAME.yaml}, the same for everybody.
 *
 * @param division where training and test samples come from
 * @param testNumbers of {@link Division#FILE_NUMBERS}: which are for the test; else null
 * @param validation which training samples protocol B holds out
 */
public record Split(Division division, @Nullable Range testNumbers, Validation validation) {
  /** Where training and test samples come from. */
  public enum Division {
    /** The set's authors divided it. */
    OFFICIAL,
    /** The number in a file's name decides, for each class. */
    FILE_NUMBERS
  }

  /**
   * Every step-th number from first to last.
   *
   * @param first included
   * @param last included
   * @param step at least 1; null for 1
   */
  public record Range(int first, int last, @Nullable Integer step) {
    boolean holds(int number) {
      return number >= first && number <= last && (step == null || (number - first) % step == 0);
    }
  }

  /**
   * Every sample whose number within its class leaves one of the remainders.
   *
   * @param modulo divisor
   * @param remainders of the held-out samples
   */
  public record Validation(int modulo, List<Integer> remainders) {
    /** Checks that something is left on both sides. */
    public Validation {
      remainders = List.copyOf(remainders);
      boolean inside = remainders.stream().allMatch(r -> r >= 0 && r < modulo);
      if (!inside || remainders.isEmpty() || remainders.size() >= modulo) {
        throw new IllegalArgumentException("remainders %s of %d".formatted(remainders, modulo));
      }
    }
  }

  /** Checks that the parts fit each other. */
  public Split {
    if ((division == Division.FILE_NUMBERS) != (testNumbers != null) || validation == null) {
      throw new IllegalArgumentException("a division by file numbers needs testNumbers");
    }
  }

  /** The program's own split of a set. */
  static Split load(String name) {
    return Catalogue.parse("splits/" + name + ".yaml", Split.class);
  }

  /** True when the file of that number is for the test. */
  boolean isTest(int number) {
    return testNumbers != null && testNumbers.holds(number);
  }

  /**
   * Protocol B: the training samples without the held-out ones, and these as the part to look at
   * while training. The test samples are not touched.
   *
   * @param pair stays the owner's to close, which closing the result does
   */
  DatasetPair withoutTest(DatasetPair pair) {
    Dataset train = pair.train();
    int[] seen = new int[train.classes()];
    List<Integer> kept = new ArrayList<>();
    List<Integer> held = new ArrayList<>();
    for (int i = 0; i < train.size(); i++) {
      int number = seen[train.label(i)]++;
      (validation.remainders().contains(number % validation.modulo()) ? held : kept).add(i);
    }
    if (held.isEmpty()) {
      throw new KlifException(
          "%s has %d samples, too few for a validation part".formatted(train.name(), train.size()));
    }
    pair.test().close();
    return new DatasetPair(
        new Subset(train.name() + " without validation", train, kept),
        new Subset(train.name() + ", validation part", train, held));
  }
}
