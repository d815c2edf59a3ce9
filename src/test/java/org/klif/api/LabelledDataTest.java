package org.klif.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.klif.testing.Shared;

/** Samples in batches: complete, in an order that the seed fixes, in PyTorch's layout. */
class LabelledDataTest {
  /** Images of 2 channels of 1x2 whose values say which they are; the class is the number. */
  private static LabelledData numbered(int train) {
    float[] images = new float[train * 4];
    int[] labels = new int[train];
    for (int i = 0; i < train; i++) {
      for (int v = 0; v < 4; v++) {
        images[4 * i + v] = 10 * i + v;
      }
      labels[i] = i;
    }
    return LabelledData.of(images, labels, new float[4], new int[] {0}, 2, 1, 2, train);
  }

  @Test
  void anEpochHasEachSampleOnce() {
    try (LabelledData data = numbered(7)) {
      List<Integer> sizes = new ArrayList<>();
      List<Integer> seen = new ArrayList<>();
      for (LabelledBatch batch : data.train().batches(3, 1, 1)) {
        sizes.add(batch.labels().length);
        for (int n = 0; n < batch.labels().length; n++) {
          int label = batch.labels()[n];
          seen.add(label);
          float[] expected = {10 * label, 10 * label + 1, 10 * label + 2, 10 * label + 3};
          assertArrayEquals(expected, Arrays.copyOfRange(batch.images(), 4 * n, 4 * n + 4));
        }
      }
      assertEquals(List.of(3, 3, 1), sizes);
      assertEquals(7, seen.stream().distinct().count());
      assertEquals(seen, order(data, 1, 1), "the same seed and epoch");
      assertTrue(!seen.equals(order(data, 1, 2)) || !seen.equals(order(data, 2, 1)));
    }
  }

  private static List<Integer> order(LabelledData data, long seed, int epoch) {
    List<Integer> order = new ArrayList<>();
    for (LabelledBatch batch : data.train().batches(3, seed, epoch)) {
      Arrays.stream(batch.labels()).forEach(order::add);
    }
    return order;
  }

  @Test
  void batchesBelongToWhoeverTakesThem() {
    try (LabelledData data = numbered(6)) {
      List<LabelledBatch> kept = new ArrayList<>();
      data.train().batches(2, 1, 1).forEach(kept::add);
      for (LabelledBatch batch : kept) {
        assertEquals(10f * batch.labels()[0], batch.images()[0]);
      }
      // a loop that is left early does not disturb another
      for (LabelledBatch batch : data.train().batches(2, 1, 1)) {
        assertEquals(2, batch.labels().length);
        break;
      }
      assertEquals(6, order(data, 1, 1).size());
    }
  }

  @Test
  void theDigitsComeWithTheProgram() {
    try (LabelledData digits = LabelledData.load("digits")) {
      assertEquals(1437, digits.train().size());
      assertEquals(360, digits.test().size());
      assertEquals(10, digits.train().classes());
      assertEquals(64, digits.test().sample(3).length);
    }
  }

  @Test
  void aSetOfTheCatalogueIsNormalised() {
    try (LabelledData mnist = LabelledData.load("mnist", Shared.require().resolve("data"))) {
      double sum = 0;
      long count = 0;
      for (LabelledBatch batch : mnist.test().batches(500, 1, 1)) {
        for (float value : batch.images()) {
          sum += value;
          count++;
        }
      }
      // mean and deviation are those of the training samples
      assertEquals(0, sum / count, 0.02);
      float[] sample = mnist.test().sample(0);
      float largest = 0;
      for (float value : sample) {
        largest = Math.max(largest, value);
      }
      assertTrue(largest > 0.9 && largest <= 1, "a sample itself is from 0 to 1: " + largest);
    }
  }

  @Test
  void arraysThatDoNotFitAreRefused() {
    IllegalArgumentException images =
        assertThrows(
            IllegalArgumentException.class,
            () -> LabelledData.of(new float[7], new int[2], new float[4], new int[1], 1, 2, 2, 2));
    assertEquals(
        "trainImages: has 7 values, not 8, which is 2 labels of 1x2x2", images.getMessage());
    IllegalArgumentException labels =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                LabelledData.of(new float[4], new int[1], new float[4], new int[] {2}, 1, 2, 2, 2));
    assertEquals("testLabels: must be from 0 to 1, not 2", labels.getMessage());
    assertThrows(IllegalArgumentException.class, () -> LabelledData.load("digitz"));
  }
}
