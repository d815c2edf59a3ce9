package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.klif.device.DType;
import org.klif.device.NeuronUnit;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/**
 * How the neurons of a unit are spread over threads, for one layout (cuda-kernels/lanes.cuh).
 *
 * @param chunk time steps whose H is in shared memory at once in the backward pass
 * @param sharedCheckpoints potentials at the start of each chunk are in shared memory, too
 */
record NeuronGeometry(
    NeuronUnit.Spec spec,
    DType type,
    NeuronLayout layout,
    boolean channelwise,
    ThreadSpread spread,
    int chunk,
    boolean sharedCheckpoints) {
  /** Time steps of a chunk: 2 KiB a step leave room for three blocks on a multiprocessor. */
  private static final int MOST_CHUNK = 16;

  /** Bytes that a kernel has in shared memory beside the dynamic ones: PLIF's rate, aligned. */
  private static final int STATIC_SHARED = 16;

  /** Spreads a unit. */
  static NeuronGeometry of(
      NeuronUnit.Spec spec, DType type, NeuronLayout layout, int perStep, CudaLimits limits) {
    ActivationShape input = spec.input();
    boolean byChannel = byChannel(spec);
    boolean channelwise = byChannel || layout == NeuronLayout.POOL;
    ThreadSpread spread =
        ThreadSpread.of(
            perStep / layout.lanes(type),
            channelwise ? input.channels() / layout.channels(type) : 0,
            layout.threads(type),
            byChannel,
            limits);
    int chunks = ThreadSpread.ceilDiv(input.steps(), MOST_CHUNK);
    int chunk = ThreadSpread.ceilDiv(input.steps(), chunks);
    int slots = chunk + ThreadSpread.ceilDiv(input.steps(), chunk) - 1;
    int slotBytes = spread.threads() * layout.lanes(type) * Float.BYTES;
    return new NeuronGeometry(
        spec,
        type,
        layout,
        channelwise,
        spread,
        chunk,
        slots * slotBytes <= limits.sharedPerBlock() - STATIC_SHARED);
  }

  /** Whether something differs between channels. */
  static boolean byChannel(NeuronUnit.Spec spec) {
    return spec.normalized() || (spec.neuron() instanceof Neuron.Klif klif && klif.perChannel());
  }

  /** Channels that have a parameter of their own, or 1. */
  int parameterChannels() {
    return spec.neuron() instanceof Neuron.Klif klif && klif.perChannel()
        ? spec.input().channels()
        : 1;
  }

  /** Blocks of a launch. */
  int blocks() {
    return spread.blocks();
  }

  /** Blocks along the rows. */
  int rowBlocks() {
    return spread.rowBlocks();
  }

  private int threads() {
    return spread.threads();
  }

  private int chunks() {
    return ThreadSpread.ceilDiv(spec.input().steps(), chunk);
  }

  /** Rows of the partial sums of the parameter's gradient. */
  int parameterRows() {
    return parameterChannels() > 1 ? rowBlocks() : blocks();
  }

  /** Floats for partial sums of a pass. */
  long partials() {
    long parameter = (long) parameterRows() * parameterChannels();
    long norm = spec.normalized() ? 2L * rowBlocks() * spec.input().channels() : 0;
    return parameter + norm + blocks();
  }

  /** Floats for potentials at the start of chunks that do not fit shared memory. */
  long checkpoints() {
    return sharedCheckpoints
        ? 0
        : (long) (chunks() - 1) * blocks() * threads() * layout.lanes(type);
  }

  /** The forward launch. */
  Grid forwardGrid() {
    return spread.grid(threads() * Float.BYTES);
  }

  /**
   * The backward launch.
   *
   * @param kept H is read instead of computed again
   */
  Grid backwardGrid(boolean kept) {
    int slots = kept ? 1 : chunk + (sharedCheckpoints ? chunks() - 1 : 0);
    return spread.grid(threads() * layout.lanes(type) * Float.BYTES * slots);
  }

  /** SequenceShape of cuda-kernels/lanes.cuh. */
  ByteBuffer struct() {
    ActivationShape input = spec.input();
    ByteBuffer shape = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
    int perStep = spread.groups() * layout.lanes(type);
    boolean pooled = spec.pooling() != null;
    shape.putInt(input.steps()).putInt(input.constant() ? 1 : 0);
    shape.putInt(perStep).putInt(pooled ? perStep / 4 : perStep).putInt(input.channels());
    shape.putInt(spread.columns()).putInt(spread.rows()).putInt(spread.groups());
    shape.putInt(input.width() / 2).putInt(input.height() / 2);
    shape.putInt(spec.pooling() == Pooling.Kind.MAX ? 1 : pooled ? 2 : 0);
    shape.putInt(parameterChannels()).putInt(channelwise ? 1 : 0).putInt(chunk);
    return shape.rewind();
  }
}
