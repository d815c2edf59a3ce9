package org.klif.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.klif.data.Batch;
import org.klif.device.BufferScope;
import org.klif.device.Loss;
import org.klif.device.Probe;
import org.klif.nn.Network;
import org.klif.optim.Optimizer;
import org.klif.optim.OptimizerOptions;
import org.klif.train.BatchStep;

/**
 * A network's training steps on random samples, N(0, 1) as normalised pixels are, with random
 * labels: whole ones as training runs them, or their parts, each run by itself. The network stays
 * the caller's; its parameters change.
 */
final class TrainingSteps implements AutoCloseable {
  /** A whole step, in a profile. */
  static final String STEP = "training step";

  private final Network network;
  private final Probe probe;
  private final double learningRate;
  private final BufferScope scope;
  private final Optimizer optimizer;
  private final BatchStep work;
  private final Batch samples;
  private final int late;
  private long step;
  private int started;

  /** Plans them; the same batch is taken by each step. */
  TrainingSteps(Network network, Loss.Objective objective, OptimizerOptions options, int batch) {
    this.network = network;
    this.probe = network.device().probe();
    this.learningRate = options.learningRate();
    this.late = network.device().stepsAhead();
    this.scope = new BufferScope(network.device());
    try {
      optimizer = scope.own(new Optimizer(network, options));
      work = scope.own(new BatchStep(network, objective, batch, optimizer));
      Noise noise = new Noise(1);
      float[] images = noise.normal(Math.toIntExact(work.plan().inputShape().elements()));
      samples =
          new Batch(batch, images, noise.labels(batch, network.outputs()), new int[batch], batch);
      work.put(samples);
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  /**
   * A whole step: the samples put ahead, one captured work, one read; of the step before where the
   * device works on its own, as in training.
   */
  void step() {
    upload();
    work.start();
    work.put(samples);
    if (++started > late) {
      work.finish();
      started--;
    }
  }

  /** A step that a profiled device records, when it is its turn. */
  void profiledStep() {
    probe.beginStep(STEP);
    step();
    probe.endStep();
  }

  /** A whole step, its nanoseconds into the first element. */
  void time(long[] nanos) {
    long begin = System.nanoTime();
    step();
    nanos[0] = System.nanoTime() - begin;
  }

  /** Dropout's counter and the learning rate. */
  void upload() {
    probe.begin(Probe.Kind.PHASE, "upload");
    network.beginStep(++step);
    optimizer.upload(learningRate);
    probe.end();
  }

  /** Network and loss. */
  void forward() {
    work.forwardPass();
  }

  /** Gradients of all parameters. */
  void backward() {
    work.backwardPass();
  }

  /** The optimizer. */
  void update() {
    optimizer.apply();
  }

  /** Share of the inputs that are not zero at the last step, for each layer with weights. */
  Map<String, Double> inputRates() {
    Map<String, Double> rates = new LinkedHashMap<>();
    work.plan().inputs().forEach((layer, shares) -> rates.put(layer, shares.notZero()));
    return rates;
  }

  @Override
  public void close() {
    scope.close();
  }
}
