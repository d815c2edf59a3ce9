package org.klif.device.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.klif.device.cpu.Bytes;
import org.klif.device.cpu.Kernels;
import org.klif.device.cpu.ScalarWindows;

/**
 * Windows of a pooling, a vector of channels at a time; see {@link Kernels#windows}. Those of two
 * pixels, of 2x2 and the maximum of 3x3, the most frequent, are straight lines: a running maximum
 * in a loop over a window that is not known ahead is kept in memory by the compiler, at a third of
 * the speed.
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

  static void forward(
      boolean max,
      int height,
      int width,
      int step,
      float share,
      Bytes x,
      int corner,
      int row,
      int channels,
      int count,
      Bytes y,
      int target) {
    int whole = S.loopBound(channels);
    NativeVectors.Memory in = NativeVectors.memory(x);
    NativeVectors.Memory out = NativeVectors.memory(y);
    boolean four = height == 2 && width == 2;
    if (max && height == 3 && width == 3) {
      for (int w = 0; w < count; w++) {
        int from = corner + w * step * channels;
        for (int c = 0; c < whole; c += LANES) {
          int at = from + c;
          FloatVector top = ofThree(in, at, channels);
          FloatVector middle = ofThree(in, at + row, channels);
          FloatVector bottom = ofThree(in, at + 2 * row, channels);
          store(top.max(middle).max(bottom), out, target + w * channels + c);
        }
      }
    } else if (four && max) {
      for (int w = 0; w < count; w++) {
        int from = corner + w * step * channels;
        for (int c = 0; c < whole; c += LANES) {
          int at = from + c;
          FloatVector top = load(in, at).max(load(in, at + channels));
          FloatVector bottom = load(in, at + row).max(load(in, at + row + channels));
          store(top.max(bottom), out, target + w * channels + c);
        }
      }
    } else if (four) {
      FloatVector zero = FloatVector.zero(S);
      for (int w = 0; w < count; w++) {
        int from = corner + w * step * channels;
        for (int c = 0; c < whole; c += LANES) {
          int at = from + c;
          // in the order of the general case
          FloatVector sum = zero.add(load(in, at)).add(load(in, at + channels));
          sum = sum.add(load(in, at + row)).add(load(in, at + row + channels));
          store(sum.mul(share), out, target + w * channels + c);
        }
      }
    } else if (height * width == 2) {
      int next = width == 2 ? channels : row;
      FloatVector zero = FloatVector.zero(S);
      for (int w = 0; w < count; w++) {
        int from = corner + w * step * channels;
        for (int c = 0; c < whole; c += LANES) {
          FloatVector first = load(in, from + c);
          FloatVector second = load(in, from + c + next);
          FloatVector value = max ? first.max(second) : zero.add(first).add(second).mul(share);
          store(value, out, target + w * channels + c);
        }
      }
    } else {
      for (int w = 0; w < count; w++) {
        int from = corner + w * step * channels;
        any(max, height, width, share, in, from, row, channels, out, target + w * channels, whole);
      }
    }
    ScalarWindows.forward(
        max, height, width, step, share, x, corner, row, channels, count, y, target, whole);
  }

  private static FloatVector ofThree(NativeVectors.Memory in, int at, int channels) {
    return load(in, at).max(load(in, at + channels)).max(load(in, at + 2 * channels));
  }

  private static void any(
      boolean max,
      int height,
      int width,
      float share,
      NativeVectors.Memory x,
      int corner,
      int row,
      int channels,
      NativeVectors.Memory y,
      int target,
      int whole) {
    for (int c = 0; c < whole; c += LANES) {
      FloatVector best =
          max ? FloatVector.broadcast(S, Float.NEGATIVE_INFINITY) : FloatVector.zero(S);
      for (int dy = 0; dy < height; dy++) {
        int at = corner + dy * row + c;
        for (int dx = 0; dx < width; dx++) {
          FloatVector value = load(x, at + dx * channels);
          best = max ? best.max(value) : best.add(value);
        }
      }
      store(max ? best : best.mul(share), y, target + c);
    }
  }

  static void backward(
      boolean max,
      boolean adds,
      int height,
      int width,
      int step,
      float share,
      Bytes x,
      int corner,
      int row,
      int channels,
      int count,
      Bytes gy,
      int target,
      Bytes gx) {
    int whole = S.loopBound(channels);
    NativeVectors.Memory in = NativeVectors.memory(x);
    NativeVectors.Memory gOut = NativeVectors.memory(gy);
    NativeVectors.Memory gIn = NativeVectors.memory(gx);
    boolean four = height == 2 && width == 2 && step == 2 && !adds;
    if (max && adds && height == 3 && width == 3) {
      maximumOfNine(in, corner, step, row, channels, count, gOut, target, gIn, whole);
    } else if (four && max) {
      maximumOfFour(in, corner, row, channels, count, gOut, target, gIn, whole);
    } else if (four) {
      for (int w = 0; w < count; w++) {
        int from = corner + 2 * w * channels;
        for (int c = 0; c < whole; c += LANES) {
          int at = from + c;
          FloatVector part = load(gOut, target + w * channels + c).mul(share);
          store(part, gIn, at);
          store(part, gIn, at + channels);
          store(part, gIn, at + row);
          store(part, gIn, at + row + channels);
        }
      }
    } else if (height * width == 2 && !adds) {
      int next = width == 2 ? channels : row;
      FloatVector zero = FloatVector.zero(S);
      for (int w = 0; w < count; w++) {
        int from = corner + w * step * channels;
        for (int c = 0; c < whole; c += LANES) {
          int at = from + c;
          FloatVector g = load(gOut, target + w * channels + c);
          if (max) {
            // a later one must be larger to win, and a NaN never is
            VectorMask<Float> bySecond =
                load(in, at + next).compare(VectorOperators.GT, load(in, at));
            store(g.blend(zero, bySecond), gIn, at);
            store(zero.blend(g, bySecond), gIn, at + next);
          } else {
            FloatVector part = g.mul(share);
            store(part, gIn, at);
            store(part, gIn, at + next);
          }
        }
      }
    } else {
      for (int w = 0; w < count; w++) {
        int from = corner + w * step * channels;
        int at = target + w * channels;
        anyGradient(max, adds, height, width, share, in, from, row, channels, gOut, at, gIn, whole);
      }
    }
    ScalarWindows.backward(
        max, adds, height, width, step, share, x, corner, row, channels, count, gy, target, gx,
        whole);
  }

  private static void maximumOfFour(
      NativeVectors.Memory x,
      int corner,
      int row,
      int channels,
      int count,
      NativeVectors.Memory gy,
      int target,
      NativeVectors.Memory gx,
      int whole) {
    FloatVector zero = FloatVector.zero(S);
    for (int w = 0; w < count; w++) {
      int from = corner + 2 * w * channels;
      for (int c = 0; c < whole; c += LANES) {
        int at = from + c;
        FloatVector g = load(gy, target + w * channels + c);
        FloatVector first = load(x, at);
        FloatVector second = load(x, at + channels);
        FloatVector third = load(x, at + row);
        FloatVector fourth = load(x, at + row + channels);
        // a later one must be larger to win, and a NaN never is
        VectorMask<Float> bySecond = second.compare(VectorOperators.GT, first);
        FloatVector best = first.blend(second, bySecond);
        VectorMask<Float> byThird = third.compare(VectorOperators.GT, best);
        best = best.blend(third, byThird);
        VectorMask<Float> byFourth = fourth.compare(VectorOperators.GT, best);
        FloatVector ofThree = g.blend(zero, byFourth);
        FloatVector ofTwo = ofThree.blend(zero, byThird);
        store(zero.blend(g, byFourth), gx, at + row + channels);
        store(zero.blend(ofThree, byThird), gx, at + row);
        store(zero.blend(ofTwo, bySecond), gx, at + channels);
        store(ofTwo.blend(zero, bySecond), gx, at);
      }
    }
  }

  /** Windows that overlap: to what is in gx. */
  private static void maximumOfNine(
      NativeVectors.Memory x,
      int corner,
      int step,
      int row,
      int channels,
      int count,
      NativeVectors.Memory gy,
      int target,
      NativeVectors.Memory gx,
      int whole) {
    FloatVector zero = FloatVector.zero(S);
    int right = 2 * channels;
    for (int w = 0; w < count; w++) {
      for (int c = 0; c < whole; c += LANES) {
        int top = corner + w * step * channels + c;
        int middle = top + row;
        int bottom = middle + row;
        // a later one must be larger to win, and a NaN never is
        FloatVector best = load(x, top);
        FloatVector value = load(x, top + channels);
        VectorMask<Float> second = value.compare(VectorOperators.GT, best);
        best = best.blend(value, second);
        value = load(x, top + right);
        VectorMask<Float> third = value.compare(VectorOperators.GT, best);
        best = best.blend(value, third);
        value = load(x, middle);
        VectorMask<Float> fourth = value.compare(VectorOperators.GT, best);
        best = best.blend(value, fourth);
        value = load(x, middle + channels);
        VectorMask<Float> fifth = value.compare(VectorOperators.GT, best);
        best = best.blend(value, fifth);
        value = load(x, middle + right);
        VectorMask<Float> sixth = value.compare(VectorOperators.GT, best);
        best = best.blend(value, sixth);
        value = load(x, bottom);
        VectorMask<Float> seventh = value.compare(VectorOperators.GT, best);
        best = best.blend(value, seventh);
        value = load(x, bottom + channels);
        VectorMask<Float> eighth = value.compare(VectorOperators.GT, best);
        best = best.blend(value, eighth);
        VectorMask<Float> ninth = load(x, bottom + right).compare(VectorOperators.GT, best);
        // the last that won takes the gradient
        FloatVector g = load(gy, target + w * channels + c);
        add(zero.blend(g, ninth), gx, bottom + right);
        g = g.blend(zero, ninth);
        add(zero.blend(g, eighth), gx, bottom + channels);
        g = g.blend(zero, eighth);
        add(zero.blend(g, seventh), gx, bottom);
        g = g.blend(zero, seventh);
        add(zero.blend(g, sixth), gx, middle + right);
        g = g.blend(zero, sixth);
        add(zero.blend(g, fifth), gx, middle + channels);
        g = g.blend(zero, fifth);
        add(zero.blend(g, fourth), gx, middle);
        g = g.blend(zero, fourth);
        add(zero.blend(g, third), gx, top + right);
        g = g.blend(zero, third);
        add(zero.blend(g, second), gx, top + channels);
        add(g.blend(zero, second), gx, top);
      }
    }
  }

  private static void add(FloatVector part, NativeVectors.Memory memory, int element) {
    store(load(memory, element).add(part), memory, element);
  }

  private static void anyGradient(
      boolean max,
      boolean adds,
      int height,
      int width,
      float share,
      NativeVectors.Memory x,
      int corner,
      int row,
      int channels,
      NativeVectors.Memory gy,
      int target,
      NativeVectors.Memory gx,
      int whole) {
    FloatVector zero = FloatVector.zero(S);
    for (int c = 0; c < whole; c += LANES) {
      FloatVector g = load(gy, target + c);
      FloatVector best = load(x, corner + c);
      FloatVector winner = zero;
      for (int dy = 0; max && dy < height; dy++) {
        for (int dx = 0; dx < width; dx++) {
          FloatVector value = load(x, corner + dy * row + dx * channels + c);
          VectorMask<Float> larger = value.compare(VectorOperators.GT, best);
          best = best.blend(value, larger);
          winner = winner.blend(FloatVector.broadcast(S, (float) (dy * width + dx)), larger);
        }
      }
      for (int dy = 0; dy < height; dy++) {
        for (int dx = 0; dx < width; dx++) {
          float place = dy * width + dx;
          FloatVector part =
              max ? zero.blend(g, winner.compare(VectorOperators.EQ, place)) : g.mul(share);
          int at = corner + dy * row + dx * channels + c;
          store(adds ? load(gx, at).add(part) : part, gx, at);
        }
      }
    }
  }
}
