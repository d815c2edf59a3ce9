package org.klif.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.Loss;
import org.klif.nn.LayerSummary;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.optim.Optimizer;
import org.klif.optim.OptimizerOptions;

/**
 * Time of a whole training step (upload, forward, loss, backward, optimizer) on random images and
 * labels, so that no data set is needed.
 */
public final class TrainingBenchmark {
  private static final int WARM_UP_STEPS = 5;
  private static final double WARM_UP_SECONDS = 3;
  private static final int STEPS = 15;
  private static final double SECONDS = 5;

  /** The parts of a step, in order. */
  private static final List<String> PARTS =
      List.of("upload", "forward", "loss", "backward", "optimizer");

  /**
   * What was measured.
   *
   * @param batch samples in a step
   * @param step seconds of a whole step
   * @param parts median seconds of each part of a step
   * @param rates share of inputs that are not zero, for each layer with weights
   * @param flops of all dense matrix products of a step, a multiply-add counting as two
   */
  public record Result(
      int batch, Timing step, Map<String, Double> parts, Map<String, Double> rates, double flops) {
    /** Copies the maps, order kept. */
    public Result {
      parts = new LinkedHashMap<>(parts);
      rates = new LinkedHashMap<>(rates);
    }

    /** Samples per second. */
    public double imagesPerSecond() {
      return batch / step.median();
    }

    /**
     * For people.
     *
     * @param flopsPerSecond the device's matrix-product rate
     */
    public String text(double flopsPerSecond) {
      StringBuilder text =
          new StringBuilder(
              String.format(
                  Locale.ROOT,
                  "%.1f ms per step (median of %d, spread %.0f %%), %.0f images/s%n",
                  step.median() * 1e3,
                  step.runs(),
                  100 * step.spread(),
                  imagesPerSecond()));
      parts.forEach(
          (name, seconds) ->
              text.append(
                  String.format(
                      Locale.ROOT,
                      "  %-10s %8.1f ms  %4.0f %%%n",
                      name,
                      seconds * 1e3,
                      100 * seconds / step.median())));
      text.append("  inputs that are not zero:");
      rates.forEach(
          (name, rate) -> text.append(String.format(Locale.ROOT, " %s %.0f %%", name, 100 * rate)));
      return text.append(
              String.format(
                  Locale.ROOT,
                  "%n  dense matrix work %.1f GFLOP; at the %.1f GFLOP/s measured for a product of"
                      + " 1024 x 1024 matrices it takes %.1f ms, %.0f %% of the step%n",
                  flops / 1e9,
                  flopsPerSecond / 1e9,
                  1e3 * flops / flopsPerSecond,
                  100 * flops / flopsPerSecond / step.median()))
          .toString();
    }
  }

  private final Device device;
  private final Network network;
  private final NetworkPlan plan;
  private final Optimizer optimizer;
  private final double learningRate;
  private final Loss loss;
  private final Buffer target;
  private final Buffer rate;
  private final Buffer result;
  private final float[] images;
  private final int[] labels;
  private final float[] outcome = new float[2];
  private final int[] counter = new int[2];

  private TrainingBenchmark(
      Network network, int batch, Loss.Kind kind, OptimizerOptions options, BufferScope scope) {
    this.device = network.device();
    this.network = network;
    plan = scope.own(network.plan(batch, true));
    optimizer = scope.own(new Optimizer(network, options));
    learningRate = options.learningRate();
    int classes = network.outputs();
    loss = scope.own(device.loss(new Loss.Spec(kind, plan.outputShape().steps(), batch, classes)));
    Random random = new Random(1);
    labels = random.ints(batch, 0, classes).toArray();
    target = scope.ofInts(labels);
    rate = scope.zeros((long) batch * classes);
    result = scope.zeros(2);
    images = new float[Math.toIntExact(plan.inputShape().elements())];
    for (int i = 0; i < images.length; i++) {
      images[i] = (float) random.nextGaussian();
    }
  }

  /** Measures steps of a network, which is trained by them. */
  public static Result run(Network network, int batch, Loss.Kind kind, OptimizerOptions options) {
    try (BufferScope scope = new BufferScope(network.device())) {
      return new TrainingBenchmark(network, batch, kind, options, scope).measure();
    }
  }

  private Result measure() {
    steps(WARM_UP_STEPS, WARM_UP_SECONDS);
    List<double[]> measured = steps(STEPS, SECONDS);
    Map<String, Double> parts = new LinkedHashMap<>();
    for (int i = 0; i < PARTS.size(); i++) {
      int part = i;
      double[] all = measured.stream().mapToDouble(step -> step[part]).toArray();
      parts.put(PARTS.get(i), Timing.of(all).median());
    }
    Timing whole = Timing.of(measured.stream().mapToDouble(TrainingBenchmark::sum).toArray());
    return new Result(labels.length, whole, parts, plan.inputRates(), flops());
  }

  private static double sum(double[] parts) {
    double sum = 0;
    for (double part : parts) {
      sum += part;
    }
    return sum;
  }

  private List<double[]> steps(int least, double seconds) {
    List<double[]> all = new ArrayList<>();
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (all.size() < least || System.nanoTime() < end) {
      all.add(step());
    }
    return all;
  }

  /** One step as the trainer does it; seconds of each part. */
  private double[] step() {
    long start = System.nanoTime();
    counter[0]++;
    plan.dropoutCounter().upload(counter);
    plan.input().upload(images);
    target.upload(labels);
    long uploaded = done();
    plan.forward(true);
    long forward = done();
    loss.forward(plan.output(), target, rate, result);
    result.download(0, outcome, 0, outcome.length);
    loss.backward(rate, target, plan.outputGradient());
    long judged = done();
    plan.backward();
    long backward = done();
    optimizer.step(learningRate);
    long updated = done();
    return new double[] {
      (uploaded - start) * 1e-9,
      (forward - uploaded) * 1e-9,
      (judged - forward) * 1e-9,
      (backward - judged) * 1e-9,
      (updated - backward) * 1e-9
    };
  }

  private long done() {
    device.synchronize();
    return System.nanoTime();
  }

  /** Forward, data gradient and weight gradient of each layer; the first needs no data gradient. */
  private double flops() {
    double products = 0;
    boolean first = true;
    for (LayerSummary layer : network.summary()) {
      if (layer.macs() > 0) {
        products += (first ? 2.0 : 3.0) * layer.macs() * layer.passes();
        first = false;
      }
    }
    return 2 * products * labels.length;
  }
}
