package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;

/** The operations that need no plan. */
interface ElementwiseContract extends TestedDevice {
  /** Fill, copy, add, also in place. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 33, 8192, 20001})
  default void fillCopyAdd(int size) {
    float[] a = new Uniform(1).floats(size);
    float[] b = new Uniform(2).floats(size);
    double[] sum = new double[size];
    for (int i = 0; i < size; i++) {
      sum[i] = a[i] + b[i];
    }
    try (BufferScope scope = new BufferScope(device())) {
      Buffer as = scope.of(a);
      Buffer bs = scope.of(b);
      Buffer out = scope.zeros(size);
      device().add(as, bs, out);
      Closeness.assertSame("a + b", sum, out.toArray());
      device().copy(as, out);
      assertArrayEquals(a, out.toArray());
      device().add(out, bs, out);
      Closeness.assertSame("a += b", sum, out.toArray());
      device().add(as, bs, bs);
      Closeness.assertSame("b = a + b", sum, bs.toArray());
      device().fill(out.view(0, (size + 1) / 2), -2.5f);
      for (int i = 0; i < (size + 1) / 2; i++) {
        sum[i] = -2.5;
      }
      Closeness.assertSame("filled half", sum, out.toArray());
    }
  }

  /** A moving average, with a share that lies on the device, and from views. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 33, 8192, 20001})
  default void average(int size) {
    float[] values = new Uniform(1).floats(size);
    float[] old = new Uniform(2).floats(size);
    try (BufferScope scope = new BufferScope(device())) {
      for (float share : new float[] {0, 0.1f, 1}) {
        double[] expected = new double[size];
        for (int i = 0; i < size; i++) {
          expected[i] = Math.fma(share, values[i] - old[i], old[i]);
        }
        Buffer shares = scope.of(9, share);
        Buffer average = scope.of(old);
        device().average(scope.of(values), shares.view(1, 1), average);
        Closeness.assertSame("average", expected, average.toArray());
        Buffer padded = scope.zeros(size + 3);
        Buffer inside = padded.view(1, size);
        device().copy(scope.of(old), inside);
        device().average(scope.of(values), shares.view(1, 1), inside);
        Closeness.assertSame("average in a view", expected, inside.toArray());
      }
      assertThrows(
          KlifException.class,
          () -> device().average(scope.zeros(size + 1), scope.zeros(1), scope.zeros(size)));
      assertThrows(
          KlifException.class,
          () -> device().average(scope.zeros(size), scope.zeros(2), scope.zeros(size)));
    }
  }

  /** Views may begin at any element, so at any multiple of 4 bytes. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  default void viewsMayBeginAnywhere(int offset) {
    int size = 37;
    int steps = 3;
    float[] a = new Uniform(1).floats(steps * size + offset);
    float[] b = new Uniform(2).floats(steps * size + offset);
    double[] sum = new double[steps * size];
    double[] masked = new double[steps * size];
    double[] overTime = new double[size];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = a[offset + i] + b[offset + i];
      masked[i] = a[offset + i] * b[offset + i % size];
      overTime[i % size] += a[offset + i];
    }
    try (BufferScope scope = new BufferScope(device())) {
      Buffer as = scope.of(a).view(offset, sum.length);
      Buffer bs = scope.of(b).view(offset, sum.length);
      Buffer all = scope.zeros(steps * size + offset + 5);
      Buffer out = all.view(offset, sum.length);
      device().fill(all, 7);
      device().add(as, bs, out);
      Closeness.assertSame("a + b", sum, out.toArray());
      device().maskOverTime(as, bs.view(0, size), steps, out);
      Closeness.assertSame("masked", masked, out.toArray());
      device().sumOverTime(as, steps, out.view(1, size));
      Closeness.assertClose("summed", overTime, out.view(1, size).toArray());
      device().repeatOverTime(as.view(0, size), steps, out);
      assertArrayEquals(as.view(0, size).toArray(), out.view(2L * size, size).toArray());
      float[] rest = all.toArray();
      for (int i = 0; i < rest.length; i++) {
        if (i < offset || i >= offset + steps * size) {
          assertEquals(7, rest[i], "outside the view");
        }
      }
    }
  }

  /** Repeat, sum and mask over time. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 33, 9001})
  default void overTime(int size) {
    for (int steps : new int[] {1, 4}) {
      float[] x = new Uniform(size).floats(size);
      float[] sequence = new Uniform(steps).floats(steps * size);
      double[] repeated = new double[steps * size];
      double[] masked = new double[steps * size];
      double[] sum = new double[size];
      for (int i = 0; i < repeated.length; i++) {
        repeated[i] = x[i % size];
        masked[i] = sequence[i] * x[i % size];
        sum[i % size] += sequence[i];
      }
      try (BufferScope scope = new BufferScope(device())) {
        Buffer xs = scope.of(x);
        Buffer all = scope.of(sequence);
        Buffer out = scope.zeros(repeated.length);
        device().repeatOverTime(xs, steps, out);
        Closeness.assertSame("repeated", repeated, out.toArray());
        device().maskOverTime(all, xs, steps, out);
        Closeness.assertSame("masked", masked, out.toArray());
        Buffer total = scope.zeros(size);
        device().sumOverTime(all, steps, total);
        Closeness.assertClose("summed", sum, total.toArray());
        device().maskOverTime(all, xs, steps, all);
        Closeness.assertSame("masked in place", masked, all.toArray());
      }
    }
  }

  /** The published first answer: counter 0, key 0 gives 6627e8d5 e169c58d bc57ac4c 9b00dbd8. */
  @Test
  default void dropoutDrawsPhilox() {
    long[] words = {0x6627e8d5L, 0xe169c58dL, 0xbc57ac4cL, 0x9b00dbd8L};
    try (BufferScope scope = new BufferScope(device())) {
      Buffer counter = scope.ofInts(0, 0);
      Buffer mask = scope.zeros(4);
      for (long word : words) {
        for (int above = 0; above < 2; above++) {
          double p = (word + above) / 0x1p32;
          device().dropoutMask(mask, p, 0, counter, 0);
          double[] expected = new double[4];
          for (int i = 0; i < 4; i++) {
            expected[i] = words[i] < word + above ? 0 : (float) (1 / (1 - p));
          }
          Closeness.assertSame("mask for p = " + p, expected, mask.toArray());
        }
      }
    }
  }

