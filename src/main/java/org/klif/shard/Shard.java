package org.klif.shard;

/**
 * One shard of a run, as its own thread sees it. All shards make the same exchanges in the same
 * order; one that fails must tell its {@link ShardGroup}.
 */
public final class Shard {
  private final ShardGroup group;
  private final int index;
  private final int place;
  private final int shards;

  Shard(ShardGroup group, int index, int place, int shards) {
    this.group = group;
    this.index = index;
    this.place = place;
    this.shards = shards;
  }

  /** Its number, from 0. */
  public int index() {
    return index;
  }

  /** Its place among the shards of this process, from 0. */
  public int place() {
    return place;
  }

  /** Shards of the run. */
  public int count() {
    return shards;
  }

  /** Shard 0 writes the run's files and speaks to people. */
  public boolean isLead() {
    return index == 0;
  }

  /**
   * Gives an array and gets those of all shards, in shard order; they are not to be changed and
   * valid until this shard's next exchange.
   *
   * @param values of the same length for all shards; not to be changed until this shard's next
   *     exchange is done: another may still read them
   * @throws ReleasedShard when another shard has failed
   */
  public float[][] gather(float[] values) {
    return group.gather(place, values);
  }

  /** Whether any shard says yes; waits for all. */
  public boolean any(boolean yes) {
    for (float[] one : gather(new float[] {yes ? 1 : 0})) {
      if (one[0] != 0) {
        return true;
      }
    }
    return false;
  }
}
