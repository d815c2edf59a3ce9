package org.klif.shard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class PartsTest {
  @Test
  void partsFollowEachOtherAndDifferByOneAtMost() {
    for (int whole = 1; whole <= 20; whole++) {
      for (int shards = 1; shards <= 6; shards++) {
        Parts parts = new Parts(whole, shards);
        int next = 0;
        double weights = 0;
        for (int shard = 0; shard < shards; shard++) {
          int size = parts.size(shard);
          assertEquals((whole + shards - 1 - shard) / shards, size, "first ones are larger");
          if (size > 0) {
            assertEquals(next, parts.first(shard));
            assertEquals(size, parts.computed(shard));
          }
          next += size;
          weights += parts.weight(shard);
        }
        assertEquals(whole, next);
        assertEquals(1, weights, 1e-15); // at most 6 roundings of doubles near 1
      }
    }
  }

  @Test
  void shardWithoutSamplesComputesTheLastOneAndCountsNothing() {
    Parts parts = new Parts(2, 3);
    assertEquals(0, parts.size(2));
    assertEquals(1, parts.computed(2));
    assertEquals(1, parts.first(2));
    float[] sum = new float[2];
    float nan = Float.NaN;
    parts.weightedSum(new float[][] {{0, 2, 4}, {0, 6, 8}, {nan, nan, nan}}, 1, 2, sum);
    assertArrayEquals(new float[] {4, 6}, sum);
  }

  @Test
  void sumIsTakenInShardOrderAlsoBeyondOneBlock() {
    int n = 10_000;
    Parts parts = new Parts(7, 3);
    float[][] values = new float[3][n];
    for (int shard = 0; shard < 3; shard++) {
      for (int i = 0; i < n; i++) {
        values[shard][i] = (float) Math.sin(i + 0.1 * shard);
      }
    }
    float[] sum = new float[n];
    parts.weightedSum(values, 0, n, sum);
    for (int i = 0; i < n; i++) {
      float expected = (float) (3 / 7.0) * values[0][i];
      expected += (float) (2 / 7.0) * values[1][i];
      expected += (float) (2 / 7.0) * values[2][i];
      assertEquals(expected, sum[i]);
    }
  }

  @Test
  void refusesWhatCannotBe() {
    assertThrows(IllegalArgumentException.class, () -> new Parts(0, 1));
    assertThrows(IllegalArgumentException.class, () -> new Parts(1, 0));
    assertThrows(IllegalArgumentException.class, () -> new Parts(4, 2).size(2));
  }
}
