package org.klif.verify;

import java.util.List;

/**
 * What comes out of a forward and a backward pass of a network: of a file, of a device, or of
 * {@link ReferenceNetwork}.
 *
 * @param output (T, N, classes)
 * @param rate mean of the output over T, (N, classes)
 * @param outputGradient of the loss
 * @param spikes a number for each layer of neurons
 * @param gradients of the parameters, in the order of the text
 * @param inputGradient (T, N, H, W, C), or (N, H, W, C) of a constant input
 * @param means running ones, of each batch norm
 * @param variances running ones
 */
@SuppressWarnings("ArrayRecordComponent") // compared by element, never by equals
record NetworkPass(
    double[] output,
    double[] rate,
    double[] outputGradient,
    double loss,
    double[] spikes,
    List<double[]> gradients,
    double[] inputGradient,
    List<double[]> means,
    List<double[]> variances) {

  /** The same with what a file says of a step. */
  NetworkPass withStep(double itsLoss, double[] itsSpikes, List<List<double[]>> running) {
    return new NetworkPass(
        output,
        rate,
        outputGradient,
        itsLoss,
        itsSpikes,
        gradients,
        inputGradient,
        running.get(0),
        running.get(1));
  }

  /** Sum of the absolute differences of outputs and parameters' gradients. */
  double distance(NetworkPass other) {
    double distance = distance(output, other.output);
    for (int i = 0; i < gradients.size(); i++) {
      distance += distance(gradients.get(i), other.gradients.get(i));
    }
    return distance;
  }

  /** Sum of the absolute differences. */
  static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs(a[i] - b[i]);
    }
    return sum;
  }
}
