package org.klif.bench;

import java.util.Map;
import java.util.function.ObjLongConsumer;
import org.klif.device.Device;
import org.klif.device.Loss;
import org.klif.device.Precision;
import org.klif.nn.Network;
import org.klif.optim.OptimizerOptions;

/**
 * Whole training steps of a network on random samples, N(0, 1) as normalised pixels are, with
 * random labels.
 *
 * @param network what is trained; its parameters change
 * @param loss which loss
 * @param optimizer rule and learning rate
 * @param batch samples a step
 * @param timed false where times mean nothing: a few steps are run
 */
public record StepBenchmark(
    Network network, Loss.Objective loss, OptimizerOptions optimizer, int batch, boolean timed) {
  private static final int FORWARD = 0;
  private static final int BACKWARD = 1;
  private static final int UPDATE = 2;
  private static final int PARTS = 3;
  private static final int FEWEST_RECORDED = 4;
  private static final long MOST_RECORDING_NANOS = 120_000_000_000L;

  /**
   * What a step took.
   *
   * @param step all of it, as training runs it: the samples put ahead, one captured work, one read
   * @param forward network and loss, run piece by piece and waited for
   * @param backward gradients of all parameters, likewise
   * @param update the optimizer, likewise
   * @param inputRates share of the inputs that are not zero at the last step, for each layer with
   *     weights: how much skipping zeros could save
   */
  public record Result(
      Spread step,
      Spread forward,
      Spread backward,
      Spread update,
      Map<String, Double> inputRates) {}

  /** Times it. The device has no other work meanwhile. */
  public Result run() {
    Device device = network.device();
    try (TrainingSteps training = prepare()) {
      Laps steps = Laps.measure(timed ? Repetition.STEPS : Repetition.FEW, 1, training::time);
      Laps parts =
          Laps.measure(
              timed ? Repetition.PARTS : Repetition.FEW,
              PARTS,
              nanos -> {
                training.upload();
                nanos[FORWARD] = nanos(device, training::forward);
                nanos[BACKWARD] = nanos(device, training::backward);
                nanos[UPDATE] = nanos(device, training::update);
              });
      return new Result(
          steps.total(),
          parts.part(FORWARD),
          parts.part(BACKWARD),
          parts.part(UPDATE),
          training.inputRates());
    }
  }

  /**
   * Times whole steps of this network in turn with those of another on the same device, the first
   * of the pairs.
   *
   * @param other with its own network
   */
  public Pairs against(StepBenchmark other, int pairs) {
    try (TrainingSteps mine = prepare();
        TrainingSteps others = other.prepare()) {
      return Pairs.measure(pairs, Repetition.STEP_PAIR, () -> nanos(mine), () -> nanos(others));
    }
  }

  /**
   * Runs steps for the profile of a device that records: twice as many as are to be recorded and
   * some to warm up, fewer where they take longer than two minutes.
   *
   * @param record steps that are to be recorded
   * @param expect told how many steps there will be, under their name
   */
  public void record(int record, ObjLongConsumer<String> expect) {
    try (TrainingSteps training = prepare()) {
      int steps = timed ? 2 * record + record / 2 : FEWEST_RECORDED;
      expect.accept(TrainingSteps.STEP, steps);
      long begin = System.nanoTime();
      for (int i = 0;
          i < steps && (i < FEWEST_RECORDED || System.nanoTime() - begin < MOST_RECORDING_NANOS);
          i++) {
        training.profiledStep();
      }
    }
  }

  /**
   * Counts what one captured step gives to the device, the second: the first chooses algorithms.
   *
   * @param precision the device's
   */
  public StepCount count(Precision precision) {
    try (TrainingSteps training = prepare()) {
      training.step();
      return StepCount.of(network.device().launchesOf(training::step), precision);
    }
  }

  /** The steps on this network, planned. */
  TrainingSteps prepare() {
    return new TrainingSteps(network, loss, optimizer, batch);
  }

  private static long nanos(TrainingSteps training) {
    long[] nanos = new long[1];
    training.time(nanos);
    return nanos[0];
  }

  private static long nanos(Device device, Runnable work) {
    device.synchronize();
    long begin = System.nanoTime();
    work.run();
    device.synchronize();
    return System.nanoTime() - begin;
  }
}
