package org.klif.api;

/**
 * Some samples and their classes.
 *
 * @param images (N, C, H, W), or (T, N, C, H, W) for frames
 * @param labels class of each sample, from 0
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
public record LabelledBatch(float[] images, int[] labels) {}
