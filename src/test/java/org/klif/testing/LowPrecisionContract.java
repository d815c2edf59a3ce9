package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.device.Attention;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.Loss;
import org.klif.device.Pooling;
import org.klif.device.Precision;
import org.klif.tensor.Extent;
import org.klif.verify.AttentionReference;
import org.klif.verify.ReferenceLoss;

/**
 * What a device with activations of 16 bits must do: each operation on inputs that the type has
 * exactly, against float64 loops. All arithmetic is float32, so a result differs by that, and by
 * one rounding to the type where it is an activation.
 */
public abstract class LowPrecisionContract {
  private Device device;
  private Rounding rounding;

  /** A new device of this precision. */
  protected abstract Device open(Precision precision);

  /** Whether the device has this precision. */
  protected boolean has(Precision precision) {
    return true;
  }

  final Device start(Precision precision) {
    assumeTrue(has(precision), () -> "the device has no " + precision.token());
    device = open(precision);
    rounding = new Rounding(device.activationType());
    assertEquals(precision.activationType(), device.activationType());
    return device;
  }

  final Device device() {
    return device;
  }

  final Rounding rounding() {
    return rounding;
  }

  @AfterEach
  void nothingIsLeft() {
    if (device != null) {
      int left = device.liveBuffers();
      device.close();
      assertEquals(0, left, "buffers left open");
    }
  }

  /** Copy between types rounds as uploads do; add, repeat, sum and mask. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void elementwise(Precision precision) {
    start(precision);
    for (int size : new int[] {1, 33, 4099}) {
      for (int offset : new int[] {0, 1}) {
        elementwise(size, offset);
      }
    }
  }

  private void elementwise(int size, int offset) {
    int steps = 3;
    float[] x = rounding.draw(1, steps * size);
    float[] y = rounding.draw(2, steps * size);
    double[] sum = new double[x.length];
    double[] product = new double[x.length];
    double[] overTime = new double[size];
    for (int i = 0; i < x.length; i++) {
      sum[i] = x[i] + y[i];
      product[i] = x[i] * y[i % size];
      overTime[i % size] += x[i];
    }
    try (BufferScope scope = new BufferScope(device)) {
      Buffer xs = rounding.zeros(scope, x.length + offset).view(offset, x.length);
      xs.upload(x);
      Buffer ys = rounding.of(scope, y);
      Buffer out = rounding.zeros(scope, x.length + offset).view(offset, x.length);
      device.add(xs, ys, out);
      rounding.assertStored("a + b", sum, out.toArray());
      device.maskOverTime(xs, ys.view(0, size), steps, out);
      rounding.assertStored("masked", product, out.toArray());
      Buffer one = rounding.zeros(scope, size);
      device.sumOverTime(xs, steps, one);
      rounding.assertStored("sum over time", overTime, one.toArray());
      device.repeatOverTime(one, steps, out);
      assertArrayEquals(one.toArray(), out.view((steps - 1L) * size, size).toArray());
      device.copy(xs, out);
      assertArrayEquals(x, out.toArray());
      device.fill(out.view(0, size), -2.5f);
      float[] filled = x.clone();
      Arrays.fill(filled, 0, size, -2.5f);
      assertArrayEquals(filled, out.toArray());
      double total = 0;
      for (float value : x) {
        total += value;
      }
      // float64 sums of some thousand numbers below 1
      assertEquals(total, device.sum(xs), 1e-10);
    }
  }

  /**
   * What a copy from float32 stores is what an upload stores: nearest, ties to even, infinities.
   */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void copiesConvert(Precision precision) {
    start(precision);
    float[] values = new Uniform(9).floats(2053, -3, 3);
    float tie = (float) (1 + rounding.unit());
    float[] special = {
      tie, 1 + 3 * (tie - 1), -tie, 65519, 65520, -1e30f, 3e38f, 1e-7f, 3e-8f, 2e-8f, -0f, 1e-40f
    };
    System.arraycopy(special, 0, values, 5, special.length);
    values[100] = Float.NEGATIVE_INFINITY;
    float[] rounded = rounding.round(values);
    try (BufferScope scope = new BufferScope(device)) {
      Buffer wide = scope.of(values);
      Buffer narrow = rounding.zeros(scope, values.length);
      device.copy(wide, narrow);
      assertArrayEquals(rounded, narrow.toArray());
      device.copy(narrow, wide);
      assertArrayEquals(rounded, wide.toArray());
      long first = 0;
      while (Float.isFinite(rounded[(int) first])) {
        first++;
      }
      assertEquals(first, device.firstNonFinite(narrow));
      device.fill(narrow, 1);
      assertEquals(-1, device.firstNonFinite(narrow));
      narrow.upload(new float[] {Float.NaN}, 0, 2052, 1);
      assertEquals(2052, device.firstNonFinite(narrow));
    }
  }

