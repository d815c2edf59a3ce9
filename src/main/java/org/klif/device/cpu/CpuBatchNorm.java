package org.klif.device.cpu;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.klif.KlifException;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;

/**
 * Batch norm on the CPU. Statistics take one pass: moments about the first row, which is near the
 * mean, so that little is lost to cancellation; float32 within a block, double precision across
 * blocks, blocks of a fixed size.
 */
final class CpuBatchNorm implements BatchNorm {
  private static final int MOST_BLOCKS = 64;

  private final CpuDevice device;
  private final Kernels kernels;
  private final Spec spec;
  private final int channels;
  private final int elements;
  private final int chunk;
  private final int chunks;
  private final int blocks;
  private final float[] a;
  private final float[] b;
  private final float[] c;
  private final float[] values;
  private final float[] origin;
  private final double[] sums;
  private final double[] squares;
  private final Tiles tiles;

  CpuBatchNorm(CpuDevice device, Spec spec) {
    this.device = device;
    this.kernels = device.kernels();
    this.spec = spec;
    this.channels = spec.channels();
    long all = Math.multiplyExact(spec.rows(), (long) channels);
    if (all > Integer.MAX_VALUE / 4) {
      throw new KlifException(
          "batch norm over %d x %d elements is over the limit of 2 GiB a tensor; use a smaller batch"
              .formatted(spec.rows(), channels));
    }
    this.elements = (int) all;
    this.chunk = channels * Math.max(1, 1024 / channels);
    this.chunks = (elements + chunk - 1) / chunk;
    this.blocks = Math.min(chunks, MOST_BLOCKS);
    this.a = new float[chunk];
    this.b = new float[chunk];
    this.c = new float[chunk];
    this.values = new float[channels];
    this.origin = new float[channels];
    this.sums = new double[blocks * channels];
    this.squares = new double[blocks * channels];
    this.tiles = new Tiles(chunk);
    device.scratch().reserve(chunk, 1);
    if (device.activationType().isHalf()) {
      device.scratch().reserveStages(chunk);
    }
  }

  private int firstChunk(int block) {
    return (int) ((long) chunks * block / blocks);
  }

  private int length(int index) {
    return Math.min(chunk, elements - index * chunk);
  }

  private void tile(Buffer perChannel, float[] target) {
    perChannel.download(0, values, 0, channels);
    Tiles.tile(values, channels, target);
  }

  @Override
  public void statistics(Buffer x, State state) {
    check(x);
    check(state);
    Numbers data = device.activations(x).numbers();
    x.download(0, origin, 0, channels);
    Tiles.tile(origin, channels, a);
    device
        .parallel()
        .run(
            blocks,
            (block, worker) -> {
              Scratch.Worker w = device.scratch().worker(worker);
              w.clearSums(chunk);
              for (int i = firstChunk(block); i < firstChunk(block + 1); i++) {
                int at = i * chunk;
                ByteBuffer row = data.read(w.stages[0], at, length(i));
                kernels.moments(row, data.offset(at), a, w.sumG, w.sumGx, length(i));
              }
              fold(block, w);
            });
    double rows = spec.rows();
    double n = rows * spec.repeats();
    for (int channel = 0; channel < channels; channel++) {
      double shifted = sum(sums, channel) / rows;
      double mean = origin[channel] + shifted;
      double variance = Math.max(0, sum(squares, channel) / rows - shifted * shifted);
      // one sample has no unbiased variance; its running value then keeps the biased one
      double unbiased = n > 1 ? variance * n / (n - 1) : variance;
      put(state.mean(), channel, mean);
      put(state.invStd(), channel, 1 / Math.sqrt(variance + spec.eps()));
      keepRunning(state.runningMean(), channel, mean);
      keepRunning(state.runningVar(), channel, unbiased);
    }
    affineOf(state);
  }

  private void keepRunning(Buffer running, int channel, double value) {
    double old = CpuBuffer.of(running).bytes().getFloat(4 * channel);
    put(running, channel, (1 - spec.momentum()) * old + spec.momentum() * value);
  }

  private static void put(Buffer buffer, int index, double value) {
    CpuBuffer.of(buffer).bytes().putFloat(4 * index, (float) value);
  }

  private static float get(Buffer buffer, int index) {
    return CpuBuffer.of(buffer).bytes().getFloat(4 * index);
  }

  private void affineOf(State state) {
    for (int channel = 0; channel < channels; channel++) {
      float scale = get(state.gamma(), channel) * get(state.invStd(), channel);
      put(state.scale(), channel, scale);
      put(
          state.shift(),
          channel,
          Math.fma(-get(state.mean(), channel), scale, get(state.beta(), channel)));
    }
  }

  private void fold(int block, Scratch.Worker w) {
    int base = block * channels;
    Arrays.fill(sums, base, base + channels, 0);
    Arrays.fill(squares, base, base + channels, 0);
    for (int i = 0, channel = 0; i < chunk; i++) {
      sums[base + channel] += w.sumG[i];
      squares[base + channel] += w.sumGx[i];
      channel = channel + 1 == channels ? 0 : channel + 1;
    }
  }

  private double sum(double[] perBlock, int channel) {
    double total = 0;
    for (int block = 0; block < blocks; block++) {
      total += perBlock[block * channels + channel];
    }
    return total;
  }

