package org.klif.data;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Sensor;

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
 *     debian:PACKAGE}; empty when the set is part of the program or {@link #manual}
 * @param files that make up the set as its authors publish it
 * @param samples how many the whole set has, or null when nothing is known of it
 * @param manual where a person gets the files, or null when the program can fetch them
 * @param caution a sentence about results on this set that is printed with each run, or null
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
    List<DataFile> files,
    @Nullable Samples samples,
    @Nullable Manual manual,
    @Nullable String caution) {
  /** How the files are read. */
  public enum Format {
    /** Gzipped IDX, as MNIST. */
    IDX,
    /** Gzipped CSV with a committed list of test samples. */
    DIGITS,
    /** CIFAR-10's binary records, see {@link CifarReader}. */
    CIFAR,
    /** CIFAR-100's, with two labels each. */
    CIFAR100,
    /** Images in folders {@code train/CLASS} and {@code test/CLASS}. */
    IMAGE_FOLDERS,
    /** Events in folders {@code Train/CLASS} and {@code Test/CLASS}, 5 bytes each. */
    NMNIST,
    /** One folder of N-MNIST's recordings a class; a committed split divides them. */
    NCALTECH101,
    /** One folder of AEDAT 2.0 recordings a class; a committed split divides them. */
    CIFAR10_DVS,
    /** AEDAT 3.1 recordings of several gestures each, with their times in CSV files. */
    DVS128_GESTURE,
    /** Spike trains in HDF5 files NAME_train.h5 and NAME_test.h5, many recordings each. */
    SPIKE_TRAINS;

    /** True when samples are recordings of events, which become T frames. */
    public boolean events() {
      return this == NMNIST || numbered() || this == DVS128_GESTURE || this == SPIKE_TRAINS;
    }

    /** True when the numbers in the files' names say which samples are for the test. */
    boolean numbered() {
      return this == NCALTECH101 || this == CIFAR10_DVS;
    }

    /** The ending of a recording's name; "" for images. */
    String ending() {
      return switch (this) {
        case NMNIST, NCALTECH101 -> ".bin";
        case CIFAR10_DVS, DVS128_GESTURE -> ".aedat";
        case SPIKE_TRAINS -> ".h5";
        default -> "";
      };
    }
  }

  /**
   * Samples of the whole set, as its authors give them.
   *
   * @param train to train on
   * @param test for evaluation
   * @param trainPerClass those to train on of each class; empty when that is not known
   * @param testPerClass those for evaluation of each class, likewise
   */
  public record Samples(
      int train,
      int test,
      @Nullable List<Integer> trainPerClass,
      @Nullable List<Integer> testPerClass) {
    /** Copies the lists and checks that they add up. */
    public Samples {
      trainPerClass = trainPerClass == null ? List.of() : List.copyOf(trainPerClass);
      testPerClass = testPerClass == null ? List.of() : List.copyOf(testPerClass);
      requireSum(train, trainPerClass);
      requireSum(test, testPerClass);
    }

    private static void requireSum(int samples, List<Integer> perClass) {
      int sum = perClass.stream().mapToInt(Integer::intValue).sum();
      if (!perClass.isEmpty() && sum != samples) {
        throw new IllegalArgumentException(
            "%d samples, but %d in all classes together".formatted(samples, sum));
      }
    }
  }

  /**
   * How a person gets files that a site gives to nobody else.
   *
   * @param page to open in a browser
   * @param steps what to do there, in order
   */
  public record Manual(String page, List<String> steps) {
    /** Copies the list. */
    public Manual {
      Objects.requireNonNull(page, "page");
      steps = List.copyOf(steps);
    }
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
    if (classNames.size() < 2 || classNames.size() > 256) {
      throw new IllegalArgumentException(name + " needs 2..256 classes");
    }
    if (files.isEmpty() && manual == null) {
      throw new IllegalArgumentException(name + " needs at least one file or instructions");
    }
  }

  /** What the events of its recordings are on. */
  Sensor sensor() {
    return new Sensor(shape.channels(), shape.height(), shape.width());
  }

  /**
   * With samples as recordings give them that are filtered and made into frames so; a set of static
   * images stays as it is.
   *
   * @throws UsageException when a sample would be larger than an array
   */
  public CatalogueEntry withFrames(FrameRule rule, EventFilter filter) {
    if (shape.isStatic()) {
      return this;
    }
    Sensor frame = rule.frame(filter.left(sensor()));
    SampleShape sample;
    try {
      sample =
          SampleShape.sequence(rule.steps(), frame.polarities(), frame.height(), frame.width());
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "frames \"%s\": %s; fewer or smaller frames help".formatted(rule, e.getMessage()));
    }
    return new CatalogueEntry(
        name,
        title,
        homepage,
        licence,
        citation,
        format,
        sample,
        classNames,
        normalisation,
        sources,
        files,
        samples,
        manual,
        caution);
  }

  /** True when the data is part of the program and never fetched. */
  public boolean embedded() {
    return sources.isEmpty() && manual == null;
  }

  /** The file of that role. */
  DataFile file(DataFile.Role role) {
    return files.stream()
        .filter(file -> file.role() == role)
        .findFirst()
        .orElseThrow(() -> new KlifException("datasets/" + name + ".yaml has no file " + role));
  }
}
