package org.klif.train;

import java.util.List;
import org.klif.device.Buffer;
import org.klif.nn.Network;
import org.klif.nn.StepReadback;
import org.klif.shard.Parts;
import org.klif.shard.Shard;

/**
 * What shards exchange between the backward pass and the update: gradients, readings and, where
 * each normalises its own part, running statistics. Afterwards all shards hold the same.
 */
final class GradientExchange {
  private final Network network;
  private final Shard shard;
  private final List<Buffer> averaged;
  private final int parameters;
  private final int readingsAt;
  private final int averagedAt;

  /**
   * Another shard may read what was contributed until the next exchange, so two arrays take turns.
   */
  private float[] contribution;

  private float[] sum;
  private float[][] all = {};
  private Parts parts;

  /**
   * Allocates what all exchanges need.
   *
   * @param averageNorm running statistics differ between the shards and are averaged
   */
  GradientExchange(Network network, Shard shard, boolean averageNorm) {
    this.network = network;
    this.shard = shard;
    this.averaged = averageNorm ? network.runningStatistics() : List.of();
    this.parameters = Math.toIntExact(network.gradientBuffer().size());
    this.readingsAt = parameters;
    this.averagedAt = readingsAt + network.readings().count();
    long length = averagedAt + averaged.stream().mapToLong(Buffer::size).sum();
    this.contribution = new float[Math.toIntExact(length)];
    this.sum = new float[contribution.length];
    this.parts = new Parts(1, shard.count());
  }

  /** Makes the gradients those of the whole batch; waits for device and shards. */
  void exchange(Parts batch) {
    parts = batch;
    float[] own = contribution;
    network.gradientBuffer().download(0, own, 0, parameters);
    network.readings().download();
    network.readings().copyTo(own, readingsAt);
    int at = averagedAt;
    for (Buffer buffer : averaged) {
      int size = Math.toIntExact(buffer.size());
      buffer.download(0, own, at, size);
      at += size;
    }
    all = shard.gather(own);
    float[] total = sum;
    batch.weightedSum(all, 0, parameters, total);
    network.gradientBuffer().upload(total, 0, 0, parameters);
    upload(total);
    contribution = total;
    sum = own;
  }

  private void upload(float[] total) {
    int from = averagedAt;
    for (Buffer buffer : averaged) {
      int size = Math.toIntExact(buffer.size());
      parts.weightedSum(all, from, size, total);
      buffer.upload(total, 0, 0, size);
      from += size;
    }
  }

  /** Makes readings that were downloaded after the update those of the whole batch. */
  void join(StepReadback readings) {
    readings.join(all, readingsAt, parts);
  }

  /** The loss of this shard's own part, in the last exchange. */
  float ownLoss() {
    return all[shard.index()][readingsAt];
  }
}
