package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronConstants;
import org.klif.neuron.Surrogate;

/** What a launch says of a neuron model: NeuronConstants of cuda-kernels/neuron/neuron.cuh. */
final class NeuronArguments {
  private NeuronArguments() {}

  /** The struct's 56 bytes. PLIF's r is computed on the device, from w as it is at that time. */
  static ByteBuffer struct(Neuron neuron) {
    float r = 0;
    if (neuron instanceof Neuron.Klif klif) {
      r = (float) (1 / klif.tau());
    } else if (neuron instanceof Neuron.Lif lif) {
      r = (float) (1 / lif.tau());
    }
    NeuronConstants c = NeuronConstants.of(neuron, r);
    Surrogate surrogate = neuron.common().surrogate();
    ByteBuffer struct = ByteBuffer.allocate(56).order(ByteOrder.nativeOrder());
    struct.putDouble(surrogate.alpha()).putInt(code(surrogate.kind()));
    struct.putFloat(c.decayed()).putFloat(c.plain()).putFloat(c.r()).putFloat(c.rest());
    struct.putFloat(c.threshold()).putFloat(c.hard()).putFloat(c.hardReset());
    struct.putFloat(c.softThreshold()).putFloat(c.attached()).putFloat(c.scaleReset());
    struct.putFloat(c.floor());
    return struct.rewind();
  }

  /** SurrogateKind of cuda-kernels/neuron/surrogate.cuh. */
  private static int code(Surrogate.Kind kind) {
    return switch (kind) {
      case ATAN -> 0;
      case SIGMOID -> 1;
      case TRIANGLE -> 2;
      case RECTANGLE -> 3;
      case GAUSSIAN -> 4;
      case SOFTSIGN -> 5;
    };
  }
}
