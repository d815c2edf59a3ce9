package org.klif.data;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.klif.UsageException;
import org.klif.data.frames.EventAugmentation;
import org.klif.data.frames.RecordedSamples;
import org.klif.data.random.SampleRandom;
import org.klif.shard.Parts;

/**
 * Turns a data set into batches, a few of them ahead of the consumer in daemon threads.
 *
 * <p>Everything random is a function of the seed alone: the order of an epoch of (seed, epoch), the
 * augmentation of a sample, its partner and its encoding of (seed, epoch, sample). So the number of
 * threads changes nothing, and an epoch can be entered at any batch.
 *
 * <p>One consumer thread; it works on one {@link Epoch} at a time, and asking for the next epoch
 * ends the previous one.
 */
public final class BatchLoader implements AutoCloseable {
  /** Keeps the streams of order and augmentation apart. */
  private static final long ORDER = 1;

  private static final long AUGMENTATION = 2;

  /** 3 is {@link Encoding}'s. */
  private static final long MIXING = 4;

  private final Dataset dataset;
  private final int batchSize;
  private final long seed;
  private final boolean shuffle;
  private final EventAugmentation ofRecordings;
  private final Augmentation augmentation;
  private final Mixing mixing;
  private final Normalisation normalisation;
  private final Encoding encoding;
  private final int threads;
  private final Optional<RecordedSamples> recordings;
  private final int shard;
  private final int shards;
  private final ExecutorService workers;
  private final Queue<BatchBuffer> freeBuffers = new ConcurrentLinkedQueue<>();
  private Epoch current;

  /**
   * Creates a loader; the data set stays the caller's to close.
   *
   * @param batchSize samples in a batch, at least 1
   * @param seed of order, augmentation and encoding
   * @param augmentation of samples; a {@link RecordingChange} needs a data set with recordings
   * @param shuffle false: samples come in the data set's order
   * @param normalisation of the images; pulses of an encoder stay 0 and 1
   * @param encoding what images become after their augmentation
   * @param threads that prepare batches, at least 1; they hold {@code threads + 1} batches ready
   */
  public BatchLoader(
      Dataset dataset,
      int batchSize,
      long seed,
      boolean shuffle,
      Augmentation augmentation,
      Normalisation normalisation,
      Encoding encoding,
      int threads) {
    this(
        dataset,
        batchSize,
        seed,
        shuffle,
        augmentation,
        Mixing.NONE,
        normalisation,
        encoding,
        threads,
        /* shard= */ 0,
        /* shards= */ 1);
  }

