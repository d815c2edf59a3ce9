package org.klif.bench;

import java.util.List;
import org.klif.device.DType;
import org.klif.device.OptimizerStep;
import org.klif.nn.LayerSummary;

/**
 * The work that one dense training step cannot do without.
 *
 * @param flops floating-point operations of all layers with weights; a multiply-add is two
 * @param bytes memory traffic of neurons and optimizer
 */
public record StepWork(double flops, double bytes) {
  /** Forward, gradient of the weights, gradient of the input. */
  private static final int PASSES = 3;

  /** Values, gradient and both moments are read; values and moments are written. */
  private static final int ADAM_BYTES = 28;

  /** As Adam, with one moment. */
  private static final int SGD_BYTES = 20;

  /**
   * Counts it. Layers ahead of the first neuron of a static image run once, the others T times. The
   * first layer's input needs no gradient. A neuron-step counts {@link
   * NeuronBenchmark.Result#bytes} bytes; where pooling is fused behind neurons or their input is
   * constant it is less in truth.
   */
  public static StepWork of(
      List<LayerSummary> layers, int batch, OptimizerStep.Rule rule, DType activations) {
    double flops = 0;
    double bytes = 0;
    boolean first = true;
    for (LayerSummary layer : layers) {
      int passes = first && layer.macs() > 0 ? PASSES - 1 : PASSES;
      flops += 2.0 * layer.macs() * layer.passes() * batch * passes;
      bytes +=
          (double) NeuronBenchmark.bytes(activations) * layer.neurons() * layer.passes() * batch;
      bytes +=
          (double) (rule == OptimizerStep.Rule.SGD ? SGD_BYTES : ADAM_BYTES) * layer.parameters();
      // the copy that products read
      bytes += activations.isHalf() ? (double) activations.bytes() * layer.parameters() : 0;
      first &= layer.parameters() == 0;
    }
    return new StepWork(flops, bytes);
  }
}
