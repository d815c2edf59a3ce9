package org.klif.nn;

import org.klif.shard.Parts;
import org.klif.shard.Shard;

/**
 * The part of a batch that a plan computes while other shards compute the rest in lock-step.
 *
 * @param shard who computes it
 * @param parts how the batch is cut
 * @param synchronizeNorm batch norm takes its statistics over the whole batch; else over the part
 */
public record BatchPart(Shard shard, Parts parts, boolean synchronizeNorm) {
  /** Checks that the batch is cut for as many shards as there are. */
  public BatchPart {
    if (parts.shards() != shard.count()) {
      throw new IllegalArgumentException(
          "a batch for %d shards, but there are %d".formatted(parts.shards(), shard.count()));
    }
  }

  /** Samples that are computed. */
  public int size() {
    return parts.computed(shard.index());
  }

  /** Place in the batch of the first of them. */
  int first() {
    return parts.first(shard.index());
  }
}
