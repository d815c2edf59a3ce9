package org.klif.nn;

import java.util.List;
import org.klif.device.Buffer;

/**
 * All that a layer of neurons learns: k or w, or the parameters of a neuron from a file, one after
 * the other in the network's flat buffers, as a {@link org.klif.device.NeuronUnit} takes them.
 */
final class NeuronParameters {
  private final List<Parameter> parameters;
  private final long size;
  private Buffer buffer;
  private Buffer gradient;

  NeuronParameters(List<Parameter> parameters, long size) {
    this.parameters = List.copyOf(parameters);
    this.size = size;
  }

  List<Parameter> list() {
    return parameters;
  }

  /** Device memory of the values. */
  Buffer buffer() {
    return buffer;
  }

  /** Device memory of the gradients. */
  Buffer gradient() {
    return gradient;
  }

  void bind(Buffer values, Buffer gradients) {
    long offset = parameters.get(0).offset();
    buffer = values.view(offset, size);
    gradient = gradients.view(offset, size);
  }
}
