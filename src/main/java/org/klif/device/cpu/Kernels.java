package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.OptimizerStep;
import org.klif.neuron.NeuronConstants;
import org.klif.neuron.Surrogate;

/**
 * The inner loops of the CPU device, each over one chunk that fits the first-level cache: charge,
 * scale, fire and reset of KLIF, PLIF, LIF and IF, which differ in their constants alone, and the
 * way back. They are the twins of cuda-kernels/neuron/neuron.cuh; docs/MATH.md names both beside
 * each equation. Arrays are scratch memory, indexed from {@code from} to {@code from + n}; a {@link
 * Elements} are device memory, read or written from an element on, all of an operation in one type.
 * Two implementations compute the same float32 steps in the same order: {@link ScalarKernels} and,
 * where the incubating Vector API is there, a vectorised one. Sums differ in nothing either: each
 * array element is its own accumulator.
 */
public interface Kernels {
  /** One line for people: instruction set and lanes. */
  String description();

  /**
   * Charge, scale, fire and reset of one step; spikes go to device memory. See {@link
   * NeuronConstants} for the formula; X = fma(x, scale, shift). Spikes are counted in the worker's
   * {@link Scratch.Worker#fired}.
   *
   * @param w whose potentials v are updated
   * @param vFrom first element of v
   */
  void forward(
      NeuronConstants c,
      Tiles tiles,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      Elements spikes,
      int spikeAt,
      int n);

  /**
   * The same step, spikes and charged potential H into scratch memory; nothing is counted.
   *
   * @param vFrom first element of v
   * @param from first element of h and s
   */
  void recompute(
      NeuronConstants c,
      Tiles tiles,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n);

  /**
   * d = fma(decayed, X, -(V - rest)), the derivative of H by r, before the step changes v.
   *
   * @param tileFrom index into the tiles of the first element
   */
  void decayTerm(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n);

  /** sg = surrogate'(max(k h, floor) - threshold). */
  void surrogate(
      Surrogate.Kind kind,
      float alpha,
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Scratch.Worker w,
      int from,
      int n);

  /**
   * One step back in time: from g = dL/dV[t] and gs = dL/dS[t] to gh = dL/dH[t] and g = dL/dV[t-1];
   * gk collects dL/dk.
   *
   * @param from first element of h, s and sg
   * @param gsFrom first element of gs
   * @param gFrom first element of g (updated), gh (written) and gk (added to)
   */
  void backward(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      Scratch.Worker w,
      int from,
      int gsFrom,
      int gFrom,
      int n);

  /**
   * The same step without its spikes, which {@link #pool}, {@link #unpool} and {@link #backSteps}
   * compute from H. Without scaleReset.
   */
  void replay(
      NeuronConstants c,
      Tiles tiles,
      Elements x,
      int xAt,
      Scratch.Worker w,
      int vFrom,
      int from,
      int n);

  /**
   * {@link #backward} for the steps from end - 1 down to first, H and gs of step t at from + t
   * stride; S and the derivative of the surrogate atan are computed from H. Each step's gradient of
   * x goes through {@link #emit} or, for a constant input, is added to the worker's gx. Without
   * scaleReset.
   *
   * @param tileFrom index into the tiles of the first element
   * @param alpha of the surrogate
   * @param x null without a batch norm
   * @param gx null for a constant input
   * @param at elements from the start of a step to the first neuron, in x and gx
   */
  void backSteps(
      NeuronConstants c,
      Tiles tiles,
      int tileFrom,
      float alpha,
      Scratch.Worker w,
      int from,
      int stride,
      int first,
      int end,
      @Nullable Steps x,
      @Nullable Steps gx,
      int at,
      int n);

  /** target = source. */
  void load(Elements source, int at, float[] target, int from, int n);

  /** target = source. */
  void store(float[] source, int from, Elements target, int at, int n);

  /** acc = fma(a, b, acc). */
  void multiplyAdd(float[] a, int aFrom, float[] b, int bFrom, float[] acc, int accFrom, int n);

  /** acc += factor * a. */
  void scaleAdd(float factor, float[] a, float[] acc, int from, int n);

  /**
   * gx = factor * g to device memory; sumG += gx, sumGx += gx * (x - mean) invStd where x is given,
   * sumAbs += |gx|.
   *
   * @param x null when there is no batch norm
   */
  void emit(
      float factor,
      float[] g,
      int from,
      Tiles tiles,
      int tileFrom,
      Elements x,
      int xAt,
      Elements gx,
      int gxAt,
      Scratch.Worker w,
      int n);

  /**
   * sum += x - origin, squares += (x - origin)^2.
   *
   * @param from first element of both sums
   */
  void moments(Elements x, int xAt, float[] origin, float[] sum, float[] squares, int from, int n);

  /** y = fma(x, scale, shift). */
  void affine(Elements x, int xAt, float[] scale, float[] shift, Elements y, int yAt, int n);

  /** out = fma(g, a, fma(x, b, c)). */
  void affine2(
      Elements g, Elements x, int at, float[] a, float[] b, float[] c, Elements out, int n);

  /** out = a + b. */
  void add(Elements a, int aAt, Elements b, int bAt, Elements out, int outAt, int n);

  /** average = fma(share, values - average, average), of float32 numbers. */
  void average(Elements values, float share, Elements average, int at, int n);

  /** out = a * b. */
  void multiply(Elements a, int aAt, Elements b, int bAt, Elements out, int outAt, int n);

  /**
   * Two rows of neurons under 2x2 windows, channels last.
   *
   * @param max maximum, else mean
   * @param length elements of a row
   * @param windows number of windows, each with so many channels
   */
  record PooledRows(boolean max, int length, int channels, int windows) {
    /** Elements of both rows. */
    int size() {
      return 2 * length;
    }

