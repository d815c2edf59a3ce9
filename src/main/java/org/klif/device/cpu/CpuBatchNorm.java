package org.klif.device.cpu;

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
  private final BlockSums sums;
  private final BlockSums squares;
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
    this.sums = new BlockSums(blocks, channels);
    this.squares = new BlockSums(blocks, channels);
    this.tiles = new Tiles(chunk);
    device.scratch().reserve(chunk, 1);
  }

  private int firstChunk(int block) {
    return (int) ((long) chunks * block / blocks);
  }

  /** Work on a chunk: n elements from element {@code at} on. */
  private interface ChunkWork {
    void run(Scratch.Worker w, int at, int n);
  }

  /** Does all chunks; with sums, those that the work leaves in the worker are kept by block. */
  private void inChunks(boolean summing, ChunkWork work) {
    device.inBlocks(
        blocks,
        (block, w) -> {
          if (summing) {
            w.clearSums(chunk);
          }
          for (int i = firstChunk(block); i < firstChunk(block + 1); i++) {
            work.run(w, i * chunk, Math.min(chunk, elements - i * chunk));
          }
          if (summing) {
            sums.fold(block, w.sumG, chunk);
            squares.fold(block, w.sumGx, chunk);
          }
        });
  }

  private void tile(Buffer perChannel, float[] target) {
    perChannel.download(0, values, 0, channels);
    Tiles.tile(values, channels, target);
  }

  @Override
  public void statistics(Buffer x, State state) {
    spec.checkActivations(device.activationType(), x);
    spec.check(state);
    Elements data = device.activations(x).elements();
    x.download(0, origin, 0, channels);
    Tiles.tile(origin, channels, a);
    inChunks(true, (w, at, n) -> kernels.moments(data, at, a, w.sumG, w.sumGx, Scratch.FIRST, n));
    double rows = spec.rows();
    double n = rows * spec.repeats();
    for (int channel = 0; channel < channels; channel++) {
      double shifted = sums.total(channel) / rows;
      double mean = origin[channel] + shifted;
      double variance = Math.max(0, squares.total(channel) / rows - shifted * shifted);
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

  @Override
  public void fold(State state) {
    spec.check(state);
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
    spec.checkActivations(device.activationType(), x, y);
    spec.check(state);
    tile(state.scale(), a);
    tile(state.shift(), b);
    Elements in = device.activations(x).elements();
    Elements out = device.activations(y).elements();
    inChunks(false, (w, at, n) -> kernels.affine(in, at, a, b, out, at, n));
  }

  @Override
  public void reduce(Buffer x, Buffer g, State state, Buffer target) {
    spec.checkActivations(device.activationType(), x, g);
    spec.check(state);
    spec.checkSums(target);
    tile(state.mean(), tiles.mean);
    tile(state.invStd(), tiles.invStd);
    Elements in = device.activations(x).elements();
    Elements gradient = device.activations(g).elements();
    inChunks(
        true,
        (w, at, n) -> {
          kernels.load(gradient, at, w.g, Scratch.FIRST, n);
          // emit writes the gradient back where it came from, unchanged
          kernels.emit(1f, w.g, Scratch.FIRST, tiles, 0, in, at, gradient, at, w, n);
        });
    for (int channel = 0; channel < channels; channel++) {
      put(target, channel, sums.total(channel));
      put(target, channels + channel, squares.total(channel));
    }
  }

  @Override
  public void backward(
      Buffer x, Buffer g, State state, Buffer target, Buffer gx, Buffer gGamma, Buffer gBeta) {
    spec.checkActivations(device.activationType(), x, g, gx);
    spec.check(state);
    spec.checkSums(target);
    spec.checkGradients(gGamma, gBeta);
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
    Elements in = device.activations(x).elements();
    Elements gradient = device.activations(g).elements();
    Elements out = device.activations(gx).elements();
    inChunks(false, (w, at, n) -> kernels.affine2(gradient, in, at, a, b, c, out, n));
  }
}
