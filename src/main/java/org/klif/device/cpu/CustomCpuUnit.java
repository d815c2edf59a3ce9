package org.klif.device.cpu;

import com.sun.jna.Pointer;
import org.klif.device.NeuronUnit;
import org.klif.device.NeuronUnitChecks;
import org.klif.device.cpu.HostPass.Field;
import org.klif.device.cpu.dnnl.NativeMemory;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.tensor.ActivationShape;

/**
 * Sequences of a user's neuron on the CPU: native code from {@link HostKernels}, chunk by chunk as
 * in native/host/host_sequence.h, where bytes and sums are described.
 *
 * <p>Time steps are reached by address, so tensors may be over 2 GiB.
 */
final class CustomCpuUnit implements NeuronUnit {
  /** Keeps rows of scratch memory out of one another's cache sets. */
  private static final int PADDING = 16;

  /** Groups of blocks per thread: calls cost microseconds, yet threads should end together. */
  private static final int GROUPS = 4;

  /** Rows of a pass's tiles and of a worker's scratch besides states and learned numbers. */
  private static final int TILES = 4;

  private static final int SUMS = 3;

  /** Rows of float32 numbers that a step needs: to spare, and of spikes' gradients. */
  private static final int ROWS = 2;

  /** The same beside activations of 16 bits. */
  private static final int WIDENED_ROWS = 4;

  private final CpuDevice device;
  private final Spec spec;
  private final HostKernels.Entries entries;
  private final NeuronUnitChecks checks;
  private final int blocks;
  private final NativeMemory memory;
  private final HostPass pass;
  private final Pointer address;

  CustomCpuUnit(CpuDevice device, Spec spec, Neuron.Custom neuron) {
    this.device = device;
    this.spec = spec;
    this.checks = new NeuronUnitChecks(spec, device.activationType());
    this.entries = device.hostKernels().of(neuron, spec.smooth(), device.activationType());
    NeuronModel model = neuron.model();
    ActivationShape input = spec.input();
    boolean perChannel =
        spec.normalized() || model.learned().stream().anyMatch(NeuronModel.Learned::perChannel);
    int channels = perChannel ? input.channels() : 1;
    NeuronChunks chunks = new NeuronChunks(input, false, channels);
    this.blocks = chunks.blocks();

    int learned = model.learned().size();
    int states = model.states().size();
    long row = roundUp(chunks.length()) + PADDING;
    long tiles = (TILES + learned) * row;
    long work =
        Math.multiplyExact(
            SUMS
                + (device.activationType().isHalf() ? WIDENED_ROWS : ROWS)
                + Math.max(1, learned)
                + states * (input.steps() + 1L),
            row);
    long sums = (long) blocks * (1 + (2L + learned) * channels);
    long threads = device.parallel().threads();
    long floats = Math.addExact(tiles, Math.multiplyExact(threads, work));
    long bytes = HostPass.BYTES + Float.BYTES * floats + Double.BYTES * sums;
    this.memory = device.heap().allocate(bytes);
    this.address = new Pointer(memory.address());
    this.pass = new HostPass(memory.buffer(0, HostPass.BYTES));
    long tilesAt = memory.address() + HostPass.BYTES;
    long workAt = tilesAt + Float.BYTES * tiles;
    pass.set(Field.TILES, tilesAt);
    pass.set(Field.WORK, workAt);
    pass.set(Field.SUMS, workAt + Float.BYTES * threads * work);
    pass.set(Field.STEPS, input.steps());
    pass.set(Field.NEURONS, NeuronUnitChecks.perStep(input));
    pass.set(Field.CONSTANT, input.constant() ? 1 : 0);
    pass.set(Field.CHANNELS, channels);
    pass.set(Field.LENGTH, chunks.length());
    pass.set(Field.ROW, row);
    pass.set(Field.CHUNKS, chunks.count());
    pass.set(Field.BLOCKS, blocks);
    pass.set(Field.WORK_SIZE, work);
  }

  private static long roundUp(long size) {
    return (size + 15) / 16 * 16;
  }

  @Override
  public void forward(Forward io) {
    checks.forward(io);
    set(io);
    entries.prepare(address);
    inGroups((from, to, worker) -> entries.forward(address, from, to, worker));
    entries.finishForward(address);
  }

  @Override
  public void backward(Backward io) {
    checks.backward(io);
    set(io.forward());
    pass.set(Field.G_SPIKES, io.gSpikes());
    pass.set(Field.EVERY_SPIKE, io.everySpike());
    pass.set(Field.G_LAST, io.gLast());
    pass.set(Field.GX, io.gx());
    pass.set(Field.G_INITIAL, io.gInitial());
    pass.set(Field.G_LEARNED, io.gParameter());
    boolean normalized = spec.normalized() && io.norm() != null;
    pass.set(Field.MEAN, normalized ? io.norm().mean() : null);
    pass.set(Field.INV_STD, normalized ? io.norm().invStd() : null);
    pass.set(Field.NORM_SUMS, normalized ? io.normSums() : null);
    entries.prepare(address);
    inGroups((from, to, worker) -> entries.backward(address, from, to, worker));
    entries.finishBackward(address);
  }

  private void set(Forward io) {
    pass.set(Field.X, io.x());
    pass.set(Field.SCALE, spec.normalized() ? io.scale() : null);
    pass.set(Field.SHIFT, spec.normalized() ? io.shift() : null);
    pass.set(Field.MEAN, null);
    pass.set(Field.INV_STD, null);
    pass.set(Field.LEARNED, io.parameter());
    pass.set(Field.INITIAL, io.initial());
    pass.set(Field.SPIKES, io.spikes());
    pass.set(Field.LAST, io.last());
    pass.set(Field.CHARGED, io.charged());
    pass.set(Field.POTENTIAL, io.potential());
    pass.set(Field.ACTIVITY, io.activity());
  }

  private interface Blocks {
    void run(long from, long to, long worker);
  }

  private void inGroups(Blocks work) {
    int threads = device.parallel().threads();
    int groups = threads == 1 ? 1 : Math.min(blocks, GROUPS * threads);
    device
        .parallel()
        .run(
            groups,
            (group, worker) ->
                work.run(
                    (long) blocks * group / groups, (long) blocks * (group + 1) / groups, worker));
  }

  @Override
  public void close() {
    memory.close();
  }
}
