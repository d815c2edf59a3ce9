package org.klif.workbench;

import com.google.common.primitives.Floats;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;

/** Everything that a device computes of a case. */
public final class DeviceResults {
  final float[] spikes;
  final float[] last;
  final float[] gx;
  final float[] gInitial;
  final float[] gRaw;

  private DeviceResults(NeuronUnit.Backward io) {
    spikes = io.forward().spikes().toArray();
    last = array(io.forward().last());
    gx = io.gx().toArray();
    gInitial = array(io.gInitial());
    gRaw = array(io.gParameter());
  }

  private static float[] array(@Nullable Buffer buffer) {
    return buffer == null ? new float[0] : buffer.toArray();
  }

  /** Both passes. */
  static DeviceResults of(Device device, CheckCase one, CheckInputs inputs) {
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit = scope.own(device.neuronUnit(one.spec()));
      NeuronUnit.Backward io = GradientCases.buffers(scope, one, inputs);
      unit.forward(io.forward());
      unit.backward(io);
      return new DeviceResults(io);
    }
  }

  /** What differs from other results in any bit, or an empty text. */
  String difference(DeviceResults other) {
    String[] names = {
      "spikes", "states", "gradient of x", "gradient of states", "gradient of learned parameters"
    };
    float[][] mine = {spikes, last, gx, gInitial, gRaw};
    float[][] others = {other.spikes, other.last, other.gx, other.gInitial, other.gRaw};
    for (int i = 0; i < names.length; i++) {
      if (!Arrays.equals(mine[i], others[i])) {
        return names[i];
      }
    }
    return "";
  }

  /** Whether the gradients of the input and of what is learned are numbers. */
  boolean hasFiniteGradients() {
    return Stream.of(gx, gRaw)
        .flatMap(values -> Floats.asList(values).stream())
        .allMatch(Float::isFinite);
  }
}
