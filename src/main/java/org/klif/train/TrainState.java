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
import org.klif.config.RunConfig;
import org.klif.io.JsonFile;
import org.klif.neuron.file.NeuronLibrary;

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
 * @param bestTestLoss of the best epoch; null before the first, and in checkpoints of versions that
 *     took the first of equal accuracies
 * @param bestEpoch its number, 0 before the first
 * @param last the last complete epoch, null before the first
 * @param config what the run was trained with, by key; null from a Klif that did not write it
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
    @Nullable Double bestTestLoss,
    int bestEpoch,
    @Nullable EpochResult last,
    @Nullable Map<String, String> config) {

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
   * @param ratePenalty sum over steps; null in a checkpoint of a version without it
   * @param layerNorms norms at the epoch's last step, by column, see {@link GradientNorms}; empty
   *     before it
   */
  record Sums(
      long samples,
      double loss,
      long correct,
      double gradientNorm,
      @Nullable Double ratePenalty,
      @Nullable Map<String, Double> layerNorms) {
    static final Sums NONE = new Sums(0, 0, 0, 0, 0.0, Map.of());

    /** Sorts the columns; a checkpoint of a version without them has null. */
    Sums {
      ratePenalty = ratePenalty == null ? 0.0 : ratePenalty;
      layerNorms =
          layerNorms == null
              ? Map.of()
              : Collections.unmodifiableSortedMap(new TreeMap<>(layerNorms));
    }

    /** With one more step. */
    Sums plus(
        int stepSamples, double stepLoss, long stepCorrect, double stepNorm, double stepPenalty) {
      return new Sums(
          samples + stepSamples,
          loss + stepLoss * stepSamples,
          correct + stepCorrect,
          gradientNorm + stepNorm,
          ratePenalty + stepPenalty,
          layerNorms);
    }

    /** With the norms of single layers. */
    Sums withLayerNorms(Map<String, Double> norms) {
      return new Sums(samples, loss, correct, gradientNorm, ratePenalty, norms);
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
    boolean counted =
        epoch >= 0
            && step >= 0
            && batch >= 0
            && bestEpoch >= 0
            && bestEpoch <= epoch
            && sums != null;
    if (!counted || (last == null ? epoch > 0 : last.epoch() != epoch)) {
      throw new IllegalArgumentException("its counters are not sound");
    }
    if (!(bestTestAccuracy >= 0 && bestTestAccuracy <= 1)) {
      throw new IllegalArgumentException("its best accuracy is " + bestTestAccuracy);
    }
    if (last != null
        && !(last.testAccuracy() >= 0
            && last.testAccuracy() <= 1
            && Double.isFinite(last.testLoss())
            && Double.isFinite(last.trainLoss()))) {
      throw new IllegalArgumentException("what its last epoch came to is not sound");
    }
    config = config == null ? null : Collections.unmodifiableSortedMap(new TreeMap<>(config));
  }

  /**
   * Before the first step.
   *
   * @param neurons what the files that the configuration names hold
   */
  static TrainState start(RunConfig config, NeuronLibrary neurons) {
    return new TrainState(
        FORMAT,
        TrainedWith.network(config),
        config.seed(),
        0,
        0,
        0,
        Sums.NONE,
        0,
        null,
        0,
        null,
        TrainedWith.of(config, neurons));
  }

  /**
   * Refuses a configuration of another network than the one that was trained.
   *
   * @param checkpoint whose state this is, for messages
   * @param goesOn training goes on, so that settings of training count, too
   */
  void requireTrainedWith(Path checkpoint, RunConfig now, NeuronLibrary neurons, boolean goesOn) {
    Map<String, String> trained =
        config == null ? Map.of(TrainedWith.NETWORK, TrainedWith.text(network)) : config;
    TrainedWith.difference(trained, TrainedWith.of(now, neurons), goesOn)
        .ifPresent(
            difference -> {
              throw new KlifException(
                  "%s was trained with %s; put that back into config.yaml, or train anew"
                      .formatted(checkpoint, difference));
            });
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
        bestTestLoss,
        bestEpoch,
        last,
        config);
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
        better ? (Double) result.testLoss() : bestTestLoss,
        better ? result.epoch() : bestEpoch,
        result,
        config);
  }

  /** Whether an epoch is better than all before: more accurate, or as accurate at a lower loss. */
  private boolean isBetter(EpochResult result) {
    if (bestEpoch == 0 || result.testAccuracy() != bestTestAccuracy) {
      return bestEpoch == 0 || result.testAccuracy() > bestTestAccuracy;
    }
    return bestTestLoss != null && result.testLoss() < bestTestLoss;
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
      TrainState state = JSON.readValue(json, TrainState.class);
      if (state == null) {
        throw new KlifException("%s is damaged: its %s is %s".formatted(file, KEY, json.strip()));
      }
      return state;
    } catch (JsonProcessingException e) {
      throw new KlifException(
          file + " is damaged: its state cannot be read: " + JsonFile.firstLine(e), e);
    }
  }
}
