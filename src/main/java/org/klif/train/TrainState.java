package org.klif.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.neuron.NeuronFile;
import org.klif.nn.NetworkSpec;

/**
 * Where a run stands. With the tensors of a checkpoint it fixes all that follows: the order of the
 * samples and their augmentation are functions of (seed, epoch, batch), the dropout masks of (seed,
 * step), the learning rate of step and epochs.
 *
 * @param format of the checkpoint
 * @param network its text, for people
 * @param seed of the run
 * @param epoch epochs that are complete, evaluation included
 * @param step training steps done
 * @param batch training steps done in the epoch that is not complete
 * @param sums over those steps
 * @param bestTestAccuracy over the complete epochs, 0 before the first
 * @param bestEpoch its number, 0 before the first
 * @param last the last complete epoch, null before the first
 */
record TrainState(
    int format,
    String network,
    long seed,
    int epoch,
    long step,
    int batch,
    Sums sums,
    double bestTestAccuracy,
    int bestEpoch,
    @Nullable EpochResult last) {

  /** The key of the state in a checkpoint's metadata. */
  static final String KEY = "klif.state";

  private static final int FORMAT = 1;
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

  /**
   * Running sums of an epoch.
   *
   * @param samples trained on
   * @param loss sum over these samples
   * @param correct of these
   * @param gradientNorm sum over steps
   * @param layerNorms norms at the epoch's last step, by column, see {@link GradientNorms}; empty
   *     before it
   */
  record Sums(
      long samples,
      double loss,
      long correct,
      double gradientNorm,
      @Nullable Map<String, Double> layerNorms) {
    static final Sums NONE = new Sums(0, 0, 0, 0, Map.of());

    /** Sorts the columns; a checkpoint of a version without them has null. */
    Sums {
      layerNorms =
          layerNorms == null
              ? Map.of()
              : Collections.unmodifiableSortedMap(new TreeMap<>(layerNorms));
    }

    /** With one more step. */
    Sums plus(int stepSamples, double stepLoss, long stepCorrect, double stepNorm) {
      return new Sums(
          samples + stepSamples,
          loss + stepLoss * stepSamples,
          correct + stepCorrect,
          gradientNorm + stepNorm,
          layerNorms);
    }

    /** With the norms of single layers. */
    Sums withLayerNorms(Map<String, Double> norms) {
      return new Sums(samples, loss, correct, gradientNorm, norms);
    }

    double meanLoss() {
      return loss / Math.max(1, samples);
    }

    double accuracy() {
      return (double) correct / Math.max(1, samples);
    }
  }

  /** Checks what can be checked. */
  TrainState {
    if (format != FORMAT) {
      throw new IllegalArgumentException("it has format %d, this Klif reads 1".formatted(format));
    }
    if (epoch < 0 || step < 0 || batch < 0 || sums == null) {
      throw new IllegalArgumentException("its counters are not sound");
    }
  }

  /** Before the first step. */
  static TrainState start(RunConfig config) {
    // where a neuron's file was says nothing of the run
    String network = NetworkSpec.withFiles(config.network(), NeuronFile::name);
    return new TrainState(FORMAT, network, config.seed(), 0, 0, 0, Sums.NONE, 0, 0, null);
  }

  /** After one more training step. */
  TrainState afterStep(Sums newSums) {
    return new TrainState(
        format,
        network,
        seed,
        epoch,
        step + 1,
        batch + 1,
        newSums,
        bestTestAccuracy,
        bestEpoch,
        last);
  }

  /** After the evaluation that completes an epoch. */
  TrainState afterEpoch(EpochResult result) {
    boolean better = isBetter(result);
    return new TrainState(
        format,
        network,
        seed,
        result.epoch(),
        step,
        0,
        Sums.NONE,
        better ? result.testAccuracy() : bestTestAccuracy,
        better ? result.epoch() : bestEpoch,
        result);
  }

  /** Whether an epoch is better than all before. */
  boolean isBetter(EpochResult result) {
    return bestEpoch == 0 || result.testAccuracy() > bestTestAccuracy;
  }

  String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records that cannot be written as JSON", e);
    }
  }

  static TrainState fromJson(Path file, @Nullable String json) {
    if (json == null) {
      throw new KlifException(file + " is not a checkpoint of a Klif run: it has no " + KEY);
    }
    try {
      return JSON.readValue(json, TrainState.class);
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() instanceof IllegalArgumentException ? e.getCause() : e;
      String reason =
          cause instanceof JsonProcessingException known
              ? known.getOriginalMessage().lines().findFirst().orElse("malformed")
              : cause.getMessage();
      throw new KlifException(file + " is damaged: its state cannot be read: " + reason, e);
    }
  }
}
