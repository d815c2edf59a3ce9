package org.klif.interchange;

import java.util.List;
import org.klif.tensor.Extent;

/** A layer that was read from a NIR graph, ahead of the choice of Klif's neurons. */
sealed interface Op {

  /** Convolution. */
  record Conv(Affine affine, Extent stride, Extent padding) implements Op {}

  /** Fully connected layer. */
  record Linear(Affine affine) implements Op {}

  /** y = scale x + shift, one of each for a channel: becomes a batch norm. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Norm(double[] scale, double[] shift) implements Op {}

  /** Spiking neurons. */
  record Neurons(Cell cell) implements Op {}

  /** Neurons that do not fire: a leaky readout. */
  record Readout(Cell cell) implements Op {}

  /** Maximum or mean over windows. */
  record Pool(boolean maximum, Extent window, Extent stride, Extent padding) implements Op {}

  /** (C, H, W) to features. */
  record Flat() implements Op {}

  /** Mean of groups of neighbouring features. */
  record Vote(int group) implements Op {}

  /** y = x + f(x). */
  record Block(List<Op> layers) implements Op {}
}
