package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.klif.device.NeuronUnit;
import org.klif.device.NeuronUnitChecks;
import org.klif.neuron.NeuronModel;
import org.klif.tensor.ActivationShape;

/**
 * How the neurons of a user's own kind are spread over threads, with S states and L learned
 * parameters (cuda-kernels/custom_backward.cuh).
 *
 * @param lanes neighbours of a thread
 * @param channelwise columns are channels
 * @param chunk time steps whose states are in shared memory at once in the backward pass
 * @param sharedCheckpoints states at the start of each chunk are in shared memory, too
 */
record CustomGeometry(
    NeuronUnit.Spec spec,
    NeuronModel model,
    int lanes,
    boolean channelwise,
    ThreadSpread spread,
    int chunk,
    boolean sharedCheckpoints) {
  private static final int MOST_CHUNK = 16;

  /** States of a chunk: so much of a block leaves room for four on a multiprocessor. */
  private static final int CHUNK_BYTES = 32 << 10;

  /**
   * With checkpoints: still four of an A100's 164 KiB, 1 KiB of which each block has for itself.
   */
  private static final int MOST_SHARED = 40 << 10;

  /** Fewer threads a block for wide lanes, so that a chunk is as long. */
  private static final int BLOCK_LANES = 512;

  private static final int MOST_THREADS = 128;

  /** Spreads a unit. */
  static CustomGeometry of(NeuronUnit.Spec spec, NeuronModel model, int lanes, CudaLimits limits) {
    ActivationShape input = spec.input();
    boolean channelwise = byChannel(spec, model);
    int perStep = (int) NeuronUnitChecks.perStep(input);
    ThreadSpread spread =
        ThreadSpread.of(
            perStep / lanes,
            channelwise ? input.channels() / lanes : 0,
            Math.min(MOST_THREADS, BLOCK_LANES / lanes),
            channelwise,
            limits);
    int stepBytes = spread.threads() * lanes * model.states().size() * Float.BYTES;
    int most = Math.max(1, Math.min(MOST_CHUNK, CHUNK_BYTES / stepBytes));
    int chunks = ThreadSpread.ceilDiv(input.steps(), most);
    int chunk = ThreadSpread.ceilDiv(input.steps(), chunks);
    long slots = chunk + ThreadSpread.ceilDiv(input.steps(), chunk) - 1L;
    boolean shared = slots * stepBytes <= Math.min(MOST_SHARED, limits.sharedPerBlock());
    return new CustomGeometry(spec, model, lanes, channelwise, spread, chunk, shared);
  }

  /**
   * Whether packs of so many lanes can be used; for few neurons more threads hide more latency than
   * wider loads do.
   */
  static boolean fits(NeuronUnit.Spec spec, NeuronModel model, int lanes, CudaLimits limits) {
    ActivationShape input = spec.input();
    int perStep = (int) NeuronUnitChecks.perStep(input);
    return lanes > 1
        && perStep % lanes == 0
        && (!byChannel(spec, model) || input.channels() % lanes == 0)
        && perStep / lanes >= limits.multiprocessors() * MOST_THREADS;
  }

  private static boolean byChannel(NeuronUnit.Spec spec, NeuronModel model) {
    return spec.normalized() || model.learned().stream().anyMatch(NeuronModel.Learned::perChannel);
  }

  /** Rows of the partial sums of a learned parameter's gradient. */
  int learnedRows(NeuronModel.Learned parameter) {
    return parameter.perChannel() ? spread.rowBlocks() : spread.blocks();
  }

  /** Columns of those. */
  int learnedColumns(NeuronModel.Learned parameter) {
    return parameter.size(spec.input().channels());
  }

  /** Floats for partial sums of all learned parameters, one after the other. */
  long learnedPartials() {
    return model.learned().stream().mapToLong(p -> (long) learnedRows(p) * learnedColumns(p)).sum();
  }

  /** Floats for one of the two partial sums of a batch norm. */
  long normPartials() {
    return spec.normalized() ? (long) spread.rowBlocks() * spec.input().channels() : 0;
  }

  /** Floats for partial sums of a pass. */
  long partials() {
    return learnedPartials() + 2 * normPartials() + spread.blocks();
  }

  private int chunks() {
    return ThreadSpread.ceilDiv(spec.input().steps(), chunk);
  }

  /** Floats for states at the start of chunks that do not fit shared memory. */
  long checkpoints() {
    long threads = (long) spread.blocks() * spread.threads();
    return sharedCheckpoints ? 0 : (chunks() - 1) * threads * lanes * model.states().size();
  }

  /** The forward launch. */
  Grid forwardGrid() {
    return spread.grid(spread.threads() * Float.BYTES);
  }

  /** The backward launch. */
  Grid backwardGrid() {
    int slots = chunk + (sharedCheckpoints ? chunks() - 1 : 0);
    return spread.grid(slots * model.states().size() * spread.threads() * lanes * Float.BYTES);
  }

  /** SequenceShape of cuda-kernels/lanes.cuh. */
  ByteBuffer struct() {
    ActivationShape input = spec.input();
    ByteBuffer shape = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
    int perStep = spread.groups() * lanes;
    shape.putInt(input.steps()).putInt(input.constant() ? 1 : 0);
    shape.putInt(perStep).putInt(perStep).putInt(input.channels());
    shape.putInt(spread.columns()).putInt(spread.rows()).putInt(spread.groups());
    // no pooling; which parameters channels have for themselves is compiled in
    shape.putInt(0).putInt(0).putInt(0).putInt(0);
    shape.putInt(channelwise ? 1 : 0).putInt(chunk);
    return shape.rewind();
  }
}
