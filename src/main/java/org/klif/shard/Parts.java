package org.klif.shard;

/**
 * A batch cut into contiguous parts, one a shard: as equal as can be, the first ones larger.
 *
 * <p>A batch of fewer samples than shards leaves the last shards without any. Such a shard computes
 * one sample all the same (a plan for no samples does not exist, and it must take part in each
 * exchange), but its weight is 0 and nobody adds what it computed.
 *
 * @param whole samples of the batch, at least 1
 * @param shards at least 1
 */
public record Parts(int whole, int shards) {
  /** Checks the numbers. */
  public Parts {
    if (whole < 1 || shards < 1) {
      throw new IllegalArgumentException("%d samples for %d shards".formatted(whole, shards));
    }
  }

  /** Samples that belong to a shard; may be 0. */
  public int size(int shard) {
    check(shard);
    return whole / shards + (shard < whole % shards ? 1 : 0);
  }

  /** Samples that a shard computes: those of its part, else one. */
  public int computed(int shard) {
    return Math.max(1, size(shard));
  }

  /** Samples of the smallest part that has any. */
  public int smallest() {
    return Math.max(1, whole / shards);
  }

  /** Place in the batch of the first sample that a shard computes. */
  public int first(int shard) {
    check(shard);
    int before = shard * (whole / shards) + Math.min(shard, whole % shards);
    return Math.min(before, whole - 1);
  }

  /** Share of a shard in a mean over the batch; the weights add up to 1. */
  public double weight(int shard) {
    return (double) size(shard) / whole;
  }

  private void check(int shard) {
    if (shard < 0 || shard >= shards) {
      throw new IllegalArgumentException("shard %d of %d".formatted(shard, shards));
    }
  }

  /**
   * Weighted sum over the shards, in shard order, in float32: the same bits whoever computes it.
   * Shards of weight 0 are left out, whatever they hold.
   *
   * @param values one array a shard
   * @param from first element that is added
   * @param count elements that are added
   * @param sum written from 0 on
   */
  public void weightedSum(float[][] values, int from, int count, float[] sum) {
    // a block at a time, so that the sum stays in the fastest cache while all shards are added
    for (int begin = 0; begin < count; begin += BLOCK) {
      int end = Math.min(count, begin + BLOCK);
      scale(values[0], from, begin, end, (float) weight(0), sum);
      for (int shard = 1; shard < shards; shard++) {
        if (size(shard) > 0) {
          accumulate(values[shard], from, begin, end, (float) weight(shard), sum);
        }
      }
    }
  }

  private static final int BLOCK = 4096;

  private static void scale(
      float[] values, int from, int begin, int end, float weight, float[] sum) {
    for (int i = begin; i < end; i++) {
      sum[i] = weight * values[from + i];
    }
  }

  private static void accumulate(
      float[] values, int from, int begin, int end, float weight, float[] sum) {
    for (int i = begin; i < end; i++) {
      sum[i] += weight * values[from + i];
    }
  }
}
