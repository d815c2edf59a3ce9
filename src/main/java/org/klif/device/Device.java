package org.klif.device;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that training needs of a machine: memory, planned operations and a few element-wise
 * ones.
 *
 * <p>Rules that both sides keep. Activations, dropout masks and gradients of activations have the
 * type {@link #activationType} and are channels last (see {@link org.klif.tensor.ActivationShape});
 * parameters, gradients of parameters, potentials and statistics are FLOAT32. An operation with a
 * shape is planned once per (network, batch, T) by a factory method below, which may choose
 * algorithms and allocate; running it allocates nothing. What changes from step to step is in
 * buffers, never an argument, so that a whole step can be captured and replayed. Work is done in
 * the order given; {@link Buffer#download} and {@link #synchronize} wait for it. Sums have a fixed
 * order: same seed, same device, same options, same bits. A device is used by one thread at a time.
 */
public interface Device extends AutoCloseable {
  /** What this is. */
  DeviceInfo info();

  /** Is told what the layers do; {@link Probe#NONE} unless the device is profiled. */
  default Probe probe() {
    return Probe.NONE;
  }

  /** What it can do by its makers' figures; empty where that has to be measured. */
  default Optional<DeviceLimits> nominalLimits() {
    return Optional.empty();
  }

  /** Type of all activations, their gradients and dropout masks. */
  default DType activationType() {
    return DType.FLOAT32;
  }

  /** New memory, all zero. */
  Buffer allocate(DType type, long size);

  /** New FLOAT32 memory, all zero. */
  default Buffer allocate(long size) {
    return allocate(DType.FLOAT32, size);
  }

  /**
   * New FLOAT32 memory for learned numbers, all zero. A device whose products read 16 bits may keep
   * a copy in {@link #activationType} beside it: uploads, {@link #fill}, {@link #copy} and {@link
   * OptimizerStep} write both.
   */
  default Buffer allocateParameters(long size) {
    return allocate(size);
  }

  /** Number of buffers not closed yet (views not counted). */
  int liveBuffers();

  /** Waits until all work is done. */
  void synchronize();

  /**
   * Work to be run many times. A device may record what the work gives it, at the first run, and
   * replay the record from then on: the work must do the same each time and may transfer nothing
   * from or to the host.
   */
  CapturedWork capture(Runnable work);

  /**
   * A queue that fills two buffers with one batch after the other.
   *
   * @param images of a floating type
   * @param labels INT32
   */
  InputQueue inputQueue(Buffer images, Buffer labels);

  // Layouts

  /** Layout of linear weights, canonical (out, in). */
  ParameterLayout linearWeightLayout(int in, int out);

  /** Layout of convolution weights, canonical (out, in, kernel, kernel). */
  ParameterLayout convolutionWeightLayout(int inChannels, int outChannels, int kernel);

  // Planned operations

  /** Plans a convolution. */
  Convolution convolution(Convolution.Spec spec);

  /** Plans a linear layer. */
  Linear linear(Linear.Spec spec);

  /** Plans a pooling. */
  Pooling pooling(Pooling.Spec spec);

  /** Plans a batch norm. */
  BatchNorm batchNorm(BatchNorm.Spec spec);

  /** Plans a neuron unit. */
  NeuronUnit neuronUnit(NeuronUnit.Spec spec);

  /** Plans a loss. */
  Loss loss(Loss.Spec spec);

  /** Plans an optimizer step. */
  OptimizerStep optimizerStep(OptimizerStep.Spec spec);

  // Element-wise operations

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

  @Override
  void close();
}
