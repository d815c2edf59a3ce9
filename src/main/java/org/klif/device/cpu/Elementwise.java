package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.ElementwiseOperations;
import org.klif.device.cpu.dnnl.OneDnn;
import org.klif.device.cpu.dnnl.TransposeShape;

/** The device's small operations over whole tensors. */
final class Elementwise implements ElementwiseOperations {
  private static final int PIECE = 8192;

  private final OneDnn oneDnn;
  private final Kernels kernels;
  private final Parallel parallel;
  private final Scratch scratch;
  private final DType activations;

  Elementwise(
      OneDnn oneDnn, Kernels kernels, Parallel parallel, Scratch scratch, DType activations) {
    this.oneDnn = oneDnn;
    this.kernels = kernels;
    this.parallel = parallel;
    this.scratch = scratch;
    this.activations = activations;
    scratch.reserve(PIECE, 1);
  }

  private static int pieces(int elements) {
    return (elements + PIECE - 1) / PIECE;
  }

  /** Work on a piece of a tensor: n elements from element {@code at} on. */
  private interface Piece {
    void run(Scratch.Worker w, int at, int n);
  }

  private void inPieces(int elements, Piece work) {
    parallel.run(
        pieces(elements),
        (piece, worker) -> {
          int at = piece * PIECE;
          work.run(scratch.worker(worker), at, Math.min(PIECE, elements - at));
        });
  }

  private static Elements elements(Buffer buffer) {
    return CpuBuffer.ofAny(buffer).elements();
  }

  private static @Nullable Elements numbersIfGiven(@Nullable Buffer buffer) {
    return buffer == null ? null : elements(buffer);
  }

  @Override
  public void average(Buffer values, Buffer share, Buffer average) {
    Elements from = elements(values);
    Elements to = elements(average);
    float of = elements(share).get(0);
    inPieces(from.size(), (w, at, n) -> kernels.average(from, of, to, at, n));
  }

  @Override
  public void fill(Buffer target, float value) {
    CpuBuffer buffer = CpuBuffer.ofAny(target);
    fill(buffer.elements(), value);
    if (buffer.rounded() != null) {
      fill(buffer.rounded().elements(), value);
    }
  }

  private static void fill(Elements target, float value) {
    for (int i = 0; i < target.size(); i++) {
      target.set(i, value);
    }
  }

  @Override
  public void copy(Buffer source, Buffer target) {
    CpuBuffer from = CpuBuffer.ofAny(source);
    CpuBuffer to = CpuBuffer.ofAny(target);
    if (from.type() == to.type()) {
      to.bytes().put(from.bytes());
    } else {
      convert(from.elements(), to.elements());
    }
    if (to.rounded() != null) {
      convert(from.elements(), to.rounded().elements());
    }
  }

  /** Between types. */
  private void convert(Elements source, Elements target) {
    inPieces(source.size(), (w, at, n) -> kernels.convert(source, at, target, at, n));
  }

  @Override
  public void add(Buffer first, Buffer second, Buffer sum) {
    Elements a = elements(first);
    Elements b = elements(second);
    Elements out = elements(sum);
    inPieces(a.size(), (w, at, n) -> kernels.add(a, at, b, at, out, at, n));
  }

  @Override
  public void repeatOverTime(Buffer input, int steps, Buffer output) {
    CpuBuffer x = CpuBuffer.of(activations, input);
    CpuBuffer out = CpuBuffer.of(activations, output);
    for (int t = 0; t < steps; t++) {
      out.bytes(t * x.size(), x.size()).put(x.bytes());
    }
  }

  @Override
  public void sumOverTime(Buffer input, int steps, Buffer output) {
    Elements x = elements(input);
    Elements out = elements(output);
    int perStep = out.size();
    inPieces(
        perStep,
        (w, at, n) -> {
          int first = Scratch.FIRST;
          kernels.load(x, at, w.g, first, n);
          for (int t = 1; t < steps; t++) {
            kernels.load(x, t * perStep + at, w.gh, first, n);
            kernels.scaleAdd(1f, w.gh, w.g, first, n);
          }
          kernels.store(w.g, first, out, at, n);
        });
  }