  @Override
  public void fold(State state) {
    check(state);
    for (int channel = 0; channel < channels; channel++) {
      put(state.mean(), channel, get(state.runningMean(), channel));
      put(
          state.invStd(),
          channel,
          1 / Math.sqrt((double) get(state.runningVar(), channel) + spec.eps()));
    }
    affineOf(state);
  }

  @Override
  public void apply(Buffer x, State state, Buffer y) {
    check(x);
    check(y);
    check(state);
    tile(state.scale(), a);
    tile(state.shift(), b);
    Numbers in = device.activations(x).numbers();
    Numbers out = device.activations(y).numbers();
    device
        .parallel()
        .run(
            blocks,
            (block, worker) -> {
              ByteBuffer[] stages = device.scratch().worker(worker).stages;
              for (int i = firstChunk(block); i < firstChunk(block + 1); i++) {
                int at = i * chunk;
                int n = length(i);
                ByteBuffer row = in.read(stages[0], at, n);
                kernels.affine(row, in.offset(at), a, b, out.place(stages[1]), out.offset(at), n);
                out.wrote(stages[1], at, n);
              }
            });
  }

  @Override
  public void reduce(Buffer x, Buffer g, State state, Buffer target) {
    check(x);
    check(g);
    check(state);
    CpuBuffer.requireSize("sums of a batch norm", target, 2L * channels);
    tile(state.mean(), tiles.mean);
    tile(state.invStd(), tiles.invStd);
    Numbers in = device.activations(x).numbers();
    Numbers gradient = device.activations(g).numbers();
    device
        .parallel()
        .run(
            blocks,
            (block, worker) -> {
              Scratch.Worker w = device.scratch().worker(worker);
              w.clearSums(chunk);
              for (int i = firstChunk(block); i < firstChunk(block + 1); i++) {
                int n = length(i);
                int at = i * chunk;
                ByteBuffer row = in.read(w.stages[0], at, n);
                ByteBuffer gs = gradient.read(w.stages[1], at, n);
                int from = gradient.offset(at);
                kernels.load(gs, from, w.g, 0, n);
                // emit writes the gradient back where it came from, unchanged
                kernels.emit(
                    1f,
                    w.g,
                    0,
                    tiles,
                    0,
                    row,
                    in.offset(at),
                    gs,
                    from,
                    w.sumG,
                    w.sumGx,
                    w.sumAbs,
                    n);
              }
              fold(block, w);
            });
    for (int channel = 0; channel < channels; channel++) {
      put(target, channel, sum(sums, channel));
      put(target, channels + channel, sum(squares, channel));
    }
  }

  @Override
  public void backward(
      Buffer x, Buffer g, State state, Buffer target, Buffer gx, Buffer gGamma, Buffer gBeta) {
    check(x);
    check(g);
    check(gx);
    check(state);
    CpuBuffer.requireSize("sums of a batch norm", target, 2L * channels);
    CpuBuffer.requireSize("gradient of gamma", gGamma, channels);
    CpuBuffer.requireSize("gradient of beta", gBeta, channels);
    double rows = spec.rows();
    // g is summed over the repeats of a row, so its mean over rows * repeats is taken repeats times
    for (int channel = 0; channel < channels; channel++) {
      double meanG = get(target, channel) / rows;
      double meanGx = get(target, channels + channel) / rows;
      double scale = get(state.scale(), channel);
      double slope = scale * meanGx * get(state.invStd(), channel);
      a[channel] = (float) scale;
      b[channel] = (float) -slope;
      c[channel] = (float) (slope * get(state.mean(), channel) - scale * meanG);
      put(gBeta, channel, get(target, channel));
      put(gGamma, channel, get(target, channels + channel));
    }
    for (int i = channels; i < chunk; i++) {
      a[i] = a[i - channels];
      b[i] = b[i - channels];
      c[i] = c[i - channels];
    }
    Numbers in = device.activations(x).numbers();
    Numbers gradient = device.activations(g).numbers();
    Numbers out = device.activations(gx).numbers();
    device
        .parallel()
        .run(
            blocks,
            (block, worker) -> {
              ByteBuffer[] stages = device.scratch().worker(worker).stages;
              for (int i = firstChunk(block); i < firstChunk(block + 1); i++) {
                int at = i * chunk;
                int n = length(i);
                kernels.affine2(
                    gradient.read(stages[0], at, n),
                    in.read(stages[1], at, n),
                    in.offset(at),
                    a,
                    b,
                    c,
                    out.place(stages[2]),
                    n);
                out.wrote(stages[2], at, n);
              }
            });
  }

  private void check(State s) {
    CpuBuffer.requireSize("gamma", s.gamma(), channels);
    CpuBuffer.requireSize("beta", s.beta(), channels);
    CpuBuffer.requireSize("running mean", s.runningMean(), channels);
    CpuBuffer.requireSize("running variance", s.runningVar(), channels);
    CpuBuffer.requireSize("mean", s.mean(), channels);
    CpuBuffer.requireSize("invStd", s.invStd(), channels);
    CpuBuffer.requireSize("scale", s.scale(), channels);
    CpuBuffer.requireSize("shift", s.shift(), channels);
  }

  private void check(Buffer x) {
    if (x.size() != elements) {
      throw new KlifException(
          "batch norm over %d rows of %d channels got %d elements"
              .formatted(spec.rows(), channels, x.size()));
    }
  }

  @Override
  public void close() {
    // scratch memory belongs to the device
  }
}