  /** Seed, counter, stream and element all enter the mask as documented. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 1023, 16390})
  default void dropoutMaskIsAsDocumented(int size) {
    double p = 0.3;
    long seed = 0xa40938225EED1234L;
    int[] counter = {0x85a308d3, 0x03707344};
    int stream = 3;
    long[] key = {seed & 0xffffffffL, seed >>> 32};
    double[] expected = new double[size];
    for (int i = 0; i < size; i++) {
      long[] words =
          ReferencePhilox.words(
              new long[] {
                i / 4,
                stream,
                Integer.toUnsignedLong(counter[0]),
                Integer.toUnsignedLong(counter[1])
              },
              key);
      expected[i] = words[i % 4] < p * 0x1p32 ? 0 : (float) (1 / (1 - p));
    }
    try (BufferScope scope = new BufferScope(device())) {
      Buffer mask = scope.zeros(size);
      Buffer counterBuffer = scope.ofInts(counter);
      device().dropoutMask(mask, p, seed, counterBuffer, stream);
      Closeness.assertSame("mask", expected, mask.toArray());
      device().dropoutMask(mask, 0, seed, counterBuffer, stream);
      for (float value : mask.toArray()) {
        assertEquals(1f, value);
      }
      assertThrows(
          KlifException.class, () -> device().dropoutMask(mask, 1, seed, counterBuffer, stream));
    }
  }

  /** A mask that begins anywhere is that stretch of the whole one. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 4096, 8190})
  default void dropoutMaskOfAPartIsThatOfTheWhole(long first) {
    int size = 8200;
    try (BufferScope scope = new BufferScope(device())) {
      Buffer counter = scope.ofInts(3, 0);
      Buffer whole = scope.zeros(first + size);
      Buffer part = scope.zeros(size);
      device().dropoutMask(whole, 0.4, 11, counter, 1);
      device().dropoutMask(part, 0.4, 11, counter, 1, first);
      assertArrayEquals(whole.view(first, size).toArray(), part.toArray());
    }
  }

  /** Channels first and last; few and many of either, and more tiles than blocks. */
  @ParameterizedTest
  @CsvSource({
    "3, 5, 7",
    "2, 3, 300",
    "1, 16, 16",
    "3, 33, 70",
    "2, 100, 31",
    "1, 64, 64",
    "5, 100, 260"
  })
  default void channelsMove(int images, int channels, int pixels) {
    float[] last = new Uniform(1).floats(images * channels * pixels);
    float[] first = new float[last.length];
    for (int i = 0; i < last.length; i++) {
      int channel = i % channels;
      int pixel = i / channels % pixels;
      int image = i / channels / pixels;
      first[(image * channels + channel) * pixels + pixel] = last[i];
    }
    try (BufferScope scope = new BufferScope(device())) {
      Buffer out = scope.zeros(last.length);
      device().channelsFirst(scope.of(last), images, channels, pixels, out);
      assertArrayEquals(first, out.toArray());
      device().channelsLast(scope.of(first), images, channels, pixels, out);
      assertArrayEquals(last, out.toArray());
    }
  }

