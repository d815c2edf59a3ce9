package org.klif.bench;

import java.util.ArrayList;
import java.util.List;
import org.klif.data.Batch;
import org.klif.data.BatchLoader;
import org.klif.data.Epoch;

/**
 * The data pipeline alone (reading, augmentation, encoder, normalisation, batches, in the loader's
 * own threads) in turn with training steps that wait for no data.
 *
 * @param loader makes the batches; stays the caller's
 * @param training whose steps take batches of the same size
 */
public record DataBenchmark(BatchLoader loader, StepBenchmark training) {
  private static final double BLOCK_SECONDS = 1;
  private static final double WARM_UP_SECONDS = 1;

  /** What waits at the start of a round was made while nobody looked at the clock. */
  private static final int READY_BATCHES = 4;

  private static final double MILLIS_PER_SECOND = 1e3;

  /**
   * What it took.
   *
   * @param batch samples in a training step
   * @param loaderSamplesPerSecond of the pipeline alone, one figure a round
   * @param steps training steps of each round
   */
  public record Result(int batch, List<Double> loaderSamplesPerSecond, List<Spread> steps) {
    /** Copies the lists. */
    public Result {
      loaderSamplesPerSecond = List.copyOf(loaderSamplesPerSecond);
      steps = List.copyOf(steps);
    }

    /** Samples a second of the pipeline alone: median, lowest, highest. */
    public Spread loader() {
      return Spread.of(loaderSamplesPerSecond);
    }

    /** Samples a second of training: median, lowest, highest. */
    public Spread training() {
      return Spread.of(
          steps.stream().map(step -> batch / step.median() * MILLIS_PER_SECOND).toList());
    }

    /** How many times as fast the pipeline is, of the medians. */
    public double times() {
      return loader().median() / training().median();
    }
  }

  /** Times it, so many rounds of each in turn. */
  public Result run(int rounds) {
    List<Double> loaded = new ArrayList<>();
    List<Spread> steps = new ArrayList<>();
    try (TrainingSteps training = this.training.prepare()) {
      Source source = new Source(loader);
      source.samplesPerSecond(WARM_UP_SECONDS);
      Laps.measure(Repetition.STEPS_OF_ROUND, 1, training::time);
      for (int i = 0; i < rounds; i++) {
        loaded.add(source.samplesPerSecond(BLOCK_SECONDS));
        steps.add(Laps.measure(Repetition.STEPS_OF_ROUND, 1, training::time).total());
      }
    }
    return new Result(training.batch(), loaded, steps);
  }

  /** Batches of one epoch after the other. */
  private static final class Source {
    private final BatchLoader loader;
    private int number;
    private Epoch epoch;

    Source(BatchLoader loader) {
      this.loader = loader;
    }

    private Batch next() {
      if (epoch == null || !epoch.hasNext()) {
        number++;
        epoch = loader.epoch(number, 0);
      }
      return epoch.next();
    }

    double samplesPerSecond(double seconds) {
      for (int i = 0; i < READY_BATCHES; i++) {
        next();
      }
      long begin = System.nanoTime();
      long samples = 0;
      double taken;
      do {
        samples += next().size();
        taken = (System.nanoTime() - begin) * 1e-9;
      } while (taken < seconds);
      return samples / taken;
    }
  }
}
