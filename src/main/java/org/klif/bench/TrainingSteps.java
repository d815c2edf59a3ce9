package org.klif.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.InputQueue;
import org.klif.device.Loss;
import org.klif.device.OutputQueue;
import org.klif.device.Probe;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.optim.Optimizer;
import org.klif.optim.OptimizerOptions;

/**
 * A network's training steps on random samples, N(0, 1) as normalised pixels are, with random
 * labels: whole ones as training runs them, or their parts, each run by itself. The network stays
 * the caller's; its parameters change.
 */
final class TrainingSteps implements AutoCloseable {
  /** A whole step, in a profile. */
  static final String STEP = "training step";

  private final Network network;
  private final Device device;
  private final Probe probe;
  private final double learningRate;
  private final BufferScope scope;
  private final Optimizer optimizer;
  private final NetworkPlan plan;
  private final Loss loss;
  private final Buffer labels;
  private final Buffer rate;
  private final InputQueue queue;
  private final OutputQueue results;
  private final int late;
  private final CapturedWork whole;
  private final float[] samples;
  private final int[] sampleLabels;
  private long step;

  /** Plans them; the same batch is taken by each step. */
  TrainingSteps(Network network, Loss.Objective objective, OptimizerOptions options, int batch) {
    this.network = network;
    this.device = network.device();
    this.probe = device.probe();
    this.learningRate = options.learningRate();
    this.scope = new BufferScope(device);
    try {
      optimizer = scope.own(new Optimizer(network, options));
      plan = scope.own(network.plan(batch, true));
      int classes = network.outputs();
      int steps = plan.outputShape().steps();
      loss =
          scope.own(device.loss(new Loss.Spec(objective.withMixed(false), steps, batch, classes)));
      labels = scope.own(device.allocate(DType.INT32, batch));
      rate = scope.zeros((long) batch * classes);
      Noise noise = new Noise(1);
      samples = noise.normal(Math.toIntExact(plan.inputShape().elements()));
      sampleLabels = noise.labels(batch, classes);
      queue = scope.own(device.inputQueue(plan.input(), labels));
      results = scope.own(device.outputQueue(List.of(network.readings().buffer())));
      late = device.stepsAhead();
      whole = scope.own(device.capture(this::compute));
      queue.put(samples, sampleLabels);
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
    phase("upload", this::upload);
    phase("upload", queue::take);
    whole.run();
    results.put();
    phase("upload", () -> queue.put(samples, sampleLabels));
    if (results.waiting() > late) {
      phase("download", () -> results.take(network.readings().values()));
    }
  }

  /** A step that a profiled device records, when it is its turn. */
  void heardStep() {
    probe.beginStep(STEP);
    step();
    probe.endStep();
  }

  private void phase(String name, Runnable work) {
    probe.begin(Probe.Kind.PHASE, name);
    work.run();
    probe.end();
  }

  /** A whole step, its nanoseconds into the first element. */
  void time(long[] nanos) {
    long begin = System.nanoTime();
    step();
    nanos[0] = System.nanoTime() - begin;
  }

  /** Dropout's counter and the learning rate. */
  void upload() {
    network.beginStep(++step);
    optimizer.upload(learningRate);
  }

  /** Network and loss. */
  void forward() {
    plan.forward(true);
    lossForward();
  }

  /** Gradients of all parameters. */
  void backward() {
    lossBackward();
    plan.backward();
  }

  /** The optimizer. */
  void update() {
    optimizer.apply();
  }

  private void compute() {
    phase("forward", () -> plan.forward(true));
    phase("loss", this::lossForward);
    phase("loss", this::lossBackward);
    phase("backward", plan::backward);
    phase("optimizer", this::update);
  }

  private void lossForward() {
    loss.forward(plan.output(), labels, rate, network.readings().loss());
  }

  private void lossBackward() {
    loss.backward(plan.output(), rate, labels, plan.outputGradient(), optimizer.lossScale());
  }

  /** Share of the inputs that are not zero at the last step, for each layer with weights. */
  Map<String, Double> inputRates() {
    Map<String, Double> rates = new LinkedHashMap<>();
    plan.inputs().forEach((layer, shares) -> rates.put(layer, shares.notZero()));
    return rates;
  }

  @Override
  public void close() {
    scope.close();
  }
}
