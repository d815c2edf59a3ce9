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
    if (activations.isHalf()) {
      scratch.reserveStages(PIECE);
    }
  }

  private static int pieces(int elements) {
    return (elements + PIECE - 1) / PIECE;
  }

  /** Work on a piece of a tensor: n elements from element {@code at} on. */
  private interface Piece {
    void run(Bytes[] stages, int at, int n);
  }

  private void inPieces(int elements, Piece work) {
    parallel.run(
        pieces(elements),
        (piece, worker) -> {
          int at = piece * PIECE;
          work.run(scratch.worker(worker).stages, at, Math.min(PIECE, elements - at));
        });
  }

  private static Numbers numbers(Buffer buffer) {
    return CpuBuffer.ofAny(buffer).numbers();
  }

  private static @Nullable Numbers numbersIfGiven(@Nullable Buffer buffer) {
    return buffer == null ? null : numbers(buffer);
  }

  @Override
  public void average(Buffer values, Buffer share, Buffer average) {
    Bytes from = CpuBuffer.of(values).bytes();
    int n = from.size() / Float.BYTES;
    Bytes to = CpuBuffer.of(average).bytes();
    float of = numbers(share).get(0);
    parallel.run(
        pieces(n),
        (piece, worker) -> {
          int at = 4 * piece * PIECE;
          kernels.average(from, of, to, at, Math.min(PIECE, n - piece * PIECE));
        });
  }

  @Override
  public void fill(Buffer target, float value) {
    CpuBuffer buffer = CpuBuffer.ofAny(target);
    fill(buffer.numbers(), value);
    if (buffer.rounded() != null) {
      fill(buffer.rounded().numbers(), value);
    }
  }

  private static void fill(Numbers target, float value) {
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
      convert(from.numbers(), to.numbers());
    }
    if (to.rounded() != null) {
      convert(from.numbers(), to.rounded().numbers());
    }
  }

  /** Between types. */
  private void convert(Numbers source, Numbers target) {
    inPieces(
        source.size(),
        (stages, at, n) -> {
          Bytes from = source.read(stages[0], at, n);
          Bytes to = target.place(stages[0]);
          to.put(target.offset(at), from, source.offset(at), Float.BYTES * n);
          target.wrote(stages[0], at, n);
        });
  }

  @Override
  public void add(Buffer first, Buffer second, Buffer sum) {
    Numbers a = numbers(first);
    Numbers b = numbers(second);
    Numbers out = numbers(sum);
    inPieces(
        a.size(),
        (stages, at, n) -> {
          kernels.add(
              a.read(stages[0], at, n),
              a.offset(at),
              b.read(stages[1], at, n),
              b.offset(at),
              out.place(stages[2]),
              out.offset(at),
              n);
          out.wrote(stages[2], at, n);
        });
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
    Numbers x = numbers(input);
    Numbers out = numbers(output);
    int perStep = out.size();
    inPieces(
        perStep,
        (stages, at, n) -> {
          Bytes sum = out.place(stages[2]);
          int to = out.offset(at);
          sum.put(to, x.read(stages[0], at, n), x.offset(at), Float.BYTES * n);
          for (int t = 1; t < steps; t++) {
            int from = t * perStep + at;
            kernels.add(sum, to, x.read(stages[0], from, n), x.offset(from), sum, to, n);
          }
          out.wrote(stages[2], at, n);
        });
  }

  @Override
  public void dropoutMask(
      Buffer target, double p, long seed, Buffer counter, int stream, long first) {
    Numbers mask = numbers(target);
    Bytes count = CpuBuffer.ofInts(counter).bytes();
    int low = count.getInt(0);
    int high = count.getInt(4);
    int keep = Float.floatToRawIntBits((float) (1 / (1 - p)));
    // a word below the limit drops its element
    long limit = Math.round(p * 0x1p32);
    inPieces(
        mask.size(),
        (stages, at, n) -> {
          // words ahead of the piece, of its first counter
          int before = (int) ((first + at) % 4);
          int counters = (before + n + 3) / 4;
          int[] words = new int[4 * counters];
          for (int i = 0; i < counters; i++) {
            int number = (int) ((first + at) / 4 + i);
            Philox.generate(
                words, 4 * i, number, stream, low, high, (int) seed, (int) (seed >>> 32));
          }
          Bytes factors = mask.place(stages[0]);
          int offset = mask.offset(at);
          for (int i = 0; i < n; i++) {
            // without a branch, which would be taken or not at random
            long kept = ~((Integer.toUnsignedLong(words[before + i]) - limit) >> 63);
            factors.putInt(offset + Float.BYTES * i, keep & (int) kept);
          }
          mask.wrote(stages[0], at, n);
        });
  }

  @Override
  public void maskOverTime(Buffer input, Buffer factor, int steps, Buffer output) {
    Numbers x = numbers(input);
    Numbers mask = numbers(factor);
    Numbers out = numbers(output);
    int perStep = mask.size();
    inPieces(
        perStep,
        (stages, at, n) -> {
          Bytes factors = mask.read(stages[1], at, n);
          for (int t = 0; t < steps; t++) {
            int here = t * perStep + at;
            kernels.multiply(
                x.read(stages[0], here, n),
                x.offset(here),
                factors,
                mask.offset(at),
                out.place(stages[2]),
                out.offset(here),
                n);
            out.wrote(stages[2], here, n);
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
    Numbers x = numbers(input);
    Numbers out = numbers(output);
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
    Numbers gy = numbers(gradient);
    Numbers gx = numbers(target);
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
    Numbers x = numbers(input);
    Numbers initial = numbersIfGiven(initialPotential);
    Numbers out = numbers(output);
    Numbers last = numbersIfGiven(lastPotential);
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
    Numbers gy = numbers(gradient);
    Numbers gx = numbers(target);
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
    Numbers numbers = numbers(buffer);
    for (int i = 0; i < numbers.size(); i++) {
      if (!Float.isFinite(numbers.get(i))) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public double sum(Buffer buffer) {
    Numbers numbers = numbers(buffer);
    double sum = 0;
    for (int i = 0; i < numbers.size(); i++) {
      sum += numbers.get(i);
    }
    return sum;
  }
}
