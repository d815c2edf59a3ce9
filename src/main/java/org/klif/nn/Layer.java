package org.klif.nn;

/** A layer of a network: its parameters. Its work is done by a plan for one batch size. */
sealed interface Layer
    permits AttentionLayer,
        BatchNormLayer,
        ConvolutionLayer,
        DropoutLayer,
        FlattenLayer,
        LeakyReadoutLayer,
        LinearLayer,
        PoolingLayer,
        RepeatLayer,
        ResidualLayer,
        Sequence,
        SpikingLayer,
        UpsamplingLayer,
        VotingLayer {
  /** Position and kind, e.g. {@code 0.conv}. */
  String name();

  /** Whether a gradient must reach this layer. */
  default boolean hasParameters() {
    return false;
  }

  /** Plans the work for an input of that shape. */
  LayerPlan plan(PlanContext context, Activation input);
}
