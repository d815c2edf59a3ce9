package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.data.frames.Encoder;
import org.klif.data.random.SampleRandom;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BatchLoaderTest {
  private static final Augmentation RECIPE =
      Augmentation.parse("affine(30,0.15,0.85,1.11) crop(2) flip");

  @Test
  void threadsChangeNothing() {
    Dataset set = new Numbered(103, SampleShape.image(2, 5, 4));
    assertEquals(run(set, 1, 7, RECIPE), run(set, 3, 7, RECIPE));
    assertNotEquals(run(set, 1, 7, RECIPE), run(set, 1, 8, RECIPE));
  }

  @Test
  void everySampleOnceAndTheLastBatchIsSmaller() {
    Dataset set = new Numbered(103, SampleShape.image(1, 2, 2));
    try (BatchLoader loader = loader(set, 10, true, Augmentation.none(), 2)) {
      assertEquals(11, loader.batchesPerEpoch());
      List<List<Integer>> orders = new ArrayList<>();
      for (int e = 0; e < 2; e++) {
        List<Integer> order = new ArrayList<>();
        try (Epoch epoch = loader.epoch(e, 0)) {
          while (epoch.hasNext()) {
            Batch batch = epoch.next();
            assertEquals(order.size() == 100 ? 3 : 10, batch.size());
            assertEquals(batch.size() * 4, batch.images().length);
            for (int n = 0; n < batch.size(); n++) {
              order.add(batch.indices()[n]);
              assertEquals(set.label(batch.indices()[n]), batch.labels()[n]);
            }
          }
          assertThrows(NoSuchElementException.class, epoch::next);
        }
        Set<Integer> seen = new HashSet<>(order);
        assertEquals(103, order.size());
        assertEquals(103, seen.size());
        orders.add(order);
      }
      assertNotEquals(orders.get(0), orders.get(1));
    }
  }

  /** An array holds a shard's part of a batch, not the batch. */
  @Test
  void aBatchOfMoreValuesThanAnArrayHasIsRefused() {
    Dataset set = new Numbered(100_000, SampleShape.image(1, 200, 200));
    UsageException e = assertThrows(UsageException.class, () -> part(set, 1));
    assertEquals(
        "a batch of 100000 samples of 1x200x200 has more than 2147483647 values; use a smaller batch, or more shards",
        e.getMessage());
    try (BatchLoader half = part(set, 2)) {
      assertEquals(1, half.batchesPerEpoch());
    }
  }

  private static BatchLoader part(Dataset set, int shards) {
    return new BatchLoader(
        set,
        set.size(),
        7,
        false,
        Augmentation.none(),
        Mixing.NONE,
        Normalisation.NONE,
        Encoding.DIRECT,
        1,
        0,
        shards);
  }

  @Test
  void anEpochCanBeEnteredAnywhere() {
    Dataset set = new Numbered(50, SampleShape.image(1, 4, 4));
    try (BatchLoader loader = loader(set, 8, true, RECIPE, 1)) {
      List<String> whole = texts(loader.epoch(3, 0));
      assertEquals(whole.subList(4, 7), texts(loader.epoch(3, 4)));
      assertEquals(List.of(), texts(loader.epoch(3, 7)));
      assertThrows(IllegalArgumentException.class, () -> loader.epoch(3, 8));
    }
  }

  @Test
  void staticImagesAreChannelsLastAndNormalised() {
    Dataset set = new Numbered(3, SampleShape.image(2, 2, 3));
    Normalisation norm = new Normalisation(List.of(0.5, 0.25), List.of(0.5, 2.0));
    try (BatchLoader loader =
        new BatchLoader(set, 2, 0, false, Augmentation.none(), norm, Encoding.DIRECT, 1)) {
      Batch batch = loader.epoch(0, 1).next();
      assertEquals(1, batch.size());
      assertEquals(2, batch.indices()[0]);
      float[] expected = new float[12];
      for (int p = 0; p < 6; p++) {
        for (int c = 0; c < 2; c++) {
          float value = Numbered.value(2, c * 6 + p);
          expected[p * 2 + c] = c == 0 ? (value - 0.5f) / 0.5f : (value - 0.25f) / 2f;
        }
      }
      // One rounding more or less of values of size 1.
      assertArrayEquals(expected, batch.images(), 1e-6f);
    }
  }

  @Test
  void sequencesAreTimeMajor() {
    SampleShape shape = SampleShape.sequence(4, 2, 3, 1);
    Dataset set = new Numbered(3, shape);
    try (BatchLoader loader = loader(set, 3, false, Augmentation.none(), 1)) {
      float[] images = loader.epoch(0, 0).next().images();
      for (int t = 0; t < 4; t++) {
        for (int n = 0; n < 3; n++) {
          for (int p = 0; p < 3; p++) {
            for (int c = 0; c < 2; c++) {
              assertEquals(
                  Numbered.value(n, (t * 2 + c) * 3 + p), images[((t * 3 + n) * 3 + p) * 2 + c]);
            }
          }
        }
      }
    }
  }

  @Test
  void latencyGivesOnePulseAPixelAtItsTime() {
    Dataset set = new Numbered(5, SampleShape.image(2, 2, 3));
    try (BatchLoader loader = encoded(set, Encoder.LATENCY, 4, Augmentation.none(), 1)) {
      float[] images = loader.epoch(0, 0).next().images();
      float[] expected = new float[4 * 5 * 12];
      for (int n = 0; n < 5; n++) {
        for (int p = 0; p < 6; p++) {
          for (int c = 0; c < 2; c++) {
            int t = (int) Math.rint(3 * (1.0 - Numbered.value(n, c * 6 + p)));
            expected[((t * 5 + n) * 6 + p) * 2 + c] = 1;
          }
        }
      }
      assertArrayEquals(expected, images);
    }
  }

  @Test
  void poissonIsAFunctionOfSeedEpochAndSample() {
    Dataset set = new Numbered(23, SampleShape.image(1, 4, 4));
    List<List<String>> runs = new ArrayList<>();
    for (int threads : new int[] {1, 3}) {
      try (BatchLoader loader = encoded(set, Encoder.POISSON, 6, RECIPE, threads)) {
        runs.add(texts(loader.epoch(1, 0)));
        runs.add(texts(loader.epoch(2, 0)));
        runs.add(texts(loader.epoch(1, 0)));
        assertEquals(runs.get(0).subList(2, 5), texts(loader.epoch(1, 2)));
      }
    }
    assertNotEquals(runs.get(0), runs.get(1));
    assertEquals(runs.get(0), runs.get(2));
    assertEquals(runs.subList(0, 3), runs.subList(3, 6));
  }

  @Test
  void poissonHasTheRateOfThePixel() {
    int steps = 4000;
    Dataset set = new Numbered(2, SampleShape.image(1, 2, 2));
    try (BatchLoader loader = encoded(set, Encoder.POISSON, steps, Augmentation.none(), 1)) {
      float[] images = loader.epoch(0, 0).next().images();
      for (int n = 0; n < 2; n++) {
        for (int p = 0; p < 4; p++) {
          double sum = 0;
          for (int t = 0; t < steps; t++) {
            float pulse = images[(t * 2 + n) * 4 + p];
            assertTrue(pulse == 0 || pulse == 1, "not normalised: " + pulse);
            sum += pulse;
          }
          // Five standard deviations of a mean of 4000 pulses are at most 0.04.
          assertEquals(Numbered.value(n, p), sum / steps, 0.04);
        }
      }
    }
  }

  @Test
  void framesAreNotEncoded() {
    Dataset set = new Numbered(2, SampleShape.sequence(3, 1, 2, 2));
    assertThrows(
        IllegalArgumentException.class,
        () -> encoded(set, Encoder.POISSON, 3, Augmentation.none(), 1));
  }

  /** Normalisation is given, and must not be applied to pulses. */
  private static BatchLoader encoded(
      Dataset set, Encoder encoder, int steps, Augmentation augmentation, int threads) {
    return new BatchLoader(
        set,
        5,
        7,
        false,
        augmentation,
        Normalisation.of(0.3, 0.2),
        new Encoding(encoder, steps),
        threads);
  }

  @Test
  void buffersAreReused() {
    Dataset set = new Numbered(1000, SampleShape.image(1, 2, 2));
    try (BatchLoader loader = loader(set, 10, true, Augmentation.none(), 1)) {
      Set<Integer> arrays = new HashSet<>();
      for (int e = 0; e < 3; e++) {
        Epoch epoch = loader.epoch(e, 0);
        while (epoch.hasNext()) {
          arrays.add(System.identityHashCode(epoch.next().images()));
        }
      }
      // Two ahead, one lent, and one more that may be taken before the lent one is back.
      assertTrue(arrays.size() <= 4, arrays.size() + " arrays");
    }
  }

  @Test
  void failuresOfAThreadReachTheConsumer() {
    Dataset broken = new Numbered(20, SampleShape.image(1, 2, 2), 13);
    try (BatchLoader loader = loader(broken, 5, false, Augmentation.none(), 2)) {
      Epoch epoch = loader.epoch(0, 0);
      epoch.next();
      epoch.next();
      KlifException e = assertThrows(KlifException.class, epoch::next);
      assertEquals("sample 13 is unreadable", e.getMessage());
      assertFalse(epoch.hasNext());
      // The loader itself still works.
      assertEquals(0, loader.epoch(0, 0).next().indices()[0]);
    }
  }

  @Test
  void closingEarlyEndsTheThreads() throws InterruptedException {
    Dataset set = new Numbered(1000, SampleShape.image(1, 2, 2));
    BatchLoader loader = loader(set, 5, true, Augmentation.none(), 2);
    Epoch abandoned = loader.epoch(0, 0);
    abandoned.next();
    Epoch next = loader.epoch(1, 0);
    assertFalse(abandoned.hasNext());
    assertTrue(next.hasNext());
    loader.close();
    loader.close();
    assertTrue(loader.workers().awaitTermination(10, TimeUnit.SECONDS));
  }

  @Test
  void theOrderIsFixedForAllVersions() {
    // From a second implementation, in Python. A change would break resuming and published results.
    assertArrayEquals(
        new int[] {1, 6, 5, 0, 3, 2, 7, 8, 4, 9}, new SampleRandom(1, 1, 0).permutation(10));
  }

  private static BatchLoader loader(
      Dataset set, int batch, boolean shuffle, Augmentation augmentation, int threads) {
    return new BatchLoader(
        set, batch, 7, shuffle, augmentation, Normalisation.NONE, Encoding.DIRECT, threads);
  }

  private static List<String> run(Dataset set, int threads, long seed, Augmentation augmentation) {
    List<String> all = new ArrayList<>();
    try (BatchLoader loader =
        new BatchLoader(
            set,
            10,
            seed,
            true,
            augmentation,
            Normalisation.of(0.3, 0.2),
            Encoding.DIRECT,
            threads)) {
      for (int e = 0; e < 3; e++) {
        all.addAll(texts(loader.epoch(e, 0)));
      }
    }
    return all;
  }

  private static List<String> texts(Epoch epoch) {
    List<String> all = new ArrayList<>();
    while (epoch.hasNext()) {
      Batch batch = epoch.next();
      all.add(
          Arrays.toString(batch.indices())
              + Arrays.toString(batch.labels())
              + Arrays.toString(batch.images()));
    }
    return all;
  }

  /** Samples whose values tell where they come from. */
  private record Numbered(int size, SampleShape shape, int brokenSample) implements Dataset {
    Numbered(int size, SampleShape shape) {
      this(size, shape, -1);
    }

    static float value(int sample, int position) {
      return (sample * 31 + position * 17) % 101 / 101f;
    }

    @Override
    public String name() {
      return "numbered";
    }

    @Override
    public List<String> classNames() {
      return List.of("a", "b", "c");
    }

    @Override
    public int label(int i) {
      return i % 3;
    }

    @Override
    public void read(int i, float[] destination, int offset) {
      if (i == brokenSample) {
        throw new KlifException("sample " + i + " is unreadable");
      }
      for (int p = 0; p < shape.values(); p++) {
        destination[offset + p] = value(i, p);
      }
    }

    @Override
    public void close() {}
  }
}
