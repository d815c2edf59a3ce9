package org.klif.data;

import com.google.common.primitives.Bytes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.klif.KlifException;

/**
 * Collects samples in any order and gives both parts back in the order of their paths, so that a
 * folder and an archive of it are the same data set.
 */
final class LabelledSamples<T> {
  private final List<String> classNames;
  private final SortedMap<SamplePath, T> samples = new TreeMap<>();

  /** Makes a part from its samples and their labels. */
  interface Part<T> {
    /** The data set of that name. */
    Dataset make(String name, List<T> samples, byte[] labels);
  }

  /** Labels are indices of these names. */
  LabelledSamples(List<String> classNames) {
    this.classNames = classNames;
  }

  /** Adds a sample; a path that came before is refused. */
  void add(SamplePath path, T sample) {
    if (samples.putIfAbsent(path, sample) != null) {
      throw new KlifException(
          "sample %s of class %s is there twice: name the folder of one copy"
              .formatted(path.file(), classNames.get(path.label())));
    }
  }

  /**
   * Both parts.
   *
   * @throws KlifException when one of them has no samples
   */
  DatasetPair pair(String name, Path source, Part<T> maker) {
    return new DatasetPair(
        part(name + " train", source, false, maker), part(name + " test", source, true, maker));
  }

  private Dataset part(String name, Path source, boolean test, Part<T> maker) {
    List<T> chosen = new ArrayList<>();
    List<Integer> classes = new ArrayList<>();
    samples.forEach(
        (path, sample) -> {
          if (path.test() == test) {
            chosen.add(sample);
            classes.add(path.label());
          }
        });
    if (chosen.isEmpty()) {
      throw new KlifException("%s: %s holds no samples".formatted(name, source));
    }
    return maker.make(name, chosen, Bytes.toArray(classes));
  }
}
