package org.klif.device.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.klif.device.cpu.Bytes;
import org.klif.device.cpu.Kernels;
import org.klif.device.cpu.Kernels.Windows;
import org.klif.device.cpu.ScalarWindows;

/**
 * Windows of a pooling, a vector of channels at a time; see {@link Kernels#windows}. Those of two
 * pixels, of 2x2 and the maximum of 3x3, the most frequent, are straight lines: a running maximum
 * in a loop over a window that is not known ahead is kept in memory by the compiler, at a third of
 * the speed. Each shape has a method: together they are more than JDK 17 compiles into one.
 */
final class VectorWindows {
  private static final VectorSpecies<Float> S = NativeVectors.SPECIES;
  private static final int LANES = S.length();

  private VectorWindows() {}

  private static FloatVector load(NativeVectors.Memory memory, int element) {
    return NativeVectors.load(memory, 4 * element);
  }

  private static void store(FloatVector value, NativeVectors.Memory memory, int element) {
    NativeVectors.store(value, memory, 4 * element);
  }

  static void forward(Windows windows, Bytes x, Bytes y) {
    int whole = S.loopBound(windows.channels());
    NativeVectors.Memory in = NativeVectors.memory(x);
    NativeVectors.Memory out = NativeVectors.memory(y);
    boolean max = windows.max();
    int height = windows.height();
    int width = windows.width();
    if (height * width == 2) {
      int next = width == 2 ? windows.channels() : windows.row();
      if (max) {
        forwardMaxTwo(windows, next, in, out, whole);
      } else {
        forwardMeanTwo(windows, next, in, out, whole);
      }
    } else if (height == 2 && width == 2) {
      if (max) {
        forwardMaxFour(windows, in, out, whole);
      } else {
        forwardMeanFour(windows, in, out, whole);
      }
    } else if (max && height == 3 && width == 3) {
      forwardMaxNine(windows, in, out, whole);
    } else {
      forwardAny(windows, in, out, whole);
    }
    ScalarWindows.forward(windows, x, y, whole);
  }

  private static void forwardMaxTwo(
      Windows windows, int next, NativeVectors.Memory x, NativeVectors.Memory y, int whole) {
    for (int w = 0; w < windows.count(); w++) {
      int from = windows.from(w);
      int to = windows.to(w);
      for (int c = 0; c < whole; c += LANES) {
        store(load(x, from + c).max(load(x, from + c + next)), y, to + c);
      }
    }
  }

  private static void forwardMeanTwo(
      Windows windows, int next, NativeVectors.Memory x, NativeVectors.Memory y, int whole) {
    FloatVector zero = FloatVector.zero(S);
    float share = windows.share();
    for (int w = 0; w < windows.count(); w++) {
      int from = windows.from(w);
      int to = windows.to(w);
      for (int c = 0; c < whole; c += LANES) {
        // from zero on, as the general case
        FloatVector sum = zero.add(load(x, from + c)).add(load(x, from + c + next));
        store(sum.mul(share), y, to + c);
      }
    }
  }

  private static void forwardMaxFour(
      Windows windows, NativeVectors.Memory x, NativeVectors.Memory y, int whole) {
    int row = windows.row();
    int channels = windows.channels();
    for (int w = 0; w < windows.count(); w++) {
      int from = windows.from(w);
      int to = windows.to(w);
      for (int c = 0; c < whole; c += LANES) {
        int at = from + c;
        FloatVector top = load(x, at).max(load(x, at + channels));
        FloatVector bottom = load(x, at + row).max(load(x, at + row + channels));
        store(top.max(bottom), y, to + c);
      }
    }
  }

  private static void forwardMeanFour(
      Windows windows, NativeVectors.Memory x, NativeVectors.Memory y, int whole) {
    FloatVector zero = FloatVector.zero(S);
    float share = windows.share();
    int row = windows.row();
    int channels = windows.channels();
    for (int w = 0; w < windows.count(); w++) {
      int from = windows.from(w);
      int to = windows.to(w);
      for (int c = 0; c < whole; c += LANES) {
        int at = from + c;
        FloatVector sum = zero.add(load(x, at)).add(load(x, at + channels));
        sum = sum.add(load(x, at + row)).add(load(x, at + row + channels));
        store(sum.mul(share), y, to + c);
      }
    }
  }

  private static void forwardMaxNine(
      Windows windows, NativeVectors.Memory x, NativeVectors.Memory y, int whole) {
    int row = windows.row();
    int channels = windows.channels();
    for (int w = 0; w < windows.count(); w++) {
      int from = windows.from(w);
      int to = windows.to(w);
      for (int c = 0; c < whole; c += LANES) {
        int at = from + c;
        FloatVector top = ofThree(x, at, channels);
        FloatVector middle = ofThree(x, at + row, channels);
        FloatVector bottom = ofThree(x, at + 2 * row, channels);
        store(top.max(middle).max(bottom), y, to + c);
      }
    }
  }

  private static FloatVector ofThree(NativeVectors.Memory in, int at, int channels) {
    return load(in, at).max(load(in, at + channels)).max(load(in, at + 2 * channels));
  }

  private static void forwardAny(
      Windows windows, NativeVectors.Memory x, NativeVectors.Memory y, int whole) {
    boolean max = windows.max();
    FloatVector none =
        max ? FloatVector.broadcast(S, Float.NEGATIVE_INFINITY) : FloatVector.zero(S);
    for (int w = 0; w < windows.count(); w++) {
      int from = windows.from(w);
      int to = windows.to(w);
      for (int c = 0; c < whole; c += LANES) {
        FloatVector best = none;
        for (int dy = 0; dy < windows.height(); dy++) {
          int at = from + dy * windows.row() + c;
          for (int dx = 0; dx < windows.width(); dx++) {
            FloatVector value = load(x, at + dx * windows.channels());
            best = max ? best.max(value) : best.add(value);
          }
        }
        store(max ? best : best.mul(windows.share()), y, to + c);
      }
    }
  }

