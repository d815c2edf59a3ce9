package org.klif.train;

import org.klif.KlifException;
import org.klif.data.Batch;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.Loss;
import org.klif.nn.NamedActivation;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;

/** A network's work for one batch size, with its loss and the memory both need. */
final class BatchRun implements AutoCloseable {
  private final Device device;
  private final int size;
  private final NetworkPlan plan;
  private final Loss loss;
  private final Buffer labels;
  private final Buffer rate;
  private final Buffer result;
  private final float[] resultValues = new float[2];

  /** What one forward pass came to: mean loss, and how many samples were right. */
  record Outcome(double loss, long correct) {}

  BatchRun(Network network, Loss.Kind kind, int size, boolean training) {
    this.device = network.device();
    this.size = size;
    this.plan = network.plan(size, training);
    int classes = network.outputs();
    this.loss = device.loss(new Loss.Spec(kind, plan.outputShape().steps(), size, classes));
    this.labels = device.allocate(DType.INT32, size);
    this.rate = device.allocate((long) size * classes);
    this.result = device.allocate(2);
  }

  NetworkPlan plan() {
    return plan;
  }

  /** Copies a batch of this size to the device. */
  void upload(Batch batch) {
    if (batch.size() != size) {
      throw new IllegalArgumentException(
          "a batch of %d for a plan of %d".formatted(batch.size(), size));
    }
    plan.input().upload(batch.images());
    labels.upload(batch.labels());
  }

  /** Copies images without labels; the outcome's loss then means nothing. */
  void upload(float[] images) {
    plan.input().upload(images);
  }

  /** Network and loss. */
  Outcome forward(boolean training) {
    plan.forward(training);
    loss.forward(plan.output(), labels, rate, result);
    result.download(0, resultValues, 0, resultValues.length);
    return new Outcome(resultValues[0], Math.round(resultValues[1]));
  }

  /** Gradients of all parameters, after forward. */
  void backward() {
    loss.backward(rate, labels, plan.outputGradient());
    plan.backward();
  }

  /** Mean output over T, (batch, classes), of the last forward pass. */
  float[] rates() {
    return rate.toArray();
  }

  /** The first layer, in the order of the forward pass, whose output is not finite. */
  String firstNonFinite() {
    for (NamedActivation activation : plan.activations()) {
      if (device.firstNonFinite(activation.buffer()) >= 0) {
        return activation.name().equals("input")
            ? "the input data"
            : "the output of layer " + activation.name();
      }
    }
    return "the loss itself";
  }

  /** Stops a run whose loss is no number. */
  KlifException notFinite(double value, String when) {
    return new KlifException(
        "the loss is %s at %s: it first appeared in %s; a lower optimizer.learningRate or"
                .formatted(value, when, firstNonFinite())
            + " optimizer.clipNorm=1 may help");
  }

  @Override
  public void close() {
    result.close();
    rate.close();
    labels.close();
    loss.close();
    plan.close();
  }
}