  @Override
  public void dropoutMask(
      Buffer target, double p, long seed, Buffer counter, int stream, long first) {
    Elements mask = elements(target);
    Bytes count = CpuBuffer.ofInts(counter).bytes();
    int low = count.getInt(0);
    int high = count.getInt(4);
    int keep = Float.floatToRawIntBits((float) (1 / (1 - p)));
    // a word below the limit drops its element
    long limit = Math.round(p * 0x1p32);
    inPieces(
        mask.size(),
        (w, at, n) -> {
          // words ahead of the piece, of its first counter
          int before = (int) ((first + at) % 4);
          int counters = (before + n + 3) / 4;
          int[] words = new int[4 * counters];
          for (int i = 0; i < counters; i++) {
            int number = (int) ((first + at) / 4 + i);
            Philox.generate(
                words, 4 * i, number, stream, low, high, (int) seed, (int) (seed >>> 32));
          }
          for (int i = 0; i < n; i++) {
            // without a branch, which would be taken or not at random
            long kept = ~((Integer.toUnsignedLong(words[before + i]) - limit) >> 63);
            mask.set(at + i, Float.intBitsToFloat(keep & (int) kept));
          }
        });
  }

  @Override
  public void maskOverTime(Buffer input, Buffer factor, int steps, Buffer output) {
    Elements x = elements(input);
    Elements mask = elements(factor);
    Elements out = elements(output);
    int perStep = mask.size();
    inPieces(
        perStep,
        (w, at, n) -> {
          for (int t = 0; t < steps; t++) {
            int here = t * perStep + at;
            kernels.multiply(x, here, mask, at, out, here, n);
          }
        });
  }

  @Override
  public void channelsFirst(Buffer x, int images, int channels, int pixels, Buffer out) {
    transpose(x, images, pixels, channels, out);
  }

  @Override
  public void channelsLast(Buffer x, int images, int channels, int pixels, Buffer out) {
    transpose(x, images, channels, pixels, out);
  }

  /** out (images, columns, rows) from x (images, rows, columns); both of one type. */
  private void transpose(Buffer x, int images, int rows, int columns, Buffer out) {
    CpuBuffer from = CpuBuffer.ofAny(x);
    TransposeShape shape = new TransposeShape(images, rows, columns, from.type());
    oneDnn.transpose(shape, from.address(), CpuBuffer.of(from.type(), out).address());
  }

  @Override
  public void vote(Buffer input, int rows, int features, int group, Buffer output) {
    Elements x = elements(input);
    Elements out = elements(output);
    float share = 1f / group;
    for (int g = 0; g < out.size(); g++) {
      float sum = 0;
      for (int i = 0; i < group; i++) {
        sum += x.get(g * group + i);
      }
      out.set(g, sum * share);
    }
  }

  @Override
  public void voteBackward(Buffer gradient, int rows, int features, int group, Buffer target) {
    Elements gy = elements(gradient);
    Elements gx = elements(target);
    float share = 1f / group;
    for (int g = 0; g < gy.size(); g++) {
      float part = gy.get(g) * share;
      for (int i = 0; i < group; i++) {
        gx.set(g * group + i, part);
      }
    }
  }

  @Override
  public void leakyReadout(
      Buffer input,
      int steps,
      double rate,
      @Nullable Buffer initialPotential,
      Buffer output,
      @Nullable Buffer lastPotential) {
    Elements x = elements(input);
    Elements initial = numbersIfGiven(initialPotential);
    Elements out = elements(output);
    Elements last = numbersIfGiven(lastPotential);
    float r = (float) rate;
    int n = x.size() / steps;
    for (int i = 0; i < n; i++) {
      float v = initial == null ? 0f : initial.get(i);
      for (int t = 0; t < steps; t++) {
        int at = t * n + i;
        v = Math.fma(x.get(at) - v, r, v);
        out.set(at, v);
      }
      if (last != null) {
        last.set(i, v);
      }
    }
  }

  @Override
  public void leakyReadoutBackward(Buffer gradient, int steps, double rate, Buffer target) {
    Elements gy = elements(gradient);
    Elements gx = elements(target);
    float r = (float) rate;
    int n = gy.size() / steps;
    for (int i = 0; i < n; i++) {
      float g = 0;
      for (int t = steps - 1; t >= 0; t--) {
        int at = t * n + i;
        g += gy.get(at);
        gx.set(at, g * r);
        g *= 1f - r;
      }
    }
  }

  @Override
  public long firstNonFinite(Buffer buffer) {
    Elements numbers = elements(buffer);
    for (int i = 0; i < numbers.size(); i++) {
      if (!Float.isFinite(numbers.get(i))) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public double sum(Buffer buffer) {
    Elements numbers = elements(buffer);
    double sum = 0;
    for (int i = 0; i < numbers.size(); i++) {
      sum += numbers.get(i);
    }
    return sum;
  }
}
