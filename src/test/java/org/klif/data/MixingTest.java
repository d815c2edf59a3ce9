package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.data.frames.Encoder;
import org.klif.data.random.SampleRandom;

/** Mixup and cutmix: what becomes of samples and labels, and that it is the same each time. */
class MixingTest {
  private static final SampleShape SHAPE = SampleShape.sequence(2, 3, 5, 4);
  private static final Augmentation RECIPE = Augmentation.parse("crop(2) flip");

  private static float[] filled(float value) {
    float[] all = new float[SHAPE.values()];
    Arrays.fill(all, value);
    return all;
  }

  @Test
  void mixupWeighsEachValueAsTheLabel() {
    for (int i = 0; i < 20; i++) {
      float[] sample = filled(1);
      float w = new Mixing(1, 0).apply(sample, filled(3), SHAPE, new SampleRandom(i));
      assertTrue(w > 0 && w < 1, "weight " + w);
      assertArrayEquals(filled(w + (1 - w) * 3), sample, "weight " + w);
    }
  }

  /** The label's weight is the share that is left of the image, and all planes have the same. */
  @Test
  void cutmixPutsARectangleIntoAllPlanes() {
    int plane = SHAPE.height() * SHAPE.width();
    List<Float> weights = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      float[] sample = filled(1);
      float w = new Mixing(0, 1).apply(sample, filled(3), SHAPE, new SampleRandom(i));
      int left = 0;
      int firstRow = SHAPE.height();
      int endRow = 0;
      int firstColumn = SHAPE.width();
      int endColumn = 0;
      for (int at = 0; at < sample.length; at++) {
        assertEquals(sample[at % plane], sample[at]);
        if (at < plane && sample[at] == 1) {
          left++;
        } else if (at < plane) {
          int row = at / SHAPE.width();
          int column = at % SHAPE.width();
          firstRow = Math.min(firstRow, row);
          endRow = Math.max(endRow, row + 1);
          firstColumn = Math.min(firstColumn, column);
          endColumn = Math.max(endColumn, column + 1);
        }
      }
      assertEquals((float) left / plane, w, 1e-6f); // both are rounded once
      int area = left == plane ? 0 : (endRow - firstRow) * (endColumn - firstColumn);
      assertEquals(plane - left, area, "what is the other's is a rectangle");
      weights.add(w);
    }
    assertTrue(weights.stream().distinct().count() > 8, weights.toString());
  }

  /** A pixel that was not cut is a mean of both. */
  @Test
  void whereBothAreChosenASampleHasOneOfThem() {
    int cut = 0;
    for (int i = 0; i < 400; i++) {
      float[] sample = filled(1);
      new Mixing(1, 1).apply(sample, filled(3), SHAPE, new SampleRandom(i));
      cut += sample[0] == 1 || sample[0] == 3 ? 1 : 0;
    }
    // binomial of 400 at 1/2: four deviations of 10
    assertTrue(Math.abs(cut - 200) < 40, "cut " + cut);
  }

  /** Mean 1/2 and variance 1 / (4 (2 alpha + 1)), within five deviations of 20,000 numbers. */
  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.2, 1, 5})
  void weightsAreOfTheBetaDistribution(double alpha) {
    SampleRandom random = new SampleRandom(3, (long) (100 * alpha));
    int n = 20_000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double w = random.nextBeta(alpha);
      sum += w;
      squares += (w - 0.5) * (w - 0.5);
    }
    double variance = 1 / (4 * (2 * alpha + 1));
    assertEquals(0.5, sum / n, 5 * Math.sqrt(variance / n));
    // (w - 1/2)^2 is at most 1/4, so its own deviation is below sqrt(variance) / 2
    assertEquals(variance, squares / n, 2.5 * Math.sqrt(variance / n));
  }

  /** From a second implementation, in Python: a change would break resuming. */
  @Test
  void theWeightsAreFixedForAllVersions() {
    SampleRandom random = new SampleRandom(1, 3, 0);
    double[] weights = {random.nextBeta(0.2), random.nextBeta(1), random.nextBeta(5)};
    // two ways to write the same logarithms may differ in their last digits
    assertArrayEquals(
        new double[] {0.479859422517791, 0.7575090959667025, 0.2450071789847002}, weights, 1e-14);
  }

  private static BatchLoader loader(Mixing mixing, int threads, int shard, int shards) {
    return new BatchLoader(
        new Labelled(53),
        8,
        7,
        true,
        RECIPE,
        mixing,
        Normalisation.of(0.3, 0.2),
        new Encoding(Encoder.DIRECT, 4),
        threads,
        shard,
        shards);
  }

  /** A batch's samples as texts: all that is random, and the images. */
  private static List<String> samples(BatchLoader loader, int epoch, int from) {
    List<String> all = new ArrayList<>();
    try (Epoch batches = loader.epoch(epoch, from)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        int size = batch.images().length / batch.size();
        for (int n = 0; n < batch.size(); n++) {
          MixedLabels mixed = batch.mixed();
          all.add(
              "%d %d %d %s %s"
                  .formatted(
                      batch.indices()[n],
                      batch.labels()[n],
                      mixed.others()[n],
                      mixed.weights()[n],
                      Arrays.toString(
                          Arrays.copyOfRange(batch.images(), n * size, (n + 1) * size))));
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @CsvSource({"0.4, 0", "0, 1", "0.4, 1"})
  void threadsShardsAndWhereAnEpochIsEnteredChangeNothing(double mixup, double cutmix) {
    Mixing mixing = new Mixing(mixup, cutmix);
    List<String> whole;
    try (BatchLoader loader = loader(mixing, 1, 0, 1)) {
      whole = samples(loader, 3, 0);
      assertEquals(53, whole.size());
      assertEquals(whole.subList(32, 53), samples(loader, 3, 4));
      assertTrue(samples(loader, 4, 0).stream().noneMatch(whole::contains), "another epoch");
    }
    try (BatchLoader loader = loader(mixing, 3, 0, 1)) {
      assertEquals(whole, samples(loader, 3, 0));
    }
    List<String> parts = new ArrayList<>();
    for (int shard = 0; shard < 3; shard++) {
      try (BatchLoader loader = loader(mixing, 1, shard, 3)) {
        parts.addAll(samples(loader, 3, 0));
      }
    }
    assertEquals(whole.stream().sorted().toList(), parts.stream().sorted().toList());
  }

  /** Both as they are augmented in that epoch. */
  @Test
  void aSampleIsMixedWithWhatItsPartnerIsWithoutMixing() {
    float[][] plain = new float[53][];
    try (BatchLoader loader = loader(Mixing.NONE, 1, 0, 1);
        Epoch batches = loader.epoch(2, 0)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        int size = batch.images().length / batch.size();
        for (int n = 0; n < batch.size(); n++) {
          plain[batch.indices()[n]] = Arrays.copyOfRange(batch.images(), n * size, (n + 1) * size);
        }
        assertEquals(null, batch.mixed());
      }
    }
    try (BatchLoader loader = loader(new Mixing(0.5, 0), 1, 0, 1);
        Epoch batches = loader.epoch(2, 0)) {
      Batch batch = batches.next();
      int size = batch.images().length / batch.size();
      for (int n = 0; n < batch.size(); n++) {
        // a label of its own for each sample names the partner
        float[] other = plain[batch.mixed().others()[n]];
        float w = batch.mixed().weights()[n];
        for (int i = 0; i < size; i++) {
          float expected = w * plain[batch.indices()[n]][i] + (1 - w) * other[i];
          // values up to 4 after normalisation, rounded three times
          assertEquals(expected, batch.images()[n * size + i], 3e-6f);
        }
      }
    }
  }

  /** Images whose label is their number. */
  private record Labelled(int size) implements Dataset {
    @Override
    public String name() {
      return "labelled";
    }

    @Override
    public SampleShape shape() {
      return SampleShape.image(2, 6, 5);
    }

    @Override
    public List<String> classNames() {
      return IntStream.range(0, size).mapToObj(Integer::toString).toList();
    }

    @Override
    public int label(int index) {
      return index;
    }

    @Override
    public void read(int index, float[] target, int offset) {
      for (int i = 0; i < shape().values(); i++) {
        target[offset + i] = (index * 31 + i * 17) % 101 / 101f;
      }
    }

    @Override
    public void close() {
      // owns nothing
    }
  }
}
