package org.klif.nn;

/**
 * One layer for a table, for one sample.
 *
 * @param name as in parameter names, e.g. {@code 4.conv}
 * @param token as in the network's text; of a block its word
 * @param output shape, e.g. {@code 64x14x14}
 * @param parameters their number
 * @param neurons 0 when it has none
 * @param macs dense multiply-accumulates a pass; 0 for layers without weights other than attention
 * @param passes how often it runs for one sample: T, or 1 ahead of the first neuron of a constant
 *     input
 * @param spikingInput its input comes from spikes (pooled, dropped out or added up, perhaps), not
 *     from real-valued activations
 */
public record LayerSummary(
    String name,
    String token,
    String output,
    long parameters,
    long neurons,
    long macs,
    int passes,
    boolean spikingInput) {}