  /** Voting and its gradient. */
  @Test
  default void votesAreMeans() {
    int rows = 7;
    int features = 30;
    int group = 3;
    float[] x = new Uniform(1).floats(rows * features);
    float[] gy = new Uniform(2).floats(rows * features / group);
    double[] y = new double[gy.length];
    double[] gx = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i / group] += x[i] / (double) group;
      gx[i] = gy[i / group] / (double) group;
    }
    try (BufferScope scope = new BufferScope(device())) {
      Buffer ys = scope.zeros(y.length);
      device().vote(scope.of(x), rows, features, group, ys);
      Closeness.assertClose("y", y, ys.toArray());
      Buffer gxs = scope.zeros(x.length);
      device().voteBackward(scope.of(gy), rows, features, group, gxs);
      Closeness.assertClose("gx", gx, gxs.toArray());
    }
  }

  /** Leaky readout, its states and its gradient. */
  @Test
  default void leakyReadoutAgrees() {
    int steps = 6;
    int size = 37;
    double rate = 0.3;
    float[] x = new Uniform(1).floats(steps * size);
    float[] initial = new Uniform(2).floats(size);
    float[] gy = new Uniform(3).floats(steps * size);
    for (boolean given : new boolean[] {false, true}) {
      double[] out = new double[x.length];
      double[] last = new double[size];
      double[] gx = new double[x.length];
      for (int i = 0; i < size; i++) {
        double v = given ? initial[i] : 0;
        for (int at = i; at < x.length; at += size) {
          v += (x[at] - v) * rate;
          out[at] = v;
        }
        last[i] = v;
        double g = 0;
        for (int at = (steps - 1) * size + i; at >= 0; at -= size) {
          g += gy[at];
          gx[at] = g * rate;
          g *= 1 - rate;
        }
      }
      try (BufferScope scope = new BufferScope(device())) {
        Buffer xs = scope.of(x);
        Buffer outs = scope.zeros(x.length);
        Buffer state = given ? scope.of(initial) : null;
        Buffer lasts = given ? state : scope.zeros(size);
        device().leakyReadout(xs, steps, rate, state, outs, lasts);
        Closeness.assertClose("V", out, outs.toArray());
        Closeness.assertClose("last V", last, lasts.toArray());
        device().leakyReadout(xs, steps, rate, null, outs, null);
        Buffer gxs = scope.zeros(x.length);
        device().leakyReadoutBackward(scope.of(gy), steps, rate, gxs);
        Closeness.assertClose("gx", gx, gxs.toArray());
      }
    }
  }

  /** The first NaN or infinity is found wherever it is. */
  @Test
  default void firstNonFiniteIsFound() {
    int size = 5003;
    try (BufferScope scope = new BufferScope(device())) {
      Buffer buffer = scope.of(new Uniform(1).floats(size));
      assertEquals(-1, device().firstNonFinite(buffer));
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        for (int at : new int[] {size - 1, 4097, 256, 0}) {
          buffer.upload(new float[] {bad}, 0, at, 1);
          assertEquals(at, device().firstNonFinite(buffer));
        }
        buffer.upload(new Uniform(1).floats(size));
      }
    }
  }

  /** Sums are in double precision and repeat to the bit. */
  @Test
  default void sumIsInDoublePrecision() {
    int size = 100_003;
    float[] values = new Uniform(1).floats(size);
    double expected = 0;
    for (float value : values) {
      expected += value;
    }
    try (BufferScope scope = new BufferScope(device())) {
      Buffer buffer = scope.of(values);
      double sum = device().sum(buffer);
      // 1e5 additions of numbers below 1, each rounded by 1e-14 of the partial sum
      assertEquals(expected, sum, 1e-9);
      assertEquals(Double.doubleToLongBits(sum), Double.doubleToLongBits(device().sum(buffer)));
      // float32 would lose the ones
      assertEquals(0x1p24 + 3, device().sum(scope.of(0x1p24f, 1, 1, 1)));
    }
  }
}
