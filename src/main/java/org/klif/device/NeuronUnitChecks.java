package org.klif.device;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/**
 * Refuses buffers that do not fit a planned neuron unit, by name, size and type.
 *
 * @param activationType the device's
 */
public record NeuronUnitChecks(NeuronUnit.Spec spec, DType activationType) {
  /** Refuses what no device can plan. */
  public NeuronUnitChecks {
    if (spec.pooling() != null && spec.neuron() instanceof Neuron.Custom custom) {
      throw new KlifException(
          "pooling cannot be fused with neuron %s, which is of your own; it is a layer behind it"
              .formatted(custom.model().name()));
    }
  }

  /** Neurons of a layer, N * C * H * W; one time step must fit a Java buffer. */
  public static long perStep(ActivationShape input) {
    long neurons = Math.multiplyExact((long) input.batch(), (long) input.features());
    if (neurons > Integer.MAX_VALUE / 4) {
      throw new KlifException(
          "one time step of %s is over the limit of 2 GiB; use a smaller batch".formatted(input));
    }
    return neurons;
  }

  /** The learned numbers, which a unit that has some needs: k, w, or a user's neuron's. */
  public static Buffer parameter(NeuronUnit.Forward io) {
    if (io.parameter() == null) {
      throw new KlifException("a neuron unit with learned parameters needs them (k, w, ...)");
    }
    return io.parameter();
  }

  /** Checks the buffers of the backward pass. */
  public void backward(NeuronUnit.Backward io) {
    forward(io.forward());
    checkActivations("gradient of x", io.gx(), spec.input().elements());
    checkActivations("gradient of the spikes", io.gSpikes(), spec.output().elements());
    checkIfGiven("gradient of every spike", io.everySpike(), 1);
    if (io.everySpike() != null && !spec.everySpike()) {
      throw new KlifException(
          "this neuron unit was planned without a gradient of every spike, which it is given");
    }
    checkIfGiven("gradient of the last potential", io.gLast(), stateSize());
    checkIfGiven("gradient of the initial potential", io.gInitial(), stateSize());
    checkIfGiven("gradient of the parameter", io.gParameter(), parameterSize());
    checkIfGiven("sums for the batch norm", io.normSums(), 2L * spec.input().channels());
    if (spec.normalized() && io.norm() == null) {
      throw new KlifException("a normalized neuron unit needs mean and invStd to go backward");
    }
  }

  /** All states of a step: one, or a plane for each state of a neuron of the user's own. */
  private long stateSize() {
    int planes = spec.neuron() instanceof Neuron.Custom custom ? custom.model().states().size() : 1;
    return Math.multiplyExact(planes, perStep(spec.input()));
  }

  private int parameterSize() {
    if (spec.neuron() instanceof Neuron.Custom custom) {
      return custom.model().learnedSize(spec.input().channels());
    }
    return spec.neuron() instanceof Neuron.Klif klif && klif.perChannel()
        ? spec.input().channels()
        : 1;
  }

  /** Checks the buffers of the forward pass. */
  public void forward(NeuronUnit.Forward io) {
    checkActivations("x", io.x(), spec.input().elements());
    checkActivations("spikes", io.spikes(), spec.output().elements());
    if (spec.neuron().hasParameter()) {
      check("parameter", parameter(io), parameterSize());
    }
    if (spec.normalized()) {
      if (io.scale() == null || io.shift() == null) {
        throw new KlifException("a normalized neuron unit needs scale and shift");
      }
      check("scale", io.scale(), spec.input().channels());
      check("shift", io.shift(), spec.input().channels());
    }
    checkIfGiven("initial potential", io.initial(), stateSize());
    checkIfGiven("last potential", io.last(), stateSize());
    checkIfGiven("charged potential", io.charged(), spec.input().steps() * perStep(spec.input()));
    checkIfGiven("potential", io.potential(), spec.input().steps() * perStep(spec.input()));
    checkIfGiven("activity", io.activity(), 2);
  }

  private void checkIfGiven(String what, @Nullable Buffer buffer, long size) {
    if (buffer != null) {
      check(what, buffer, size);
    }
  }

  private void checkActivations(String what, Buffer buffer, long size) {
    check(what, buffer, size, activationType);
  }

  private void check(String what, Buffer buffer, long size) {
    check(what, buffer, size, DType.FLOAT32);
  }

  private void check(String what, Buffer buffer, long size, DType type) {
    if (buffer.size() != size) {
      throw new KlifException(
          "neuron unit of %s: %s has %d elements, expected %d"
              .formatted(spec.input(), what, buffer.size(), size));
    }
    if (buffer.type() != type) {
      throw new KlifException(
          "neuron unit of %s: %s holds %s, expected %s"
              .formatted(spec.input(), what, buffer.type(), type));
    }
  }
}
