package org.klif.train;

import java.util.Arrays;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.device.Buffer;
import org.klif.nn.BatchPart;
import org.klif.nn.Network;
import org.klif.shard.Parts;
import org.klif.shard.Shard;

/** This replica's part in a run of several shards: who it is, and what it exchanges each step. */
final class Sharding {
  private static final int WORDS = 4;

  private final Shard shard;
  private final boolean synchronizeNorm;
  private final GradientExchange exchange;

  Sharding(RunConfig config, Network network, Shard shard) {
    this.shard = shard;
    this.synchronizeNorm = config.syncBatchNorm();
    this.exchange = new GradientExchange(network, shard, !synchronizeNorm);
  }

  Shard shard() {
    return shard;
  }

  /** Batch norm takes its statistics over the parts of all shards. */
  boolean synchronizesNorm() {
    return synchronizeNorm;
  }

  /** The part of a batch of that many samples. */
  BatchPart part(int whole) {
    return new BatchPart(shard, new Parts(whole, shard.count()), synchronizeNorm);
  }

  GradientExchange exchange() {
    return exchange;
  }

  /**
   * Compares step and parameters of all replicas: they take the same updates, so they must be equal
   * to the bit.
   *
   * @throws KlifException naming the first shard that differs from shard 0
   */
  void requireSameReplicas(Network network, TrainState state) {
    float[] own = fingerprint(network, state);
    float[][] all = shard.gather(own);
    for (int other = 1; other < all.length; other++) {
      if (!Arrays.equals(all[other], all[0])) {
        throw new KlifException(
            ("shard %d does not hold the same network as shard 0 after epoch %d and %d steps: all"
                    + " processes need the same Klif, the same kind of processor and device, and"
                    + " the run's own folder; go on from its checkpoint when they have")
                .formatted(other, state.epoch(), state.batch()));
      }
    }
  }

  /** 64 bits of a checksum and of the step, 16 in each float, which holds them exactly. */
  private static float[] fingerprint(Network network, TrainState state) {
    long hash = state.seed();
    hash = add(hash, network.parameterBuffer());
    for (Buffer statistics : network.runningStatistics()) {
      hash = add(hash, statistics);
    }
    float[] words = new float[2 * WORDS];
    for (int i = 0; i < WORDS; i++) {
      words[i] = (hash >>> (16 * i)) & 0xffff;
      words[WORDS + i] = (state.step() >>> (16 * i)) & 0xffff;
    }
    return words;
  }

  private static long add(long hash, Buffer buffer) {
    long result = hash;
    for (float value : buffer.toArray()) {
      result = 31 * result + Float.floatToRawIntBits(value);
    }
    return result;
  }
}
