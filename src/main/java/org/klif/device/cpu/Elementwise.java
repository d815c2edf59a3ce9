package org.klif.device.cpu;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The device's small operations over whole tensors. */
final class Elementwise {
  private static final int PIECE = 8192;

  private final Kernels kernels;
  private final Parallel parallel;

  Elementwise(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  private static int pieces(int elements) {
    return (elements + PIECE - 1) / PIECE;
  }

  private static int elements(ByteBuffer bytes) {
    return bytes.capacity() / 4;
  }

  void add(ByteBuffer a, ByteBuffer b, ByteBuffer out) {
    int n = elements(a);
    parallel.run(
        pieces(n),
        (piece, worker) -> {
          int at = 4 * piece * PIECE;
          kernels.add(a, at, b, at, out, at, Math.min(PIECE, n - piece * PIECE));
        });
  }

  void average(ByteBuffer values, float share, ByteBuffer average) {
    int n = elements(values);
    parallel.run(
        pieces(n),
        (piece, worker) -> {
          int at = 4 * piece * PIECE;
          kernels.average(values, share, average, at, Math.min(PIECE, n - piece * PIECE));
        });
  }

  void repeat(ByteBuffer x, int steps, CpuBuffer out) {
    int n = elements(x);
    for (int t = 0; t < steps; t++) {
      out.bytes((long) t * n, n).put(x.duplicate());
    }
  }

  void sumOverTime(ByteBuffer x, int steps, ByteBuffer out) {
    int n = elements(out);
    parallel.run(
        pieces(n),
        (piece, worker) -> {
          int at = 4 * piece * PIECE;
          int length = Math.min(PIECE, n - piece * PIECE);
          out.slice(at, 4 * length).put(x.slice(at, 4 * length));
          for (int t = 1; t < steps; t++) {
            kernels.add(out, at, x, 4 * t * n + at, out, at, length);
          }
        });
  }

  void dropoutMask(
      ByteBuffer mask, double p, long seed, ByteBuffer counter, int stream, long first) {
    int n = elements(mask);
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
              mask.putFloat(4 * i, drop ? 0f : keep);
            }
          }
        });
  }

  void maskOverTime(ByteBuffer x, ByteBuffer mask, int steps, ByteBuffer out) {
    int n = elements(mask);
    parallel.run(
        pieces(n),
        (piece, worker) -> {
          int at = 4 * piece * PIECE;
          int length = Math.min(PIECE, n - piece * PIECE);
          for (int t = 0; t < steps; t++) {
            int here = 4 * t * n + at;
            kernels.multiply(x, here, mask, at, out, here, length);
          }
        });
  }

  /** out (images, columns, rows) from x (images, rows, columns). */
  void transpose(ByteBuffer x, int images, int rows, int columns, ByteBuffer out) {
    int size = rows * columns;
    parallel.run(
        images,
        (image, worker) -> {
          int base = 4 * image * size;
          for (int row = 0; row < rows; row++) {
            int from = base + 4 * row * columns;
            int to = base + 4 * row;
            for (int column = 0; column < columns; column++) {
              out.putFloat(to + 4 * column * rows, x.getFloat(from + 4 * column));
            }
          }
        });
  }

  void vote(ByteBuffer x, int groups, int group, ByteBuffer out) {
    float share = 1f / group;
    for (int g = 0; g < groups; g++) {
      float sum = 0;
      for (int i = 0; i < group; i++) {
        sum += x.getFloat(4 * (g * group + i));
      }
      out.putFloat(4 * g, sum * share);
    }
  }

  void voteBackward(ByteBuffer gy, int groups, int group, ByteBuffer gx) {
    float share = 1f / group;
    for (int g = 0; g < groups; g++) {
      float part = gy.getFloat(4 * g) * share;
      for (int i = 0; i < group; i++) {
        gx.putFloat(4 * (g * group + i), part);
      }
    }
  }

  void leakyReadout(
      ByteBuffer x,
      int steps,
      float rate,
      @Nullable ByteBuffer initial,
      ByteBuffer out,
      @Nullable ByteBuffer last) {
    int n = elements(x) / steps;
    for (int i = 0; i < n; i++) {
      float v = initial == null ? 0f : initial.getFloat(4 * i);
      for (int t = 0; t < steps; t++) {
        int at = 4 * (t * n + i);
        v = Math.fma(x.getFloat(at) - v, rate, v);
        out.putFloat(at, v);
      }
      if (last != null) {
        last.putFloat(4 * i, v);
      }
    }
  }

  void leakyReadoutBackward(ByteBuffer gy, int steps, float rate, ByteBuffer gx) {
    int n = elements(gy) / steps;
    for (int i = 0; i < n; i++) {
      float g = 0;
      for (int t = steps - 1; t >= 0; t--) {
        int at = 4 * (t * n + i);
        g += gy.getFloat(at);
        gx.putFloat(at, g * rate);
        g *= 1f - rate;
      }
    }
  }
}
