package org.klif.nn;

import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.Device;
import org.klif.shard.Parts;
import org.klif.shard.Shard;
import org.klif.tensor.ActivationShape;

/**
 * Batch norm over a batch that several shards compute: mean and variance of each part are exchanged
 * and joined in shard order, and so are the sums of the backward pass (docs/MATH.md, "Synchronised
 * batch norm"). All it needs of a device are the operations of a batch norm that is alone.
 *
 * <p>Each shard joins for itself, in double precision, from the same float32 values in the same
 * order, so that all get the same bits.
 */
final class SharedNorm {
  private final Device device;
  private final Shard shard;
  private final Parts parts;
  private final int channels;
  private final double momentum;
  private final double perSample;
  private final BatchNorm whole;
  private final BatchNorm part;
  private final BatchNorm.State state;
  private final Buffer moments;
  private final Buffer runningMean;
  private final Buffer runningVar;
  private final float[] own;
  private final float[] ownSums;
  private final float[] joined;
  private final float[] running;

  SharedNorm(
      PlanContext context,
      BatchPart batch,
      Normalization norm,
      BatchNorm whole,
      ActivationShape input) {
    this.device = context.device();
    this.shard = batch.shard();
    this.parts = batch.parts();
    this.channels = norm.channels();
    this.momentum = norm.momentum();
    this.whole = whole;
    BatchNorm.Spec spec = norm.spec(input);
    this.perSample = (double) spec.rows() * spec.repeats() / input.batch();
    // with momentum 1 the running statistics of a part are its own mean and variance
    this.part =
        context.own(
            device.batchNorm(
                new BatchNorm.Spec(
                    spec.rows(), channels, spec.repeats(), spec.eps(), /* momentum= */ 1)));
    this.moments = context.own(device.allocate(2L * stride()));
    this.runningMean = norm.runningMean();
    this.runningVar = norm.runningVar();
    BatchNorm.State all = norm.state();
    this.state =
        new BatchNorm.State(
            all.gamma(),
            all.beta(),
            moments.view(0, channels),
            moments.view(stride(), channels),
            all.mean(),
            all.invStd(),
            all.scale(),
            all.shift());
    this.own = new float[2 * stride()];
    this.ownSums = new float[2 * channels];
    this.joined = new float[2 * stride()];
    this.running = new float[2 * stride()];
  }

  private int stride() {
    return Math.toIntExact(ParameterStore.padded(channels));
  }

  /** Training: statistics of the whole batch, and the running ones. */
  void statistics(Buffer x) {
    part.statistics(x, state);
    device.onHost(this::exchangeMoments);
    whole.fold(state);
  }

  private void exchangeMoments() {
    moments.download(0, own, 0, own.length);
    join(shard.gather(own));
    moments.upload(joined, 0, 0, joined.length);
  }

  private void join(float[][] all) {
    int stride = stride();
    double unbiased = toUnbiased(parts.whole());
    runningMean.download(0, running, 0, channels);
    runningVar.download(0, running, stride, channels);
    for (int channel = 0; channel < channels; channel++) {
      double mean = 0;
      for (int i = 0; i < all.length; i++) {
        if (parts.size(i) > 0) {
          mean += parts.weight(i) * all[i][channel];
        }
      }
      double variance = 0;
      for (int i = 0; i < all.length; i++) {
        if (parts.size(i) > 0) {
          double distance = all[i][channel] - mean;
          double ofPart = all[i][stride + channel] / toUnbiased(parts.size(i));
          variance += parts.weight(i) * (ofPart + distance * distance);
        }
      }
      joined[channel] = (float) mean;
      joined[stride + channel] = (float) variance;
      running[channel] = moved(running[channel], mean);
      running[stride + channel] = moved(running[stride + channel], variance * unbiased);
    }
    runningMean.upload(running, 0, 0, channels);
    runningVar.upload(running, stride, 0, channels);
  }

  /** A running variance is divided by n - 1, or by n where that is 1. */
  private double toUnbiased(int samples) {
    double n = perSample * samples;
    return n > 1 ? n / (n - 1) : 1;
  }

  private float moved(double old, double value) {
    return (float) ((1 - momentum) * old + momentum * value);
  }

  /**
   * Replaces a part's sums by those that its backward pass needs. A shard's gradient is that of the
   * mean loss over its part; in the whole batch's it counts with the part's weight.
   */
  void addSums(Buffer sums) {
    device.onHost(() -> exchangeSums(sums));
  }

  private void exchangeSums(Buffer sums) {
    sums.download(0, ownSums, 0, ownSums.length);
    float[][] all = shard.gather(ownSums);
    for (int i = 0; i < ownSums.length; i++) {
      double sum = 0;
      for (int other = 0; other < all.length; other++) {
        if (parts.size(other) > 0) {
          sum += parts.weight(other) * all[other][i];
        }
      }
      joined[i] = (float) sum;
    }
    sums.upload(joined, 0, 0, ownSums.length);
  }
}
