package org.klif.api;

/**
 * Samples of one's own, for example in files, for {@link LabelledData#of(Samples, Samples, int,
 * int, int, int)}. Its methods are called from several threads at once.
 */
public interface Samples {
  /** How many there are, at least 1. */
  int size();

  /** The class of a sample, from 0. */
  int label(int sample);

  /**
   * Writes a sample to {@code target[offset ...]}, (C, H, W). Augmentation takes values as 0..1;
   * without it they may be any.
   */
  void read(int sample, float[] target, int offset);
}
