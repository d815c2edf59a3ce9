package org.klif.api;

import java.util.Iterator;
import java.util.List;
import org.klif.data.Augmentation;
import org.klif.data.Batch;
import org.klif.data.BatchLoader;
import org.klif.data.Dataset;
import org.klif.data.Encoding;
import org.klif.data.Epoch;
import org.klif.data.Normalisation;
import org.klif.data.SampleShape;

/** A part of {@link LabelledData}: its samples in batches. */
public final class LabelledSet {
  private final LabelledData owner;
  private final Dataset data;
  private final Normalisation normalisation;
  private final Augmentation augmentation;

  LabelledSet(
      LabelledData owner, Dataset data, Normalisation normalisation, Augmentation augmentation) {
    this.owner = owner;
    this.data = data;
    this.normalisation = normalisation;
    this.augmentation = augmentation;
  }

  /** Number of samples. */
  public int size() {
    return data.size();
  }

  /** Number of classes. */
  public int classes() {
    return data.classes();
  }

  /** One name a class. */
  public List<String> classNames() {
    return data.classNames();
  }

  /** The class of a sample. */
  public int label(int sample) {
    return data.label(sample);
  }

  /**
   * One sample as the data has it: without normalisation and augmentation.
   *
   * @return (C, H, W), or (T, C, H, W) for frames
   */
  public float[] sample(int number) {
    float[] values = new float[data.shape().values()];
    data.read(number, values, 0);
    return values;
  }

  /**
   * The same samples, changed at random each time, as config.yaml's key {@code augmentation} does.
   *
   * @param text as in {@code crop(4) flip}
   */
  public LabelledSet augmented(String text) {
    return new LabelledSet(owner, data, normalisation, LabelledData.augmentation(text));
  }

  /**
   * All samples once, in an order that seed and epoch fix; a training run of the same seed takes
   * the same batches.
   *
   * @param size of a batch; the last one may be smaller
   * @param epoch from 1
   */
  public Iterable<LabelledBatch> batches(int size, long seed, int epoch) {
    if (size < 1) {
      throw new IllegalArgumentException("size: must be at least 1, not " + size);
    }
    int atMost = Math.min(size, data.size());
    return () -> new Batches(loader(atMost, seed, true), epoch);
  }

  /** In the set's own order, without augmentation. */
  Iterable<LabelledBatch> inOrder(int size) {
    LabelledSet plain = new LabelledSet(owner, data, normalisation, Augmentation.none());
    return () -> plain.new Batches(plain.loader(Math.min(size, data.size()), 0, false), 0);
  }

  private BatchLoader loader(int size, long seed, boolean shuffle) {
    return owner.keep(
        Misuse.asArgument(
            () ->
                new BatchLoader(
                    data, size, seed, shuffle, augmentation, normalisation, Encoding.DIRECT, 1)));
  }

  /** The batches of an epoch as copies of their own. */
  private final class Batches implements Iterator<LabelledBatch> {
    private final BatchLoader loader;
    private final Epoch epoch;

    Batches(BatchLoader loader, int epoch) {
      this.loader = loader;
      this.epoch = loader.epoch(epoch, 0);
    }

    @Override
    public boolean hasNext() {
      return epoch.hasNext();
    }

    @Override
    public LabelledBatch next() {
      Batch batch = epoch.next();
      SampleShape shape = data.shape();
      float[] images =
          Layouts.channelsFirst(
              batch.images(), batch.size() * shape.steps(), shape.channels(), pixels(shape));
      LabelledBatch copy = new LabelledBatch(images, batch.labels().clone());
      if (!epoch.hasNext()) {
        owner.done(loader);
      }
      return copy;
    }
  }

  private static int pixels(SampleShape shape) {
    return shape.height() * shape.width();
  }
}