  /**
   * The gradient, in two loops: which pixel wins, then what each pixel gets. As one, the gradient
   * of a 3x3 maximum is more than Java 17 compiles into one method.
   *
   * @param winners scratch memory, an element for each channel of a window
   */
  static void backward(Windows windows, Bytes x, Bytes gy, Bytes gx, float[] winners) {
    int whole = S.loopBound(windows.channels());
    NativeVectors.Memory in = NativeVectors.memory(x);
    NativeVectors.Memory gOut = NativeVectors.memory(gy);
    NativeVectors.Memory gIn = NativeVectors.memory(gx);
    for (int w = 0; w < windows.count(); w++) {
      int from = windows.from(w);
      if (windows.max()) {
        winners(windows, in, from, winners, whole);
      }
      spread(windows, winners, gOut, windows.to(w), gIn, from, whole);
    }
    ScalarWindows.backward(windows, x, gy, gx, whole);
  }

  /** The number of the first largest pixel of a window: a NaN wins as the first one only. */
  private static void winners(
      Windows windows, NativeVectors.Memory x, int from, float[] winners, int whole) {
    int height = windows.height();
    int width = windows.width();
    if (height * width == 2) {
      int next = width == 2 ? windows.channels() : windows.row();
      winnersOfTwo(x, from, next, winners, whole);
    } else if (height == 2 && width == 2) {
      winnersOfFour(x, from, windows.row(), windows.channels(), winners, whole);
    } else if (height == 3 && width == 3) {
      winnersOfNine(x, from, windows.row(), windows.channels(), winners, whole);
    } else {
      winnersOfAny(windows, x, from, winners, whole);
    }
  }

  private static void winnersOfAny(
      Windows windows, NativeVectors.Memory x, int from, float[] winners, int whole) {
    int width = windows.width();
    for (int c = 0; c < whole; c += LANES) {
      FloatVector best = load(x, from + c);
      FloatVector winner = FloatVector.zero(S);
      for (int dy = 0; dy < windows.height(); dy++) {
        for (int dx = 0; dx < width; dx++) {
          FloatVector value = load(x, from + dy * windows.row() + dx * windows.channels() + c);
          VectorMask<Float> larger = value.compare(VectorOperators.GT, best);
          best = best.blend(value, larger);
          winner = winner.blend((float) (dy * width + dx), larger);
        }
      }
      winner.intoArray(winners, c);
    }
  }

  private static void winnersOfTwo(
      NativeVectors.Memory x, int from, int next, float[] winners, int whole) {
    for (int c = from; c < from + whole; c += LANES) {
      VectorMask<Float> larger = load(x, c + next).compare(VectorOperators.GT, load(x, c));
      FloatVector.zero(S).blend(1f, larger).intoArray(winners, c - from);
    }
  }

  private static void winnersOfFour(
      NativeVectors.Memory x, int from, int row, int channels, float[] winners, int whole) {
    for (int c = 0; c < whole; c += LANES) {
      int top = from + c;
      FloatVector best = load(x, top);
      FloatVector value = load(x, top + channels);
      VectorMask<Float> larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      FloatVector winner = FloatVector.zero(S).blend(1f, larger);
      value = load(x, top + row);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(2f, larger);
      larger = load(x, top + row + channels).compare(VectorOperators.GT, best);
      winner.blend(3f, larger).intoArray(winners, c);
    }
  }

  private static void winnersOfNine(
      NativeVectors.Memory x, int from, int row, int channels, float[] winners, int whole) {
    for (int c = 0; c < whole; c += LANES) {
      int top = from + c;
      int middle = top + row;
      int bottom = middle + row;
      FloatVector best = load(x, top);
      FloatVector winner = FloatVector.zero(S);
      FloatVector value = load(x, top + channels);
      VectorMask<Float> larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(1f, larger);
      value = load(x, top + 2 * channels);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(2f, larger);
      value = load(x, middle);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(3f, larger);
      value = load(x, middle + channels);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(4f, larger);
      value = load(x, middle + 2 * channels);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(5f, larger);
      value = load(x, bottom);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(6f, larger);
      value = load(x, bottom + channels);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(7f, larger);
      larger = load(x, bottom + 2 * channels).compare(VectorOperators.GT, best);
      winner.blend(8f, larger).intoArray(winners, c);
    }
  }

  private static void spread(
      Windows windows,
      float[] winners,
      NativeVectors.Memory gy,
      int to,
      NativeVectors.Memory gx,
      int from,
      int whole) {
    boolean max = windows.max();
    FloatVector zero = FloatVector.zero(S);
    for (int c = 0; c < whole; c += LANES) {
      FloatVector g = load(gy, to + c);
      FloatVector winner = FloatVector.fromArray(S, winners, c);
      FloatVector equal = g.mul(windows.share());
      float place = 0;
      for (int dy = 0; dy < windows.height(); dy++) {
        for (int dx = 0; dx < windows.width(); dx++, place++) {
          FloatVector part = max ? zero.blend(g, winner.compare(VectorOperators.EQ, place)) : equal;
          int at = from + dy * windows.row() + dx * windows.channels() + c;
          store(windows.adds() ? load(gx, at).add(part) : part, gx, at);
        }
      }
    }
  }
}
