package org.klif.device.cpu.vector;

import static org.klif.device.cpu.vector.Lanes.ofThree;
import static org.klif.device.cpu.vector.Lanes.read;
import static org.klif.device.cpu.vector.Lanes.write;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.klif.device.cpu.Elements;
import org.klif.device.cpu.Kernels;
import org.klif.device.cpu.Kernels.Windows;
import org.klif.device.cpu.ScalarWindows;
import org.klif.device.cpu.Scratch;

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

  static void forward(Windows windows, Elements x, Elements y) {
    int whole = S.loopBound(windows.channels());
    NativeVectors.Memory in = NativeVectors.floats(x);
    NativeVectors.Memory out = NativeVectors.floats(y);
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
        write(read(x, from + c).max(read(x, from + c + next)), y, to + c);
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
        FloatVector sum = zero.add(read(x, from + c)).add(read(x, from + c + next));
        write(sum.mul(share), y, to + c);
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
        FloatVector top = read(x, at).max(read(x, at + channels));
        FloatVector bottom = read(x, at + row).max(read(x, at + row + channels));
        write(top.max(bottom), y, to + c);
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
        FloatVector sum = zero.add(read(x, at)).add(read(x, at + channels));
        sum = sum.add(read(x, at + row)).add(read(x, at + row + channels));
        write(sum.mul(share), y, to + c);
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
        write(top.max(middle).max(bottom), y, to + c);
      }
    }
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
            FloatVector value = read(x, at + dx * windows.channels());
            best = max ? best.max(value) : best.add(value);
          }
        }
        write(max ? best : best.mul(windows.share()), y, to + c);
      }
    }
  }

  /**
   * The gradient, in two loops: which pixel wins, then what each pixel gets. As one, the gradient
   * of a 3x3 maximum is more than Java 17 compiles into one method.
   *
   * @param winners scratch memory, from {@link Scratch#FIRST} on an element for each channel
   */
  static void backward(Windows windows, Elements x, Elements gy, Elements gx, float[] winners) {
    int whole = S.loopBound(windows.channels());
    NativeVectors.Memory in = NativeVectors.floats(x);
    NativeVectors.Memory gOut = NativeVectors.floats(gy);
    NativeVectors.Memory gIn = NativeVectors.floats(gx);
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
      FloatVector best = read(x, from + c);
      FloatVector winner = FloatVector.zero(S);
      for (int dy = 0; dy < windows.height(); dy++) {
        for (int dx = 0; dx < width; dx++) {
          FloatVector value = read(x, from + dy * windows.row() + dx * windows.channels() + c);
          VectorMask<Float> larger = value.compare(VectorOperators.GT, best);
          best = best.blend(value, larger);
          winner = winner.blend((float) (dy * width + dx), larger);
        }
      }
      winner.intoArray(winners, Scratch.FIRST + c);
    }
  }

  private static void winnersOfTwo(
      NativeVectors.Memory x, int from, int next, float[] winners, int whole) {
    for (int c = from; c < from + whole; c += LANES) {
      VectorMask<Float> larger = read(x, c + next).compare(VectorOperators.GT, read(x, c));
      FloatVector.zero(S).blend(1f, larger).intoArray(winners, Scratch.FIRST + c - from);
    }
  }

  private static void winnersOfFour(
      NativeVectors.Memory x, int from, int row, int channels, float[] winners, int whole) {
    for (int c = 0; c < whole; c += LANES) {
      int top = from + c;
      FloatVector best = read(x, top);
      FloatVector value = read(x, top + channels);
      VectorMask<Float> larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      FloatVector winner = FloatVector.zero(S).blend(1f, larger);
      value = read(x, top + row);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(2f, larger);
      larger = read(x, top + row + channels).compare(VectorOperators.GT, best);
      winner.blend(3f, larger).intoArray(winners, Scratch.FIRST + c);
    }
  }

  private static void winnersOfNine(
      NativeVectors.Memory x, int from, int row, int channels, float[] winners, int whole) {
    for (int c = 0; c < whole; c += LANES) {
      int top = from + c;
      int middle = top + row;
      int bottom = middle + row;
      FloatVector best = read(x, top);
      FloatVector winner = FloatVector.zero(S);
      FloatVector value = read(x, top + channels);
      VectorMask<Float> larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(1f, larger);
      value = read(x, top + 2 * channels);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(2f, larger);
      value = read(x, middle);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(3f, larger);
      value = read(x, middle + channels);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(4f, larger);
      value = read(x, middle + 2 * channels);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(5f, larger);
      value = read(x, bottom);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(6f, larger);
      value = read(x, bottom + channels);
      larger = value.compare(VectorOperators.GT, best);
      best = best.blend(value, larger);
      winner = winner.blend(7f, larger);
      larger = read(x, bottom + 2 * channels).compare(VectorOperators.GT, best);
      winner.blend(8f, larger).intoArray(winners, Scratch.FIRST + c);
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
      FloatVector g = read(gy, to + c);
      FloatVector winner = FloatVector.fromArray(S, winners, Scratch.FIRST + c);
      FloatVector equal = g.mul(windows.share());
      float place = 0;
      for (int dy = 0; dy < windows.height(); dy++) {
        for (int dx = 0; dx < windows.width(); dx++, place++) {
          FloatVector part = max ? zero.blend(g, winner.compare(VectorOperators.EQ, place)) : equal;
          int at = from + dy * windows.row() + dx * windows.channels() + c;
          write(windows.adds() ? read(gx, at).add(part) : part, gx, at);
        }
      }
    }
  }
}
