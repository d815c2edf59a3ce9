package org.klif.api;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;
import org.klif.UsageException;

/** Wrong arguments, as a library says it. */
final class Misuse {
  /** What the inner packages call wrong usage is a wrong argument here. */
  static <T> T asArgument(Supplier<T> work) {
    try {
      return work.get();
    } catch (UsageException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  static void requireLength(String argument, float[] values, long expected, String shape) {
    if (values.length != expected) {
      throw new IllegalArgumentException(
          "%s: has %d values, not %d, which is %s"
              .formatted(argument, values.length, expected, shape));
    }
  }

  static void requireLabels(String argument, int[] labels, int classes) {
    if (labels.length == 0) {
      throw new IllegalArgumentException(argument + ": there is none");
    }
    int wrong = Arrays.stream(labels).filter(l -> l < 0 || l >= classes).findFirst().orElse(0);
    if (wrong != 0) {
      throw new IllegalArgumentException(
          "%s: must be from 0 to %d, not %d".formatted(argument, classes - 1, wrong));
    }
  }

  /** What a map holds under a name. */
  static <T> T named(String argument, Map<String, T> map, String name) {
    T found = map.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "%s: there is no '%s'; there are %s"
              .formatted(argument, name, String.join(", ", map.keySet())));
    }
    return found;
  }

  private Misuse() {}
}
