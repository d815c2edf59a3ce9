package org.klif.device.cpu;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The device's small operations over whole tensors. */
final class Elementwise {
  /** Rows of a tile of a transposition: a line of the cache holds as many numbers. */
  private static final int TILE = 16;

  private static final int PIECE = 8192;

  private final Kernels kernels;
  private final Parallel parallel;
  private final Scratch scratch;

  /**
   * @param staged activations are bfloat16
   */
  Elementwise(Kernels kernels, Parallel parallel, Scratch scratch, boolean staged) {
    this.kernels = kernels;
    this.parallel = parallel;
    this.scratch = scratch;
    if (staged) {
      scratch.reserveStages(PIECE);
    }
  }

  private static int pieces(int elements) {
    return (elements + PIECE - 1) / PIECE;
  }

  /** Work on a piece of a tensor: n elements from element {@code at} on. */
  private interface Piece {
    void run(ByteBuffer[] stages, int at, int n);
  }

  private void inPieces(int elements, Piece work) {
    parallel.run(
        pieces(elements),
        (piece, worker) -> {
          int at = piece * PIECE;
          work.run(scratch.worker(worker).stages, at, Math.min(PIECE, elements - at));
        });
  }

  void average(ByteBuffer values, float share, ByteBuffer average) {
    int n = values.capacity() / Float.BYTES;
    parallel.run(
        pieces(n),
        (piece, worker) -> {
          int at = 4 * piece * PIECE;
          kernels.average(values, share, average, at, Math.min(PIECE, n - piece * PIECE));
        });
  }

  void fill(Numbers target, float value) {
    for (int i = 0; i < target.size(); i++) {
      target.set(i, value);
    }
  }

  /** Between types. */
  void convert(Numbers source, Numbers target) {
    inPieces(
        source.size(),
        (stages, at, n) -> {
          ByteBuffer from = source.read(stages[0], at, n);
          ByteBuffer to = target.place(stages[0]);
          to.put(target.offset(at), from, source.offset(at), Float.BYTES * n);
          target.wrote(stages[0], at, n);
        });
  }

  void add(Numbers a, Numbers b, Numbers out) {
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

  void repeat(CpuBuffer x, int steps, CpuBuffer out) {
    for (int t = 0; t < steps; t++) {
      out.bytes(t * x.size(), x.size()).put(x.bytes().duplicate());
    }
  }

  void sumOverTime(Numbers x, int steps, Numbers out) {
    int perStep = out.size();
    inPieces(
        perStep,
        (stages, at, n) -> {
          ByteBuffer sum = out.place(stages[2]);
          int to = out.offset(at);
          sum.put(to, x.read(stages[0], at, n), x.offset(at), Float.BYTES * n);
          for (int t = 1; t < steps; t++) {
            int from = t * perStep + at;
            kernels.add(sum, to, x.read(stages[0], from, n), x.offset(from), sum, to, n);
          }
          out.wrote(stages[2], at, n);
        });
  }

  void dropoutMask(Numbers mask, double p, long seed, ByteBuffer counter, int stream, long first) {
    int n = mask.size();
    int low = counter.getInt(0);
    int high = counter.getInt(4);
    float keep = (float) (1 / (1 - p));
    // a word below the limit drops its element
    long limit = Math.round(p * 0x1p32);
    parallel.run(
        pieces(n),
        (piece, worker) -> {
          int[] words = new int[4];
          int end = Math.min(n, (piece + 1) * PIECE);
          for (int i = piece * PIECE; i < end; ) {
            int lane = (int) ((first + i) % 4);
            words[0] = (int) ((first + i) / 4);
            words[1] = stream;
            words[2] = low;
            words[3] = high;
            Philox.generate(words, (int) seed, (int) (seed >>> 32));
            for (; lane < 4 && i < end; lane++, i++) {
              boolean drop = Integer.toUnsignedLong(words[lane]) < limit;
              mask.set(i, drop ? 0f : keep);
            }
          }
        });
  }

  void maskOverTime(Numbers x, Numbers mask, int steps, Numbers out) {
    int perStep = mask.size();
    inPieces(
        perStep,
        (stages, at, n) -> {
          ByteBuffer factors = mask.read(stages[1], at, n);
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

  /** out (images, columns, rows) from x (images, rows, columns); both of one type. */
  void transpose(Numbers x, int images, int rows, int columns, Numbers out) {
    int size = rows * columns;
    parallel.run(
        images,
        (image, worker) -> {
          int base = image * size;
          // a tile at a time: what is read and what is written stays in the first-level cache
          for (int first = 0; first < rows; first += TILE) {
            int end = Math.min(rows, first + TILE);
            for (int column = 0; column < columns; column++) {
              int to = base + column * rows;
              for (int row = first; row < end; row++) {
                out.setRaw(to + row, x, base + row * columns + column);
              }
            }
          }
        });
  }

  void vote(Numbers x, int groups, int group, Numbers out) {
    float share = 1f / group;
    for (int g = 0; g < groups; g++) {
      float sum = 0;
      for (int i = 0; i < group; i++) {
        sum += x.get(g * group + i);
      }
      out.set(g, sum * share);
    }
  }

  void voteBackward(Numbers gy, int groups, int group, Numbers gx) {
    float share = 1f / group;
    for (int g = 0; g < groups; g++) {
      float part = gy.get(g) * share;
      for (int i = 0; i < group; i++) {
        gx.set(g * group + i, part);
      }
    }
  }

  void leakyReadout(
      Numbers x,
      int steps,
      float rate,
      @Nullable Numbers initial,
      Numbers out,
      @Nullable Numbers last) {
    int n = x.size() / steps;
    for (int i = 0; i < n; i++) {
      float v = initial == null ? 0f : initial.get(i);
      for (int t = 0; t < steps; t++) {
        int at = t * n + i;
        v = Math.fma(x.get(at) - v, rate, v);
        out.set(at, v);
      }
      if (last != null) {
        last.set(i, v);
      }
    }
  }

  void leakyReadoutBackward(Numbers gy, int steps, float rate, Numbers gx) {
    int n = gy.size() / steps;
    for (int i = 0; i < n; i++) {
      float g = 0;
      for (int t = steps - 1; t >= 0; t--) {
        int at = t * n + i;
        g += gy.get(at);
        gx.set(at, g * rate);
        g *= 1f - rate;
      }
    }
  }
}
