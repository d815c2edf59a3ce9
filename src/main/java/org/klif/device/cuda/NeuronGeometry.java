package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.util.List;
import org.klif.device.DType;
import org.klif.device.NeuronUnit;
import org.klif.device.NeuronUnitChecks;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.tensor.ActivationShape;

/**
 * How the neurons of a unit are spread over threads (cuda-kernels/neuron/lanes.cuh).
 *
 * @param lanes neurons of a thread
 * @param states numbers that a neuron carries from step to step: H, or those of a user's neuron
 * @param learned for each learned parameter whether channels have one of their own
 * @param channelwise columns are channels
 * @param chunk time steps whose states are in shared memory at once in the backward pass
 * @param sharedCheckpoints states at the start of each chunk are in shared memory, too
 */
record NeuronGeometry(
    NeuronUnit.Spec spec,
    int lanes,
    int states,
    List<Boolean> learned,
    boolean channelwise,
    ThreadSpread spread,
    int chunk,
    boolean sharedCheckpoints) {
  /** SequenceShape of cuda-kernels/neuron/lanes.cuh. */
  static final KernelStruct STRUCT =
      new KernelStruct("SequenceShape")
          .i32("steps", "constant", "neurons", "outputs", "channels", "columns")
          .i32("rows", "groups", "pooledWidth", "pooledHeight", "pooling")
          .i32("parameterChannels", "channelwise", "chunk");

  /** Time steps of a chunk: 2 KiB a step leave room for three blocks on a multiprocessor. */
  private static final int MOST_CHUNK = 16;

  /** Bytes that a kernel has in shared memory beside the dynamic ones: PLIF's rate, aligned. */
  private static final int STATIC_SHARED = 16;

  // A user's neuron (cuda-kernels/custom/custom_backward.cuh)

  /** States of a chunk: so much of a block leaves room for four on a multiprocessor. */
  private static final int CHUNK_BYTES = 32 << 10;

  /**
   * With checkpoints: still four of an A100's 164 KiB, 1 KiB of which each block has for itself.
   */
  private static final int MOST_SHARED = 40 << 10;

  /** Fewer threads a block for wide lanes, so that a chunk is as long. */
  private static final int BLOCK_LANES = 512;

  private static final int MOST_THREADS = 128;

  /** Copies the list. */
  NeuronGeometry {
    learned = List.copyOf(learned);
  }

  /** Spreads a unit of a built-in neuron. */
  static NeuronGeometry of(
      NeuronUnit.Spec spec, DType type, NeuronLayout layout, int perStep, CudaLimits limits) {
    boolean byChannel = byChannel(spec);
    boolean channelwise = byChannel || layout == NeuronLayout.POOL;
    ThreadSpread spread =
        ThreadSpread.of(
            perStep / layout.lanes(type),
            channelwise ? spec.input().channels() / layout.channels(type) : 0,
            layout.threads(type),
            byChannel,
            limits);
    boolean kByChannel = spec.neuron() instanceof Neuron.Klif klif && klif.perChannel();
    int shared = limits.sharedPerBlock() - STATIC_SHARED;
    return new NeuronGeometry(
            spec, layout.lanes(type), 1, List.of(kByChannel), channelwise, spread, 0, false)
        .inChunks(MOST_CHUNK, shared);
  }

  /** Spreads a unit of a user's neuron, so many neighbours to a thread. */
  static NeuronGeometry of(NeuronUnit.Spec spec, NeuronModel model, int lanes, CudaLimits limits) {
    boolean channelwise = byChannel(spec, model);
    ThreadSpread spread =
        ThreadSpread.of(
            (int) NeuronUnitChecks.perStep(spec.input()) / lanes,
            channelwise ? spec.input().channels() / lanes : 0,
            Math.min(MOST_THREADS, BLOCK_LANES / lanes),
            channelwise,
            limits);
    List<Boolean> learned = model.learned().stream().map(NeuronModel.Learned::perChannel).toList();
    NeuronGeometry whole =
        new NeuronGeometry(
            spec, lanes, model.states().size(), learned, channelwise, spread, 0, false);
    int most = Math.max(1, Math.min(MOST_CHUNK, CHUNK_BYTES / whole.stepBytes()));
    return whole.inChunks(most, Math.min(MOST_SHARED, limits.sharedPerBlock()));
  }

  /** Cut into chunks of at most so many steps; the checkpoints may have the rest of a memory. */
  private NeuronGeometry inChunks(int mostSteps, int shared) {
    int steps = spec.input().steps();
    int length = ThreadSpread.ceilDiv(steps, ThreadSpread.ceilDiv(steps, mostSteps));
    long slots = length + ThreadSpread.ceilDiv(steps, length) - 1L;
    boolean fits = slots * stepBytes() <= shared;
    return new NeuronGeometry(spec, lanes, states, learned, channelwise, spread, length, fits);
  }

  /** Shared memory of a block for the states of one step. */
  private int stepBytes() {
    return spread.threads() * lanes * states * Float.BYTES;
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

  /** Whether something differs between channels. */
  static boolean byChannel(NeuronUnit.Spec spec) {
    return spec.normalized() || (spec.neuron() instanceof Neuron.Klif klif && klif.perChannel());
  }

  private static boolean byChannel(NeuronUnit.Spec spec, NeuronModel model) {
    return spec.normalized() || model.learned().stream().anyMatch(NeuronModel.Learned::perChannel);
  }

  /** Blocks of a launch. */
  int blocks() {
    return spread.blocks();
  }

  /** Rows of the partial sums of a learned parameter's gradient. */
  int learnedRows(int parameter) {
    return learned.get(parameter) ? spread.rowBlocks() : blocks();
  }

  /** Columns of those: channels that have a parameter of their own, or 1. */
  int learnedColumns(int parameter) {
    return learned.get(parameter) ? spec.input().channels() : 1;
  }

  /** Floats for partial sums of all learned parameters, one after the other. */
  long learnedPartials() {
    long floats = 0;
    for (int i = 0; i < learned.size(); i++) {
      floats += (long) learnedRows(i) * learnedColumns(i);
    }
    return floats;
  }

  /** Floats for one of the two partial sums of a batch norm. */
  long normPartials() {
    return spec.normalized() ? (long) spread.rowBlocks() * spec.input().channels() : 0;
  }

  /** Floats for partial sums of a pass. */
  long partials() {
    return learnedPartials() + 2 * normPartials() + blocks();
  }

  private int chunks() {
    return ThreadSpread.ceilDiv(spec.input().steps(), chunk);
  }

  /** Floats for states at the start of chunks that do not fit shared memory. */
  long checkpoints() {
    long floats = (long) blocks() * spread.threads() * lanes * states;
    return sharedCheckpoints ? 0 : (chunks() - 1) * floats;
  }

  /** With no more blocks than of the launch run at once, so that there are few partial sums. */
  NeuronGeometry within(int blocks) {
    return new NeuronGeometry(
        spec, lanes, states, learned, channelwise, spread.within(blocks), chunk, sharedCheckpoints);
  }

  /** The forward launch. */
  Grid forwardGrid() {
    return spread.grid(spread.threads() * Float.BYTES);
  }

  /**
   * The backward launch.
   *
   * @param kept H is read instead of computed again
   */
  Grid backwardGrid(boolean kept) {
    int slots = kept ? 1 : chunk + (sharedCheckpoints ? chunks() - 1 : 0);
    return spread.grid(stepBytes() * slots);
  }

  /**
   * The struct of a launch. A user's neuron has no pooling, and which parameters its channels have
   * for themselves is compiled in.
   */
  ByteBuffer struct() {
    ActivationShape input = spec.input();
    int perStep = spread.groups() * lanes;
    boolean pooled = spec.pooling() != null;
    return STRUCT
        .write(1)
        .i32("steps", input.steps())
        .i32("constant", input.constant() ? 1 : 0)
        .i32("neurons", perStep)
        .i32("outputs", pooled ? perStep / 4 : perStep)
        .i32("channels", input.channels())
        .i32("columns", spread.columns())
        .i32("rows", spread.rows())
        .i32("groups", spread.groups())
        .i32("pooledWidth", input.width() / 2)
        .i32("pooledHeight", input.height() / 2)
        .i32("pooling", spec.pooling() == Pooling.Kind.MAX ? 1 : pooled ? 2 : 0)
        .i32("parameterChannels", learned.contains(true) ? input.channels() : 1)
        .i32("channelwise", channelwise ? 1 : 0)
        .i32("chunk", chunk)
        .end();
  }
}
