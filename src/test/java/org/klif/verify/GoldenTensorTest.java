package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** {@link GoldenTensor}: from the files' order to a device's. */
class GoldenTensorTest {
  /** (T 2, N 1, C 2, 3 pixels); the tens say t, c and the ones the pixel. */
  private static final GoldenTensor SEQUENCE =
      new GoldenTensor(
          new int[] {2, 1, 2, 3}, new double[] {0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112});

  @Test
  void channelsMoveBehindThePixels() {
    assertArrayEquals(
        new double[] {0, 10, 1, 11, 2, 12, 100, 110, 101, 111, 102, 112},
        SEQUENCE.channelsLast(2).data());
  }

  @Test
  void withoutPixelsNothingMoves() {
    GoldenTensor features = new GoldenTensor(new int[] {1, 2, 2}, new double[] {1, 2, 3, 4});
    assertSame(features, features.channelsLast(2));
  }

  @Test
  void copiesStandBesideEachOtherInEachStep() {
    GoldenTensor tensor = new GoldenTensor(new int[] {2, 2}, new double[] {1, 2, 3, 4});
    assertArrayEquals(new double[] {1, 2, 1, 2, 3, 4, 3, 4}, tensor.repeated(2, 2).data());
    assertArrayEquals(new double[] {1, 2, 3, 4, 1, 2, 3, 4}, tensor.repeated(1, 2).data());
  }
}
