package org.klif.data;

import com.google.common.base.Ascii;
import com.google.common.base.Splitter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a file's path says of a sample: {@code .../Train/3/00042.bin}.
 *
 * @param test true under a folder named test, in any case
 * @param label index of the folder's name among the classes
 * @param file its own name
 */
record SamplePath(boolean test, int label, String file) implements Comparable<SamplePath> {
  /** By part, then by name, then by class: the order does not depend on a file system. */
  private static final Comparator<SamplePath> ORDER =
      Comparator.comparing(SamplePath::test)
          .thenComparing(SamplePath::file)
          .thenComparingInt(SamplePath::label);

  /**
   * Reads a path.
   *
   * @param path within a folder or an archive, with slashes
   * @param endings of samples' names
   * @return null when it is not that of a sample
   */
  static @Nullable SamplePath parse(String path, List<String> classNames, String... endings) {
    List<String> parts = Splitter.on('/').splitToList(path);
    int last = parts.size() - 1;
    if (last < 2
        || Arrays.stream(endings).noneMatch(Ascii.toLowerCase(parts.get(last))::endsWith)) {
      return null;
    }
    String part = Ascii.toLowerCase(parts.get(last - 2));
    int label = classNames.indexOf(parts.get(last - 1));
    boolean test = part.equals("test");
    // files that start with a dot are what other systems put beside a sample
    boolean sample =
        label >= 0 && (test || part.equals("train")) && !parts.get(last).startsWith(".");
    return sample ? new SamplePath(test, label, parts.get(last)) : null;
  }

  @Override
  public int compareTo(SamplePath other) {
    return ORDER.compare(this, other);
  }
}
