package org.klif.bench;

import java.util.Map;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.Loss;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.optim.Optimizer;
import org.klif.optim.OptimizerOptions;

/**
 * Whole training steps of a network on random samples, N(0, 1) as normalised pixels are, with
 * random labels.
 *
 * @param network what is trained; its parameters change
 * @param loss which loss
 * @param optimizer rule and learning rate
 * @param batch samples a step
 */
public record StepBenchmark(
    Network network, Loss.Kind loss, OptimizerOptions optimizer, int batch) {
  private static final int FORWARD = 0;
  private static final int BACKWARD = 1;
  private static final int UPDATE = 2;
  private static final int PARTS = 3;

  /**
   * What a step took.
   *
   * @param step all of it
   * @param forward upload of the samples, network, loss, and its value read
   * @param backward gradients of all parameters
   * @param update the optimizer, and the gradient's norm read
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
    try (BufferScope scope = new BufferScope(device)) {
      Optimizer update = scope.own(new Optimizer(network, optimizer));
      NetworkPlan plan = scope.own(network.plan(batch, true));
      int classes = network.outputs();
      Loss lossOperation =
          scope.own(device.loss(new Loss.Spec(loss, plan.outputShape().steps(), batch, classes)));
      Buffer labels = scope.own(device.allocate(DType.INT32, batch));
      Buffer rate = scope.zeros((long) batch * classes);
      Buffer result = scope.zeros(2);
      Noise noise = new Noise(1);
      float[] samples = noise.normal(Math.toIntExact(plan.inputShape().elements()));
      int[] sampleLabels = noise.labels(batch, classes);
      int[] dropoutCounter = new int[2];
      float[] lossValue = new float[2];
      Laps laps =
          Laps.measure(
              Repetition.STEPS,
              PARTS,
              nanos -> {
                long begin = System.nanoTime();
                plan.input().upload(samples);
                labels.upload(sampleLabels);
                dropoutCounter[0]++;
                plan.dropoutCounter().upload(dropoutCounter);
                plan.forward(true);
                lossOperation.forward(plan.output(), labels, rate, result);
                result.download(0, lossValue, 0, lossValue.length);
                long afterForward = System.nanoTime();
                lossOperation.backward(rate, labels, plan.outputGradient());
                plan.backward();
                device.synchronize();
                long afterBackward = System.nanoTime();
                update.step(optimizer.learningRate());
                update.gradientNorm();
                nanos[FORWARD] = afterForward - begin;
                nanos[BACKWARD] = afterBackward - afterForward;
                nanos[UPDATE] = System.nanoTime() - afterBackward;
              });
      return new Result(
          laps.total(),
          laps.part(FORWARD),
          laps.part(BACKWARD),
          laps.part(UPDATE),
          plan.inputRates());
    }
  }
}
