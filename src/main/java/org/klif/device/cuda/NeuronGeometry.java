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
 * Everything depends on the shape and on the device's limits alone, so that sums have the same
 * order in each run.
 *
 * @param columns owners beside each other that have a whole row
 * @param rows of columns
 * @param groups owners in all
 * @param blockX threads of a block along the columns
 * @param blockY threads of a block along the rows
 * @param columnBlocks blocks along the columns
 * @param rowBlocks blocks along the rows
 * @param chunk time steps whose H is in shared memory at once in the backward pass
 * @param sharedCheckpoints potentials at the start of each chunk are in shared memory, too
 */
record NeuronGeometry(
    NeuronUnit.Spec spec,
    DType type,
    NeuronLayout layout,
    boolean channelwise,
    int columns,
    int rows,
    int groups,
    int blockX,
    int blockY,
    int columnBlocks,
    int rowBlocks,
    int chunk,
    boolean sharedCheckpoints) {
  /** Time steps of a chunk: 2 KiB a step leave room for three blocks on a multiprocessor. */
  private static final int MOST_CHUNK = 16;

  /** Fewer rows a thread make partial sums of channels a notable part of the traffic. */
  private static final int ROWS_FOR_SUMS = 4;

  /** Spreads a unit. */
  static NeuronGeometry of(
      NeuronUnit.Spec spec, DType type, NeuronLayout layout, int perStep, CudaLimits limits) {
    ActivationShape input = spec.input();
    boolean byChannel = byChannel(spec);
    boolean channelwise = byChannel || layout == NeuronLayout.POOL;
    int threads = layout.threads(type);
    int groups = perStep / layout.lanes(type);
    int columns = channelwise ? input.channels() / layout.channels(type) : threads;
    int rows = ceilDiv(groups, columns);
    int columnBlocks = ceilDiv(columns, threads);
    int blockX = ceilDiv(columns, columnBlocks);
    int blockY = Math.max(1, threads / blockX);
    int wanted = ceilDiv(rows, blockY);
    int most = Math.max(1, limits.threads() / (threads * columnBlocks));
    int few = Math.max(1, 4 * limits.multiprocessors() / columnBlocks);
    int enough =
        byChannel ? Math.max(ceilDiv(wanted, ROWS_FOR_SUMS), Math.min(wanted, few)) : wanted;
    int chunks = ceilDiv(input.steps(), MOST_CHUNK);
    int chunk = ceilDiv(input.steps(), chunks);
    int slots = chunk + ceilDiv(input.steps(), chunk) - 1;
    int slotBytes = blockX * blockY * layout.lanes(type) * Float.BYTES;
    return new NeuronGeometry(
        spec,
        type,
        layout,
        channelwise,
        columns,
        rows,
        groups,
        blockX,
        blockY,
        columnBlocks,
        Math.min(most, enough),
        chunk,
        slots * slotBytes <= limits.sharedPerBlock());
  }

  /** Whether something differs between channels. */
  static boolean byChannel(NeuronUnit.Spec spec) {
    return spec.normalized() || (spec.neuron() instanceof Neuron.Klif klif && klif.perChannel());
  }

  private static int ceilDiv(int a, int b) {
    return (int) (((long) a + b - 1) / b);
  }

  /** Channels that have a parameter of their own, or 1. */
  int parameterChannels() {
    return spec.neuron() instanceof Neuron.Klif klif && klif.perChannel()
        ? spec.input().channels()
        : 1;
  }

  /** Blocks of a launch. */
  int blocks() {
    return Math.multiplyExact(rowBlocks, columnBlocks);
  }

  private int threads() {
    return blockX * blockY;
  }

  private int chunks() {
    return ceilDiv(spec.input().steps(), chunk);
  }

  /** Rows of the partial sums of the parameter's gradient. */
  int parameterRows() {
    return parameterChannels() > 1 ? rowBlocks : blocks();
  }

  /** Floats for partial sums of a pass. */
  long partials() {
    long parameter = (long) parameterRows() * parameterChannels();
    long norm = spec.normalized() ? 2L * rowBlocks * spec.input().channels() : 0;
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
    return grid(threads() * Float.BYTES);
  }

  /**
   * The backward launch.
   *
   * @param kept H is read instead of computed again
   */
  Grid backwardGrid(boolean kept) {
    int slots = kept ? 1 : chunk + (sharedCheckpoints ? chunks() - 1 : 0);
    return grid(threads() * layout.lanes(type) * Float.BYTES * slots);
  }

  private Grid grid(int sharedBytes) {
    return new Grid(rowBlocks, columnBlocks, 1, blockX, blockY, 1, sharedBytes);
  }

  /** SequenceShape of cuda-kernels/lanes.cuh. */
  ByteBuffer struct() {
    ActivationShape input = spec.input();
    ByteBuffer shape = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
    int perStep = groups * layout.lanes(type);
    boolean pooled = spec.pooling() != null;
    shape.putInt(input.steps()).putInt(input.constant() ? 1 : 0);
    shape.putInt(perStep).putInt(pooled ? perStep / 4 : perStep).putInt(input.channels());
    shape.putInt(columns).putInt(rows).putInt(groups);
    shape.putInt(input.width() / 2).putInt(input.height() / 2);
    shape.putInt(spec.pooling() == Pooling.Kind.MAX ? 1 : pooled ? 2 : 0);
    shape.putInt(parameterChannels()).putInt(channelwise ? 1 : 0).putInt(chunk);
    return shape.rewind();
  }
}
