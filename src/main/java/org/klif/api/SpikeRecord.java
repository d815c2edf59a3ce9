package org.klif.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.nn.Trace;

/** What the neurons of a network did for one sample, in evaluation mode. */
public final class SpikeRecord {
  private final Map<String, Trace.Layer> layers = new LinkedHashMap<>();
  private final Prediction prediction;

  SpikeRecord(Trace trace) {
    trace.layers().forEach(layer -> layers.put(layer.name(), layer));
    prediction = Prediction.of(trace.output());
  }

  /** Names of the neuron layers in the network's order, as in {@code 2.klif}. */
  public List<String> layers() {
    return List.copyOf(layers.keySet());
  }

  /** What the network said of the sample. */
  public Prediction prediction() {
    return prediction;
  }

  /**
   * Spikes of a layer, ahead of a pooling: 0 or 1.
   *
   * @return (T, C, H, W)
   */
  public float[] spikes(String layer) {
    Trace.Layer neurons = layer(layer);
    float[] spikes = new float[neurons.steps() * neurons.neurons()];
    for (int t = 0; t < neurons.steps(); t++) {
      for (int i = 0; i < neurons.neurons(); i++) {
        spikes[t * neurons.neurons() + i] = neurons.spiked(t, i) ? 1 : 0;
      }
    }
    return spikes;
  }

  /**
   * Charged potentials F of a layer, from which it fires.
   *
   * @return (T, C, H, W)
   */
  public float[] charged(String layer) {
    return layer(layer).charged().clone();
  }

  /**
   * Membrane potentials V of a layer after the reset.
   *
   * @return (T, C, H, W)
   */
  public float[] potentials(String layer) {
    return layer(layer).potential().clone();
  }

  private Trace.Layer layer(String name) {
    return Misuse.named("layer", layers, name);
  }
}
