package org.klif.data;

import java.util.Objects;
import org.klif.data.events.Events;
import org.klif.data.frames.EventAugmentation;
import org.klif.data.frames.Frames;
import org.klif.data.frames.RecordedSamples;
import org.klif.data.frames.Sensor;
import org.klif.data.random.SampleRandom;

/**
 * The arrays of one batch and the room one thread needs to fill them; reused from batch to batch.
 */
final class BatchBuffer {
  private final SampleShape source;
  private final SampleShape shape;
  private final Batch batch;
  private final float[] sample;
  private final float[] partner;
  private final float[] scratch;
  private final float[] frames;

  /**
   * @param size samples it holds
   * @param whole samples of the batch they are a part of
   * @param mixing whether samples are mixed
   */
  BatchBuffer(int size, int whole, SampleShape source, Encoding encoding, Mixing mixing) {
    this.source = source;
    this.shape = encoding.shape(source);
    this.batch =
        new Batch(
            size,
            new float[Math.multiplyExact(size, shape.values())],
            new int[size],
            new int[size],
            whole,
            mixing.isNone() ? null : new MixedLabels(new int[size], new float[size]));
    this.sample = new float[source.values()];
    this.partner = mixing.isNone() ? sample : new float[source.values()];
    this.scratch = new float[source.values()];
    this.frames = encoding.isDirect() ? sample : new float[shape.values()];
  }

  int size() {
    return batch.size();
  }

  Batch batch() {
    return batch;
  }

  /** Where the sample goes that becomes the batch's. */
  float[] sample() {
    return sample;
  }

  /** Where the sample goes that is mixed into it. */
  float[] partner() {
    return partner;
  }

  /** Reads a sample's recording and makes frames of it as it is after a change. */
  void read(
      RecordedSamples recordings,
      int index,
      EventAugmentation change,
      SampleRandom random,
      float[] into) {
    Sensor sensor = recordings.sensor();
    Events changed =
        change.apply(
            recordings.recording(index), recordings, sensor.height(), sensor.width(), random);
    Frames.accumulate(changed, recordings.rule(), sensor, into);
  }

  /** Changes a sample that was read. */
  void augment(Augmentation augmentation, SampleRandom random, float[] read) {
    augmentation.apply(read, scratch, source, random);
  }

  /**
   * Mixes the partner into the sample, to be place n.
   *
   * @param label the partner's
   */
  void mix(int n, Mixing mixing, int label, SampleRandom random) {
    MixedLabels mixed = Objects.requireNonNull(batch.mixed());
    mixed.weights()[n] = mixing.apply(sample, partner, source, random);
    mixed.others()[n] = label;
  }

  /** Makes frames of the image that was read; not for DIRECT. */
  void encode(Encoding encoding, long seed, int epoch, int index) {
    encoding.encode(sample, source.width(), seed, epoch, index, frames);
  }

  /**
   * What was made of the sample, (T, C, H, W), to place n of (T, N, H, W, C), normalised; T = 1
   * gives (N, H, W, C).
   */
  void place(int n, Dataset dataset, int index, Normalisation normalisation) {
    int channels = shape.channels();
    int pixels = shape.height() * shape.width();
    float[] images = batch.images();
    for (int t = 0; t < shape.steps(); t++) {
      int target = (t * batch.size() + n) * pixels * channels;
      for (int c = 0; c < channels; c++) {
        float scale = normalisation.scale(c);
        float shift = normalisation.shift(c);
        int first = (t * channels + c) * pixels;
        if (channels == 1) {
          // neighbours in both arrays: the compiler makes vectors of it
          for (int p = 0; p < pixels; p++) {
            images[target + p] = frames[first + p] * scale + shift;
          }
        } else {
          for (int p = 0, to = target + c; p < pixels; p++, to += channels) {
            images[to] = frames[first + p] * scale + shift;
          }
        }
      }
    }
    batch.labels()[n] = dataset.label(index);
    batch.indices()[n] = index;
  }
}
