package org.klif.data;

/**
 * What the samples of a batch were mixed with.
 *
 * @param others label of each sample's partner
 * @param weights share of each sample itself, 0 to 1
 */
@SuppressWarnings("ArrayRecordComponent") // a view of buffers that are reused; never compared
public record MixedLabels(int[] others, float[] weights) {}
