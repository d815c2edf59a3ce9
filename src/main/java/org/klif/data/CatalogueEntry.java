package org.klif.data;

import java.util.List;
import java.util.Objects;
import org.klif.KlifException;

/**
 * What the catalogue says of one data set: one file {@code datasets/NAME.yaml}.
 *
 * @param name as in commands
 * @param title for people
 * @param homepage where the set is described
 * @param licence under which its authors give it
 * @param citation to print beside results
 * @param format of the files
 * @param shape of a sample
 * @param classNames one name per class
 * @param normalisation for the loader
 * @param sources of the files, tried in order: {@code http://} or {@code https://} folders, {@code
 *     debian:PACKAGE}; empty when the set is part of the program
 * @param files that make up the set
 */
public record CatalogueEntry(
    String name,
    String title,
    String homepage,
    String licence,
    String citation,
    Format format,
    SampleShape shape,
    List<String> classNames,
    Normalisation normalisation,
    List<String> sources,
    List<DataFile> files) {
  /** How the files are read. */
  public enum Format {
    /** Gzipped IDX, as MNIST. */
    IDX,
    /** Gzipped CSV with a committed list of test samples. */
    DIGITS
  }

  /** Checks that everything is given. */
  public CatalogueEntry {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(homepage, "homepage");
    Objects.requireNonNull(licence, "licence");
    Objects.requireNonNull(citation, "citation");
    Objects.requireNonNull(format, "format");
    classNames = List.copyOf(classNames);
    sources = List.copyOf(sources);
    files = List.copyOf(files);
    normalisation.requireChannels(shape.channels());
    if (classNames.size() < 2 || classNames.size() > 256 || files.isEmpty()) {
      throw new IllegalArgumentException(name + " needs 2..256 classes and at least one file");
    }
  }

  /** True when the data is part of the program and never fetched. */
  public boolean embedded() {
    return sources.isEmpty();
  }

  /** The file of that role. */
  DataFile file(DataFile.Role role) {
    return files.stream()
        .filter(file -> file.role() == role)
        .findFirst()
        .orElseThrow(() -> new KlifException("datasets/" + name + ".yaml has no file " + role));
  }
}
