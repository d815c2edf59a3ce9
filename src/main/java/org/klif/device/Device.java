package org.klif.device;

import java.util.List;
import java.util.Optional;
import org.klif.KlifException;
import org.klif.tensor.Extent;

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
public interface Device extends ElementwiseOperations, AutoCloseable {
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
   * Steps to be given ahead of reading what one came to: 1 where work goes on behind the host's
   * back, so that waiting for each result would leave the device idle; 0 where work is done when it
   * has been given.
   */
  default int stepsAhead() {
    return 0;
  }

  /**
   * Does the work and gives what it made the device do, in order; that of a captured work only when
   * it is recorded.
   *
   * @throws KlifException where the device has no means to take it down
   */
  default List<Launch> launchesOf(Runnable work) {
    throw new KlifException("launches are counted by the device sim, not by " + info().name());
  }

  /**
   * Work to be run many times. A device may record what the work gives it, at the first run, and
   * replay the record from then on: the work must do the same each time and may transfer nothing
   * from or to the host, but in {@link #onHost}.
   */
  CapturedWork capture(Runnable work);

  /**
   * Does a part of captured work that is the host's: it may transfer, and wait for others. A device
   * that records ends a record there and begins another, and does this part between the two at each
   * run. Outside of captured work it is done at once.
   */
  default void onHost(Runnable part) {
    part.run();
  }

  /**
   * A queue that fills two buffers with one batch after the other.
   *
   * @param images of a floating type
   * @param labels INT32
   */
  InputQueue inputQueue(Buffer images, Buffer labels);

  /** A queue that brings what small buffers of floating types hold to the host. */
  OutputQueue outputQueue(List<Buffer> buffers);

  // Layouts

  /** Layout of linear weights, canonical (out, in). */
  ParameterLayout linearWeightLayout(int in, int out);

  /** Layout of convolution weights, canonical (out, in, kernel's height, its width). */
  ParameterLayout convolutionWeightLayout(int inChannels, int outChannels, Extent kernel);

  // Planned operations

  /** Plans a convolution. */
  Convolution convolution(Convolution.Spec spec);

  /** Plans a linear layer. */
  Linear linear(Linear.Spec spec);

  /** Plans an attention. */
  Attention attention(Attention.Spec spec);

  /** Plans a pooling. */
  Pooling pooling(Pooling.Spec spec);

  /** Plans a batch norm. */
  BatchNorm batchNorm(BatchNorm.Spec spec);

  /** Plans a neuron unit. */
  NeuronUnit neuronUnit(NeuronUnit.Spec spec);

  /** Plans a loss. */
  Loss loss(Loss.Spec spec);

  /** Plans a penalty on firing rates. */
  RatePenalty ratePenalty(RatePenalty.Spec spec);

  /** Plans an optimizer step. */
  OptimizerStep optimizerStep(OptimizerStep.Spec spec);

  @Override
  void close();
}
