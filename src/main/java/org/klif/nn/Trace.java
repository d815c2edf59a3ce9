package org.klif.nn;

import java.util.List;

/**
 * What every neuron did for one sample, in evaluation mode.
 *
 * @param layers the neuron layers in network order
 * @param output mean of the network's output over T, one value a class
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
public record Trace(List<Layer> layers, float[] output) {
  /** Copies the list. */
  public Trace {
    layers = List.copyOf(layers);
  }

  /**
   * One neuron layer. Neurons are numbered in (C, H, W) order.
   *
   * @param name e.g. {@code 2.klif}
   * @param threshold V_th
   * @param charged F, (T, neurons)
   * @param potential V after the reset, (T, neurons)
   * @param samples of the whole batch
   * @param fired how often each neuron fired, over all steps of all samples of the batch
   */
  @SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
  public record Layer(
      String name,
      int steps,
      int neurons,
      double threshold,
      float[] charged,
      float[] potential,
      int samples,
      int[] fired) {

    /** Whether a neuron fired at a step: F at or above the threshold. */
    public boolean spiked(int step, int neuron) {
      return charged(step, neuron) >= (float) threshold;
    }

    /** F of a neuron at a step. */
    public float charged(int step, int neuron) {
      return charged[step * neurons + neuron];
    }

    /** V after the reset of a neuron at a step. */
    public float potential(int step, int neuron) {
      return potential[step * neurons + neuron];
    }
  }
}