    /** Elements of the pooled rows. */
    public int outputs() {
      return windows * channels;
    }

    /** The first pixel under an output, as an element of the upper row. */
    public int element(int output) {
      return output / channels * 2 * channels + output % channels;
    }
  }

  /**
   * Maximum or mean of the spikes of each window, which are computed from H and counted in the
   * worker's {@link Scratch.Worker#fired}.
   *
   * @param from first element of h
   * @param out gets windows * channels elements
   */
  void pool(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      Scratch.Worker w,
      int from,
      Elements out,
      int at);

  /**
   * gs, from gsFrom on, for both rows from the gradient of {@link #pool}; the first largest spike
   * gets a maximum's gradient.
   */
  void unpool(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      Scratch.Worker w,
      int from,
      Elements gy,
      int at,
      int gsFrom);

  /**
   * {@link #replay} and {@link #pool} of all T. What is left in the worker's H is not said. Without
   * scaleReset.
   *
   * @param first first element of the upper row in a step of x
   * @param second first element of the lower row
   * @param w whose potentials are updated and spikes counted
   * @param outAt first element in a step of out
   */
  default void forwardPooled(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      int steps,
      Steps x,
      int first,
      int second,
      Scratch.Worker w,
      Steps out,
      int outAt) {
    int at = Scratch.FIRST;
    for (int t = 0; t < steps; t++) {
      replayRows(c, tiles, rows, x, t, first, second, w, at);
      pool(c, tiles, rows, w, at, out.at(t), out.base(t) + outAt);
    }
  }

  /**
   * How many outputs {@link #replayPooled} takes at once: all, or a divisor or multiple of the
   * channels, so that H and gs of all T stay in the first-level cache until {@link #backSteps} has
   * read them.
   */
  default int outputsAtOnce(PooledRows rows, int steps) {
    return rows.outputs();
  }

  /**
   * {@link #replay} and {@link #unpool} of all T. Without scaleReset.
   *
   * @param output first output, a multiple of {@link #outputsAtOnce}
   * @param count so many of them, or what is left
   * @param first first element of the upper row in a step of x
   * @param second first element of the lower row
   * @param w whose potentials, H and gs are written
   * @param gSAt first element in a step of the pooled spikes' gradient gS
   * @param stride elements from a step to the next one in H and gs
   */
  default void replayPooled(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      int output,
      int count,
      int steps,
      Steps x,
      int first,
      int second,
      Scratch.Worker w,
      Steps gS,
      int gSAt,
      int stride) {
    for (int t = 0; t < steps; t++) {
      int at = Scratch.FIRST + t * stride;
      replayRows(c, tiles, rows, x, t, first, second, w, at);
      unpool(c, tiles, rows, w, at, gS.at(t), gS.base(t) + gSAt, at);
    }
  }

  private void replayRows(
      NeuronConstants c,
      Tiles tiles,
      PooledRows rows,
      Steps x,
      int t,
      int first,
      int second,
      Scratch.Worker w,
      int at) {
    int n = rows.length();
    int base = x.base(t);
    replay(c, tiles, x.at(t), base + first, w, Scratch.FIRST, at, n);
    replay(c, tiles, x.at(t), base + second, w, Scratch.FIRST + n, at + n, n);
  }

  /**
   * Windows of a pooling beside each other, all channels: maximum or mean. Offsets count elements.
   *
   * @param adds the gradient is added to what is in gx, as windows that overlap need it; else gx is
   *     overwritten
   * @param height pixels of a window
   * @param width pixels of a window
   * @param step pixels from one window to the next
   * @param share what a mean multiplies a sum by
   * @param row elements of a row of x
   * @param count number of windows
   * @param corner first element of the first window in x
   * @param target first element of the first window in y
   */
  record Windows(
      boolean max,
      boolean adds,
      int height,
      int width,
      int step,
      float share,
      int row,
      int channels,
      int count,
      int corner,
      int target) {
    /** First element of a window in x. */
    public int from(int window) {
      return corner + window * step * channels;
    }

    /** First element of a window in y. */
    public int to(int window) {
      return target + window * channels;
    }
  }

  /** y = the maximum or mean of each window of x, both float32. */
  void windows(Windows windows, Elements x, Elements y);

  /**
   * The gradient of {@link #windows}, all float32, to all elements of the windows in gx; the first
   * largest element gets a maximum's.
   *
   * @param w whose gh is overwritten, an element for each channel
   */
  void windowGradients(Windows windows, Elements x, Elements gy, Elements gx, Scratch.Worker w);

  /**
   * target = source, of the other type: float32 numbers are rounded to bfloat16 ones to the
   * nearest, ties to even, and a NaN stays one.
   */
  void convert(Elements source, int from, Elements target, int to, int n);

  /**
   * Elements of one optimizer segment.
   *
   * @param rate learning rate times the segment's factor
   * @param nesterov SGD looks ahead along its momentum
   * @param correction1 1 / (1 - beta1^n)
   * @param correction2 1 / (1 - beta2^n)
   * @param clip gradients are multiplied by it
   * @param first the first step of SGD sets the momentum to the gradient
   */
  record Update(
      OptimizerStep.Rule rule,
      float rate,
      float momentum,
      boolean nesterov,
      float beta2,
      float eps,
      float decay,
      float correction1,
      float correction2,
      float clip,
      boolean first) {}

  /** One optimizer update in place, of float32 numbers. */
  void update(Update u, Elements p, Elements g, Elements m, Elements v, int at, int n);

  /** Sums of {@link #squares}. */
  int SUMS = 16;

  /**
   * Sum of squares of n elements, n at most a few thousand: element i is added to sum i modulo 16,
   * and those are added in their order, so that every processor and version of Java has the same
   * bits.
   */
  float squares(Elements x, int at, int n);
}
