package org.klif.shard;

import java.util.List;

/**
 * How the shards of one training run exchange numbers, and which of them this process computes. All
 * exchange is one operation, an all-gather in shard order: whoever computes which shard, each gets
 * the same arrays and adds them in the same order, so that placement never changes a bit.
 *
 * <p>{@link ShardGroup} brings the threads of one process together and calls {@link #allGather}
 * from one of them at a time, once for each exchange, in the same order in every process.
 */
public interface Exchange extends AutoCloseable {
  /** Shards of the run, in all processes together. */
  int shards();

  /** Numbers of the shards that this process computes: ascending, at least one. */
  List<Integer> local();

  /**
   * Gives one array for each local shard, in the order of {@link #local}, and waits for those of
   * all others. The arrays have the same length for all shards of one call; it differs between
   * calls.
   *
   * @param own not to be changed or kept beyond the next call
   * @return one array a shard, in shard order, the local ones among them (they may be the same
   *     arrays); valid until the next call
   * @throws org.klif.KlifException when another process cannot be reached any more, naming it; the
   *     run in this process then ends with this error
   */
  float[][] allGather(float[][] own);

  /** Frees what the exchange holds; a second call does nothing. */
  @Override
  void close();
}
