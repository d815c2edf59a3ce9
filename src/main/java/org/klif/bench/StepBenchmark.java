package org.klif.bench;

import java.util.Map;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.InputQueue;
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
 * @param timed false where times mean nothing: a few steps are run
 */
public record StepBenchmark(
    Network network, Loss.Kind loss, OptimizerOptions optimizer, int batch, boolean timed) {
  private static final int FORWARD = 0;
  private static final int BACKWARD = 1;
  private static final int UPDATE = 2;
  private static final int PARTS = 3;

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
    try (BufferScope scope = new BufferScope(device)) {
      Optimizer update = scope.own(new Optimizer(network, optimizer));
      NetworkPlan plan = scope.own(network.plan(batch, true));
      int classes = network.outputs();
      Loss lossOperation =
          scope.own(device.loss(new Loss.Spec(loss, plan.outputShape().steps(), batch, classes)));
      Buffer labels = scope.own(device.allocate(DType.INT32, batch));
      Buffer rate = scope.zeros((long) batch * classes);
      Noise noise = new Noise(1);
      float[] samples = noise.normal(Math.toIntExact(plan.inputShape().elements()));
      int[] sampleLabels = noise.labels(batch, classes);
      int[] dropoutCounter = new int[2];
      Runnable forward =
          () -> {
            plan.forward(true);
            lossOperation.forward(plan.output(), labels, rate, network.readings().loss());
          };
      Runnable backward =
          () -> {
            lossOperation.backward(rate, labels, plan.outputGradient(), update.lossScale());
            plan.backward();
          };
      Runnable uploads =
          () -> {
            dropoutCounter[0]++;
            plan.dropoutCounter().upload(dropoutCounter);
            update.upload(optimizer.learningRate());
          };
      InputQueue queue = scope.own(device.inputQueue(plan.input(), labels));
      CapturedWork whole =
          scope.own(
              device.capture(
                  () -> {
                    forward.run();
                    backward.run();
                    update.apply();
                  }));
      queue.put(samples, sampleLabels);
      Laps steps =
          Laps.measure(
              timed ? Repetition.STEPS : Repetition.FEW,
              1,
              nanos -> {
                long begin = System.nanoTime();
                uploads.run();
                queue.take();
                whole.run();
                queue.put(samples, sampleLabels);
                network.readings().download();
                nanos[0] = System.nanoTime() - begin;
              });
      Laps parts =
          Laps.measure(
              timed ? Repetition.PARTS : Repetition.FEW,
              PARTS,
              nanos -> {
                uploads.run();
                nanos[FORWARD] = nanos(device, forward);
                nanos[BACKWARD] = nanos(device, backward);
                nanos[UPDATE] = nanos(device, update::apply);
              });
      return new Result(
          steps.total(),
          parts.part(FORWARD),
          parts.part(BACKWARD),
          parts.part(UPDATE),
          plan.inputRates());
    }
  }

  private static long nanos(Device device, Runnable work) {
    device.synchronize();
    long begin = System.nanoTime();
    work.run();
    device.synchronize();
    return System.nanoTime() - begin;
  }
}
