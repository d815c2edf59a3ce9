package org.klif.api;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.klif.data.Augmentation;
import org.klif.data.BatchLoader;
import org.klif.data.CatalogueEntry;
import org.klif.data.DataStore;
import org.klif.data.Dataset;
import org.klif.data.DatasetPair;
import org.klif.data.Normalisation;
import org.klif.data.SampleShape;
import org.klif.data.frames.FrameRule;

/** Samples with their classes: those to train on, and those to test with. */
public final class LabelledData implements AutoCloseable {
  private final DatasetPair pair;
  private final List<BatchLoader> loaders = new ArrayList<>();
  private final LabelledSet train;
  private final LabelledSet test;

  private LabelledData(DatasetPair pair, Normalisation normalisation) {
    this.pair = pair;
    this.train = new LabelledSet(this, pair.train(), normalisation, Augmentation.none());
    this.test = new LabelledSet(this, pair.test(), normalisation, Augmentation.none());
  }

  /**
   * A set of images that {@code klif data list} names, from where {@code klif data get} put it. The
   * digits are part of the program. Batches of it are normalised.
   *
   * @throws org.klif.KlifException when files are missing, saying what to put where, or damaged
   */
  public static LabelledData load(String name) {
    return load(name, null, 0);
  }

  /**
   * The same from a folder with the set's own files, or its parent.
   *
   * @throws org.klif.KlifException as {@link #load(String)}
   */
  public static LabelledData load(String name, Path folder) {
    return load(name, folder, 0);
  }

  /**
   * The same of recordings of events, whose events are counted into T frames.
   *
   * @param folder with the set's own files, or its parent; null for where klif data get put it
   * @param steps T; 0 for the set's usual number, and of no meaning for images
   * @throws org.klif.KlifException as {@link #load(String)}
   */
  public static LabelledData load(String name, @Nullable Path folder, int steps) {
    return Misuse.asArgument(
        () -> {
          DataStore store = DataStore.open(Optional.ofNullable(folder));
          CatalogueEntry entry = store.entry(name);
          FrameRule rule = FrameRule.byCount(steps == 0 ? entry.shape().steps() : steps);
          return new LabelledData(store.load(name, rule), entry.normalisation());
        });
  }

  /**
   * Images of one's own in memory, which are not copied.
   *
   * @param trainImages (N, C, H, W)
   * @param trainLabels N
   * @param testImages likewise
   * @param testLabels likewise
   * @param classes labels are 0 to classes - 1
   */
  public static LabelledData of(
      float[] trainImages,
      int[] trainLabels,
      float[] testImages,
      int[] testLabels,
      int channels,
      int height,
      int width,
      int classes) {
    SampleShape shape = SampleShape.image(channels, height, width);
    require("train", trainImages, trainLabels, shape, classes);
    require("test", testImages, testLabels, shape, classes);
    return of(
        inMemory(trainImages, trainLabels, shape),
        inMemory(testImages, testLabels, shape),
        channels,
        height,
        width,
        classes);
  }

  private static void require(
      String part, float[] images, int[] labels, SampleShape shape, int classes) {
    Misuse.requireLabels(part + "Labels", labels, classes);
    Misuse.requireLength(
        part + "Images",
        images,
        (long) labels.length * shape.values(),
        "%d labels of %s".formatted(labels.length, shape));
  }

  private static Samples inMemory(float[] images, int[] labels, SampleShape shape) {
    return new Samples() {
      @Override
      public int size() {
        return labels.length;
      }

      @Override
      public int label(int sample) {
        return labels[sample];
      }

      @Override
      public void read(int sample, float[] target, int offset) {
        System.arraycopy(images, sample * shape.values(), target, offset, shape.values());
      }
    };
  }

  /**
   * Images of one's own, read as they are needed.
   *
   * @param classes labels are 0 to classes - 1
   */
  public static LabelledData of(
      Samples train, Samples test, int channels, int height, int width, int classes) {
    SampleShape shape = SampleShape.image(channels, height, width);
    if (classes < 2) {
      throw new IllegalArgumentException("classes: must be at least 2, not " + classes);
    }
    return new LabelledData(
        new DatasetPair(
            new OwnSamples("train", train, shape, classes),
            new OwnSamples("test", test, shape, classes)),
        Normalisation.NONE);
  }

  /** A program's samples as the loader takes them. */
  private record OwnSamples(
      String name, Samples samples, SampleShape shape, List<String> classNames) implements Dataset {
    OwnSamples(String name, Samples samples, SampleShape shape, int classes) {
      this(name, samples, shape, IntStream.range(0, classes).mapToObj(Integer::toString).toList());
      if (samples.size() < 1) {
        throw new IllegalArgumentException(name + ": has no samples");
      }
    }

    @Override
    public int size() {
      return samples.size();
    }

    @Override
    public int label(int i) {
      return samples.label(i);
    }

    @Override
    public void read(int i, float[] destination, int offset) {
      samples.read(i, destination, offset);
    }

    @Override
    public void close() {
      // files behind it are the program's
    }
  }

  /** Those to train on. */
  public LabelledSet train() {
    return train;
  }

  /** Those to test with. */
  public LabelledSet test() {
    return test;
  }

  /** Kept to be closed with the data. */
  synchronized BatchLoader keep(BatchLoader loader) {
    loaders.add(loader);
    return loader;
  }

  synchronized void done(BatchLoader loader) {
    loaders.remove(loader);
    loader.close();
  }

  @Override
  public synchronized void close() {
    loaders.forEach(BatchLoader::close);
    loaders.clear();
    pair.close();
  }

  static Augmentation augmentation(String text) {
    return Misuse.asArgument(() -> Augmentation.parse(text));
  }
}
