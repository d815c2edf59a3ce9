package org.klif.device.cpu;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.NeuronUnit;
import org.klif.device.NeuronUnitChecks;
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
    pass.scratch(tilesAt, workAt, workAt + Float.BYTES * threads * work);
    pass.sizes(
        input.steps(),
        NeuronUnitChecks.perStep(input),
        input.constant(),
        channels,
        chunks.length(),
        row,
        chunks.count(),
        blocks,
        work);
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
    pass.set(HostPass.G_SPIKES, io.gSpikes());
    pass.set(HostPass.EVERY_SPIKE, io.everySpike());
    pass.set(HostPass.G_LAST, io.gLast());
    pass.set(HostPass.GX, io.gx());
    pass.set(HostPass.G_INITIAL, io.gInitial());
    pass.set(HostPass.G_LEARNED, io.gParameter());
    boolean normalized = spec.normalized() && io.norm() != null;
    pass.set(HostPass.MEAN, normalized ? io.norm().mean() : null);
    pass.set(HostPass.INV_STD, normalized ? io.norm().invStd() : null);
    pass.set(HostPass.NORM_SUMS, normalized ? io.normSums() : null);
    entries.prepare(address);
    inGroups((from, to, worker) -> entries.backward(address, from, to, worker));
    entries.finishBackward(address);
  }

  private void set(Forward io) {
    pass.set(HostPass.X, io.x());
    pass.set(HostPass.SCALE, spec.normalized() ? io.scale() : null);
    pass.set(HostPass.SHIFT, spec.normalized() ? io.shift() : null);
    pass.set(HostPass.MEAN, null);
    pass.set(HostPass.INV_STD, null);
    pass.set(HostPass.LEARNED, io.parameter());
    pass.set(HostPass.INITIAL, io.initial());
    pass.set(HostPass.SPIKES, io.spikes());
    pass.set(HostPass.LAST, io.last());
    pass.set(HostPass.CHARGED, io.charged());
    pass.set(HostPass.POTENTIAL, io.potential());
    pass.set(HostPass.ACTIVITY, io.activity());
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

  /** The struct HostPass of host_sequence.h in native memory: 8 bytes a field. */
  private static final class HostPass {
    static final int BYTES = 256;

    // the pointers in the struct's order; the sizes follow the scratch
    static final int X = 0;
    static final int SCALE = 1;
    static final int SHIFT = 2;
    static final int MEAN = 3;
    static final int INV_STD = 4;
    static final int LEARNED = 5;
    static final int INITIAL = 6;
    static final int SPIKES = 7;
    static final int LAST = 8;
    static final int CHARGED = 9;
    static final int POTENTIAL = 10;
    static final int ACTIVITY = 11;
    static final int G_SPIKES = 12;
    static final int EVERY_SPIKE = 13;
    static final int G_LAST = 14;
    static final int GX = 15;
    static final int G_INITIAL = 16;
    static final int G_LEARNED = 17;
    static final int NORM_SUMS = 18;
    static final int SCRATCH = 19;

    private final ByteBuffer bytes;

    HostPass(ByteBuffer bytes) {
      this.bytes = bytes;
    }

    void set(int field, @Nullable Buffer buffer) {
      bytes.putLong(8 * field, buffer == null ? 0 : CpuBuffer.ofAny(buffer).address());
    }

    void scratch(long tiles, long work, long sums) {
      put(SCRATCH, tiles, work, sums);
    }

    void sizes(
        long steps,
        long neurons,
        boolean constant,
        long channels,
        long length,
        long row,
        long chunks,
        long blocks,
        long workSize) {
      put(
          SCRATCH + 3,
          steps,
          neurons,
          constant ? 1 : 0,
          channels,
          length,
          row,
          chunks,
          blocks,
          workSize);
    }

    private void put(int first, long... values) {
      for (int i = 0; i < values.length; i++) {
        bytes.putLong(8 * (first + i), values[i]);
      }
    }
  }
}
