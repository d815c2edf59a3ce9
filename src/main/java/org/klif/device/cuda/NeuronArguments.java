package org.klif.device.cuda;

import java.nio.ByteBuffer;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronConstants;
import org.klif.neuron.Surrogate;

/** What a launch says of a neuron model: NeuronConstants of cuda-kernels/neuron/neuron.cuh. */
final class NeuronArguments {
  /** The struct. */
  static final KernelStruct STRUCT =
      new KernelStruct("NeuronConstants")
          .f64("alpha")
          .i32("surrogate")
          .f32("decayed", "plain", "r", "rest", "threshold", "hard", "hardReset")
          .f32("softThreshold", "attached", "scaleReset", "floor");

  private NeuronArguments() {}

  /** The struct's bytes. PLIF's r is computed on the device, from w as it is at that time. */
  static ByteBuffer struct(Neuron neuron) {
    float r = 0;
    if (neuron instanceof Neuron.Klif klif) {
      r = (float) (1 / klif.tau());
    } else if (neuron instanceof Neuron.Lif lif) {
      r = (float) (1 / lif.tau());
    }
    NeuronConstants c = NeuronConstants.of(neuron, r);
    Surrogate surrogate = neuron.common().surrogate();
    return STRUCT
        .write(1)
        .f64("alpha", surrogate.alpha())
        .i32("surrogate", code(surrogate.kind()))
        .f32("decayed", c.decayed())
        .f32("plain", c.plain())
        .f32("r", c.r())
        .f32("rest", c.rest())
        .f32("threshold", c.threshold())
        .f32("hard", c.hard())
        .f32("hardReset", c.hardReset())
        .f32("softThreshold", c.softThreshold())
        .f32("attached", c.attached())
        .f32("scaleReset", c.scaleReset())
        .f32("floor", c.floor())
        .end();
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