  /** The same elements are dropped as in float32, the others are 1 / (1 - p), rounded. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void dropout(Precision precision) {
    start(precision);
    try (BufferScope scope = new BufferScope(device)) {
      Buffer counter = scope.ofInts(5, 6);
      Buffer wide = scope.zeros(1027);
      Buffer narrow = rounding.zeros(scope, 1027);
      device.dropoutMask(wide, 0.3, 77, counter, 2);
      device.dropoutMask(narrow, 0.3, 77, counter, 2);
      assertArrayEquals(rounding.round(wide.toArray()), narrow.toArray());
    }
  }

  /** Channels move as they are; votes and the readout are computed in float32. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void readouts(Precision precision) {
    start(precision);
    int steps = 5;
    int rows = 40;
    int features = 30;
    int group = 3;
    double rate = 0.3;
    int n = rows * features;
    float[] x = rounding.draw(1, steps * n);
    float[] initial = new Uniform(2).floats(n);
    double[] vote = new double[n / group];
    double[] voteGradient = new double[n];
    double[] v = new double[x.length];
    double[] gx = new double[x.length];
    double[] last = new double[n];
    float[] moved = new float[n];
    for (int i = 0; i < n; i++) {
      vote[i / group] += x[i] / (double) group;
      voteGradient[i] = x[i / group] / (double) group;
      moved[i % features * rows + i / features] = x[i];
      double state = initial[i];
      double g = 0;
      for (int t = 0; t < steps; t++) {
        state += (x[t * n + i] - state) * rate;
        v[t * n + i] = state;
      }
      last[i] = state;
      for (int t = steps - 1; t >= 0; t--) {
        g += x[t * n + i];
        gx[t * n + i] = g * rate;
        g *= 1 - rate;
      }
    }
    try (BufferScope scope = new BufferScope(device)) {
      Buffer xs = rounding.of(scope, x);
      Buffer step = xs.view(0, n);
      Buffer out = rounding.zeros(scope, n);
      device.channelsFirst(step, 1, features, rows, out);
      assertArrayEquals(moved, out.toArray());
      device.channelsLast(out, 1, features, rows, step);
      assertArrayEquals(x, xs.toArray());
      Buffer votes = rounding.zeros(scope, n / group);
      device.vote(step, rows, features, group, votes);
      rounding.assertStored("votes", vote, votes.toArray());
      device.voteBackward(step.view(0, n / group), rows, features, group, out);
      rounding.assertStored("gradient of votes", voteGradient, out.toArray());
      Buffer state = scope.of(initial);
      Buffer all = rounding.zeros(scope, x.length);
      device.leakyReadout(xs, steps, rate, state, all, state);
      rounding.assertStored("V", v, all.toArray());
      Closeness.assertClose("last V", last, state.toArray());
      device.leakyReadoutBackward(xs, steps, rate, all);
      rounding.assertStored("gx of the readout", gx, all.toArray());
    }
  }

  /** Statistics and sums are float32: only y and gx are rounded. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void batchNorm(Precision precision) {
    start(precision);
    batchNorm(300, 5);
    batchNorm(129, 16);
    batchNorm(40, 140);
  }

  private void batchNorm(int rows, int channels) {
    float[] x = rounding.draw(1, rows * channels);
    float[] g = rounding.draw(2, rows * channels);
    float[] gamma = new Uniform(3).floats(channels, 0.5, 1.5);
    float[] beta = new Uniform(4).floats(channels);
    double[] mean = new double[channels];
    double[] invStd = new double[channels];
    double[] sums = new double[2 * channels];
    double[] norms = new double[2 * channels];
    double[] y = new double[x.length];
    double[] gx = new double[x.length];
    for (int c = 0; c < channels; c++) {
      double variance = 0;
      for (int i = c; i < x.length; i += channels) {
        mean[c] += x[i] / (double) rows;
      }
      for (int i = c; i < x.length; i += channels) {
        variance += (x[i] - mean[c]) * (x[i] - mean[c]) / rows;
      }
      invStd[c] = 1 / Math.sqrt(variance + 1e-5);
      for (int i = c; i < x.length; i += channels) {
        double xhat = (x[i] - mean[c]) * invStd[c];
        y[i] = gamma[c] * xhat + beta[c];
        sums[c] += g[i];
        sums[channels + c] += g[i] * xhat;
        norms[c] = Math.hypot(norms[c], g[i]);
        norms[channels + c] = Math.hypot(norms[channels + c], g[i] * xhat);
      }
      for (int i = c; i < x.length; i += channels) {
        double xhat = (x[i] - mean[c]) * invStd[c];
        gx[i] = gamma[c] * invStd[c] * (g[i] - sums[c] / rows - xhat * sums[channels + c] / rows);
      }
    }
    try (BufferScope scope = new BufferScope(device)) {
      BatchNorm norm =
          scope.own(device.batchNorm(new BatchNorm.Spec(rows, channels, 1, 1e-5, 0.1)));
      BatchNorm.State state =
          new BatchNorm.State(
              scope.of(gamma),
              scope.of(beta),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels));
      Buffer xs = rounding.of(scope, x);
      Buffer gs = rounding.of(scope, g);
      Buffer out = rounding.zeros(scope, x.length);
      Buffer sumsBuffer = scope.zeros(2L * channels);
      norm.statistics(xs, state);
      Closeness.assertClose("mean", mean, state.mean().toArray());
      Closeness.assertClose("invStd", invStd, state.invStd().toArray());
      norm.apply(xs, state, out);
      rounding.assertStored("y", y, out.toArray());
      norm.reduce(xs, gs, state, sumsBuffer);
      Closeness.assertClose("sums", sums, sumsBuffer.toArray(), norms);
      norm.backward(xs, gs, state, sumsBuffer, gs, scope.zeros(channels), scope.zeros(channels));
      rounding.assertStored("gx", gx, gs.toArray());
    }
  }

  /** Maxima and their gradients are exact; means are rounded once. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void pooling(Precision precision) {
    start(precision);
    for (int channels : new int[] {3, 16}) {
      for (Pooling.Kind kind : Pooling.Kind.values()) {
        pooling(new Pooling.Spec(kind, 2, channels, 7, 9, 3));
        pooling(new Pooling.Spec(kind, 3, channels, 4, 6, 2));
        pooling(new Pooling.Spec(kind, 3, channels, 4, 6, new Extent(1, 3)));
        Extent two = Extent.square(2);
        pooling(new Pooling.Spec(kind, 2, channels, 5, 6, Extent.square(3), two, Extent.square(1)));
      }
    }
  }

  private void pooling(Pooling.Spec s) {
    float[] x = rounding.draw(1, s.images() * s.inSize());
    float[] gy = rounding.draw(2, s.images() * s.outSize());
    PoolingReference reference = PoolingReference.of(s, x, gy);
    double[] y = reference.y();
    double[] gx = reference.gx();
    try (BufferScope scope = new BufferScope(device)) {
      Pooling pooling = scope.own(device.pooling(s));
      Buffer xs = rounding.of(scope, x);
      Buffer ys = rounding.zeros(scope, y.length);
      Buffer gxs = rounding.zeros(scope, x.length);
      device.fill(gxs, 7);
      pooling.forward(xs, ys);
      pooling.backward(xs, rounding.of(scope, gy), gxs);
      if (s.kind() == Pooling.Kind.MAX) {
        Closeness.assertSame("y", y, ys.toArray());
      } else {
        rounding.assertStored("y", y, ys.toArray());
      }
      if (s.kind() == Pooling.Kind.MAX && s.tiles()) {
        Closeness.assertSame("gx", gx, gxs.toArray());
      } else {
        rounding.assertStored("gx", gx, gxs.toArray());
      }
    }
  }

  /**
   * Sums are float32. What stands between the two products is rounded, too: an error of the size of
   * all its terms at most. Sums of spikes are exact.
   */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void attention(Precision precision) {
    start(precision);
    for (int heads : new int[] {2, 8}) {
      Attention.Spec spec = new Attention.Spec(2, 6, 32, heads, 0.125);
      int size = Math.toIntExact(spec.size());
      AttentionRun.Inputs in = AttentionRun.Inputs.of(i -> rounding.draw(i, size));
      AttentionReference expected = in.reference(spec);
      AttentionReference terms = expected.size();
      AttentionRun actual = AttentionRun.of(device, spec, in);
      rounding.assertStored("y", expected.y(), actual.y(), twice(terms.y()));
      rounding.assertStored("gq", expected.gq(), actual.gq(), twice(terms.gq()));
      rounding.assertStored("gk", expected.gk(), actual.gk(), twice(terms.gk()));
      rounding.assertStored("gv", expected.gv(), actual.gv(), twice(terms.gv()));
      AttentionRun.Inputs spikes = AttentionRun.Inputs.of(i -> AttentionContract.spikes(i, size));
      Closeness.assertSame(
          "y of spikes", spikes.reference(spec).y(), AttentionRun.of(device, spec, spikes).y());
    }
  }

