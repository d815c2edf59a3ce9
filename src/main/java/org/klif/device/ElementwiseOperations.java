package org.klif.device;

import org.jspecify.annotations.Nullable;

/** The operations of a device that need no plan. */
public interface ElementwiseOperations {
  /** Sets size elements to a value. */
  void fill(Buffer target, float value);

  /** target = source, element by element; equal sizes. */
  void copy(Buffer source, Buffer target);

  /** out = a + b; equal sizes; out may be a or b. */
  void add(Buffer a, Buffer b, Buffer out);

  /**
   * A moving average of what values hold at one moment after the other: average = fma(share, values
   * - average, average), element by element; equal sizes, FLOAT32.
   *
   * @param share 1 element, 0 to 1, in device memory: may change each step
   */
  void average(Buffer values, Buffer share, Buffer average);

  /** out (steps, n) = x (n) at each step. */
  void repeatOverTime(Buffer x, int steps, Buffer out);

  /** out (n) = sum over steps of x (steps, n). */
  void sumOverTime(Buffer x, int steps, Buffer out);

  /**
   * A dropout mask: 1 / (1 - p) with probability 1 - p, else 0. Philox4x32-10 with key seed and
   * counter (element / 4, stream, counter[0], counter[1]), so that every device draws the same
   * mask.
   *
   * @param mask n elements, written
   * @param p probability of dropping, 0 to below 1
   * @param counter INT32, 2 elements, in device memory: changes each step
   * @param stream which dropout layer
   * @param first element of the whole mask that mask begins with: a part of a batch draws what the
   *     whole batch has there
   */
  void dropoutMask(Buffer mask, double p, long seed, Buffer counter, int stream, long first);

  /** The whole mask. */
  default void dropoutMask(Buffer mask, double p, long seed, Buffer counter, int stream) {
    dropoutMask(mask, p, seed, counter, stream, 0);
  }

  /** out (steps, n) = x (steps, n) * mask (n); out may be x. Also its own backward. */
  void maskOverTime(Buffer x, Buffer mask, int steps, Buffer out);

  /** Channels last to channels first: out (images, C, pixels) from x (images, pixels, C). */
  void channelsFirst(Buffer x, int images, int channels, int pixels, Buffer out);

  /** Channels first to channels last: out (images, pixels, C) from x (images, C, pixels). */
  void channelsLast(Buffer x, int images, int channels, int pixels, Buffer out);

  /** Voting: out (rows, features / group) = mean of each group of neighbouring features of x. */
  void vote(Buffer x, int rows, int features, int group, Buffer out);

  /** gx (rows, features) from the gradient gy of {@link #vote}. */
  void voteBackward(Buffer gy, int rows, int features, int group, Buffer gx);

  /**
   * Leaky readout without firing: V[t] = V[t-1] + (x[t] - V[t-1]) rate, V before the first step 0
   * or initial.
   *
   * @param initial n elements or null
   * @param out (steps, n): V at each step
   * @param last n elements or null, written: V after the last step; may be initial
   */
  void leakyReadout(
      Buffer x,
      int steps,
      double rate,
      @Nullable Buffer initial,
      Buffer out,
      @Nullable Buffer last);

  /** gx (steps, n) from the gradient gy of {@link #leakyReadout}. */
  void leakyReadoutBackward(Buffer gy, int steps, double rate, Buffer gx);

  /** Index of the first element that is NaN or infinite, or -1. */
  long firstNonFinite(Buffer buffer);

  /** Sum of all elements, in double precision and in a fixed order. */
  double sum(Buffer buffer);
}
