package org.klif.train;

import com.google.common.primitives.Ints;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.nn.StepReadback;
import org.klif.shard.Shard;

/**
 * What the batches of an evaluation came to, in one array of floats (loss, correct samples and
 * rates of each batch; the confusion matrix), so that shards which had some of the batches each can
 * exchange them. The sums are taken at the end, in the order of the batches.
 */
final class EvaluationSums {
  private static final int STOPPED = 0;
  private static final int CONFUSION = 1;
  private static final int SIZE = 0;
  private static final int LOSS = 1;
  private static final int CORRECT = 2;
  private static final int RATES = 3;

  private final int batches;
  private final int classes;
  private final List<String> layers;
  private final int firstBatch;
  private final int stride;
  private final float[] values;

  EvaluationSums(int batches, int classes, List<String> layers) {
    this.batches = batches;
    this.classes = classes;
    this.layers = List.copyOf(layers);
    this.firstBatch = CONFUSION + classes * classes;
    this.stride = RATES + layers.size();
    this.values = new float[Math.addExact(firstBatch, Math.multiplyExact(batches, stride))];
  }

  /** The evaluation is not complete. */
  void stop() {
    values[STOPPED] = 1;
  }

  boolean isStopped() {
    return values[STOPPED] != 0;
  }

  /**
   * Counts predictions.
   *
   * @param rates (labels, classes)
   */
  void count(float[] rates, int[] labels) {
    for (int n = 0; n < labels.length; n++) {
      int predicted = Evaluator.largest(rates, n * classes, classes);
      values[CONFUSION + labels[n] * classes + predicted]++;
    }
  }

  /** Takes the readings of a batch. */
  void batch(int number, int size, StepReadback readings) {
    int at = firstBatch + number * stride;
    values[at + SIZE] = size;
    values[at + LOSS] = (float) readings.lossValue();
    values[at + CORRECT] = readings.correct();
    for (int i = 0; i < layers.size(); i++) {
      values[at + RATES + i] = readings.rate(i);
    }
  }

  /**
   * Adds what the other shards have. Nothing is rounded: counts are small, and each batch's numbers
   * are zero but in one shard.
   */
  void join(Shard shard) {
    float[][] all = shard.gather(values.clone());
    Arrays.fill(values, 0);
    for (float[] one : all) {
      for (int i = 0; i < values.length; i++) {
        values[i] += one[i];
      }
    }
  }

  Evaluation evaluation(int samples, double seconds) {
    double loss = 0;
    double correct = 0;
    Map<String, Double> spikes = new LinkedHashMap<>();
    for (int batch = 0; batch < batches; batch++) {
      int at = firstBatch + batch * stride;
      double size = values[at + SIZE];
      loss += values[at + LOSS] * size;
      correct += values[at + CORRECT];
      for (int i = 0; i < layers.size(); i++) {
        spikes.merge(layers.get(i), values[at + RATES + i] * size, Double::sum);
      }
    }
    spikes.replaceAll((name, sum) -> sum / samples);
    int[][] confusion = new int[classes][classes];
    for (int i = 0; i < classes * classes; i++) {
      confusion[i / classes][i % classes] = (int) values[CONFUSION + i];
    }
    List<List<Integer>> table = Arrays.stream(confusion).map(Ints::asList).toList();
    return new Evaluation(
        samples, loss / samples, correct / samples, table, spikes, samples / seconds);
  }
}