  /** A rounding between the products, and one of the result. */
  private static double[] twice(double[] terms) {
    return Arrays.stream(terms).map(size -> 2 * size).toArray();
  }

  /** Rate and loss are float32; the gradient is rounded after it was scaled, or it would be 0. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void loss(Precision precision) {
    start(precision);
    int steps = 4;
    int batch = 7;
    int classes = 10;
    float scale = 32768;
    float[] output = rounding.draw(1, steps * batch * classes);
    int[] labels = new Uniform(2).ints(batch, classes);
    double[] rate = new double[batch * classes];
    for (int i = 0; i < output.length; i++) {
      rate[i % rate.length] += output[i] / (double) steps;
    }
    for (Loss.Kind kind : Loss.Kind.values()) {
      ReferenceLoss expected =
          ReferenceLoss.of(
              new Loss.Objective(kind, 0),
              Doubles.toArray(Floats.asList(output)),
              steps,
              ReferenceLoss.Labels.of(labels));
      double[] g = expected.gradient();
      for (int i = 0; i < g.length; i++) {
        g[i] *= scale;
      }
      try (BufferScope scope = new BufferScope(device)) {
        Loss planned = scope.own(device.loss(new Loss.Spec(kind, steps, batch, classes)));
        Buffer labelBuffer = scope.ofInts(labels);
        Buffer rates = scope.zeros(rate.length);
        Buffer result = scope.zeros(2);
        Buffer outputs = rounding.of(scope, output);
        planned.forward(outputs, labelBuffer, rates, result);
        Closeness.assertClose("rate", rate, rates.toArray());
        Closeness.assertClose(
            kind + " loss", new double[] {expected.loss()}, result.view(0, 1).toArray());
        Buffer gs = rounding.zeros(scope, g.length);
        planned.backward(outputs, rates, labelBuffer, gs, scope.of(scale, 0, 0));
        rounding.assertStored(kind + " gradient", g, gs.toArray());
        assertEquals(DType.FLOAT32, rates.type());
      }
    }
  }
}
