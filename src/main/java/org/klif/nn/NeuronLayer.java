package org.klif.nn;

import java.util.List;
import org.klif.device.Buffer;
import org.klif.neuron.Neuron;

/**
 * A layer of spiking neurons in a plan.
 *
 * @param name e.g. {@code 2.klif}
 * @param spec what the network's text says of it
 * @param neuron its model
 * @param neurons in one sample
 * @param normalised a batch norm is ahead of it, behind the last layer with weights
 * @param activity 2 elements: mean spikes per neuron-step of the last forward pass, mean |gradient
 *     of the input current| of the last backward pass; a region of the {@link StepReadback}, in
 *     which the layers have the order of {@link NetworkPlan#neuronLayers}
 * @param parameters k or w, or what a neuron from a file learns, in its order
 */
public record NeuronLayer(
    String name,
    LayerSpec.Spiking spec,
    Neuron neuron,
    int neurons,
    boolean normalised,
    Buffer activity,
    List<Parameter> parameters) {
  /** Copies the list. */
  public NeuronLayer {
    parameters = List.copyOf(parameters);
  }
}