  /**
   * Creates a loader of one shard's part of each batch, as {@link Parts} cuts them.
   *
   * @param batchSize samples in a batch, those of the other shards included
   * @param mixing of samples after their augmentation, each with another of the data set
   * @param shard whose part, from 0
   * @param shards that share a batch
   * @throws UsageException when the part of a batch is larger than an array
   */
  public BatchLoader(
      Dataset dataset,
      int batchSize,
      long seed,
      boolean shuffle,
      Augmentation augmentation,
      Mixing mixing,
      Normalisation normalisation,
      Encoding encoding,
      int threads,
      int shard,
      int shards) {
    if (batchSize < 1 || threads < 1 || dataset.size() < 1) {
      throw new IllegalArgumentException(
          "batch size %d, %d threads, %d samples: each must be at least 1"
              .formatted(batchSize, threads, dataset.size()));
    }
    normalisation.requireChannels(dataset.shape().channels());
    SampleShape sample = encoding.shape(dataset.shape());
    int most = new Parts(Math.min(batchSize, dataset.size()), shards).computed(shard);
    if ((long) most * sample.values() > Integer.MAX_VALUE) {
      throw new UsageException(
          "a batch of %d samples of %s has more than %d values; use a smaller batch, or more shards"
              .formatted(most, sample, Integer.MAX_VALUE));
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.seed = seed;
    this.shuffle = shuffle;
    this.ofRecordings = RecordingChange.first(augmentation);
    this.augmentation = RecordingChange.rest(augmentation);
    this.mixing = mixing;
    this.recordings = ofRecordings.isNone() ? Optional.empty() : dataset.recordings();
    if (!ofRecordings.isNone() && recordings.isEmpty()) {
      throw new IllegalArgumentException(
          dataset.name() + " has no recordings that could be changed: " + ofRecordings);
    }
    this.normalisation = encoding.normalisation(normalisation);
    this.encoding = encoding;
    this.threads = threads;
    this.shard = shard;
    this.shards = shards;
    this.workers =
        Executors.newFixedThreadPool(
            threads,
            new ThreadFactoryBuilder().setNameFormat("klif-data-%d").setDaemon(true).build());
  }

  /** Batches in an epoch, the smaller last one included. */
  public int batchesPerEpoch() {
    return (int) (((long) dataset.size() + batchSize - 1) / batchSize);
  }

  /** Threads that prepare batches. */
  public int threads() {
    return threads;
  }

  /**
   * Starts an epoch and prefetching; the previous epoch ends.
   *
   * @param epoch its number; with the seed it fixes order and augmentation
   * @param fromBatch the first batch wanted, for resuming inside an epoch; {@code
   *     batchesPerEpoch()} gives none
   */
  public Epoch epoch(int epoch, int fromBatch) {
    if (fromBatch < 0 || fromBatch > batchesPerEpoch()) {
      throw new IllegalArgumentException(
          "batch %d of an epoch of %d".formatted(fromBatch, batchesPerEpoch()));
    }
    if (current != null) {
      current.close();
    }
    current = new Epoch(this, epoch, order(epoch), fromBatch, threads + 1);
    return current;
  }

  /** Ends the current epoch and the threads; batches are no longer valid. */
  @Override
  public void close() {
    if (current != null) {
      current.close();
    }
    workers.shutdownNow();
    freeBuffers.clear();
  }

  ExecutorService workers() {
    return workers;
  }

  BatchBuffer takeBuffer(int batch) {
    int whole = whole(batch);
    if (whole == batchSize) {
      BatchBuffer buffer = freeBuffers.poll();
      if (buffer != null) {
        return buffer;
      }
    }
    int size = new Parts(whole, shards).computed(shard);
    return new BatchBuffer(size, whole, dataset.shape(), encoding, mixing);
  }

  private int whole(int batch) {
    return Math.min(batchSize, dataset.size() - batch * batchSize);
  }

  void recycle(BatchBuffer buffer) {
    if (buffer.batch().whole() == batchSize) {
      freeBuffers.add(buffer);
    }
  }

  /** Fills a buffer with batch {@code batch} of the epoch; runs in a worker. */
  void fill(BatchBuffer buffer, int epoch, int[] order, int batch) {
    int first = batch * batchSize + new Parts(whole(batch), shards).first(shard);
    for (int n = 0; n < buffer.size(); n++) {
      int sample = order[first + n];
      read(buffer, epoch, sample, buffer.sample());
      if (!mixing.isNone()) {
        SampleRandom random = new SampleRandom(seed, MIXING, epoch, sample);
        int partner = random.nextInt(dataset.size());
        read(buffer, epoch, partner, buffer.partner());
        buffer.mix(n, mixing, dataset.label(partner), random);
      }
      if (!encoding.isDirect()) {
        buffer.encode(encoding, seed, epoch, sample);
      }
      buffer.place(n, dataset, sample, normalisation);
    }
  }

  /** A sample as it is augmented in that epoch, in whatever batch, as itself or as a partner. */
  private void read(BatchBuffer buffer, int epoch, int sample, float[] into) {
    SampleRandom random = new SampleRandom(seed, AUGMENTATION, epoch, sample);
    if (recordings.isPresent()) {
      buffer.read(recordings.get(), sample, ofRecordings, random, into);
    } else {
      dataset.read(sample, into, 0);
    }
    if (!augmentation.isNone()) {
      buffer.augment(augmentation, random, into);
    }
  }

  private int[] order(int epoch) {
    return shuffle
        ? new SampleRandom(seed, ORDER, epoch).permutation(dataset.size())
        : IntStream.range(0, dataset.size()).toArray();
  }
}
