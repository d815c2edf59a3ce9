package org.klif.testing;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;

/** Batch norm in training and evaluation, with constant sequences. */
interface BatchNormContract extends TestedDevice {
  /** Statistics, running values, affine, sums and gradient. */
  @ParameterizedTest
  @CsvSource({
    // rows, channels, repeats
    "2, 1, 1",
    "1, 3, 4",
    "30, 3, 1",
    "57, 10, 4",
    "400, 16, 1",
    "333, 100, 8",
    "129, 128, 2",
    "20, 1500, 1",
    "9000, 1, 1",
    "3001, 8, 2",
    "70, 136, 1",
    "1200, 37, 1"
  })
  default void batchNormAgrees(int rows, int channels, int repeats) {
    double eps = 1e-5;
    double momentum = 0.3;
    Uniform uniform = new Uniform(rows);
    float[] x = uniform.floats(rows * channels, -1, 3);
    float[] g = uniform.floats(rows * channels);
    float[] gamma = uniform.floats(channels, 0.5, 1.5);
    float[] beta = uniform.floats(channels);
    float[] runningMean = uniform.floats(channels);
    float[] runningVar = uniform.floats(channels, 0.5, 2);
    double[] mean = new double[channels];
    double[] invStd = new double[channels];
    double[] newMean = new double[channels];
    double[] newVar = new double[channels];
    double[] sums = new double[2 * channels];
    double[] norms = new double[2 * channels];
    double[] y = new double[x.length];
    double[] gx = new double[x.length];
    double n = (double) rows * repeats;
    for (int c = 0; c < channels; c++) {
      double variance = 0;
      for (int i = c; i < x.length; i += channels) {
        mean[c] += x[i] / (double) rows;
      }
      for (int i = c; i < x.length; i += channels) {
        variance += (x[i] - mean[c]) * (x[i] - mean[c]) / rows;
      }
      invStd[c] = 1 / Math.sqrt(variance + eps);
      newMean[c] = (1 - momentum) * runningMean[c] + momentum * mean[c];
      newVar[c] = (1 - momentum) * runningVar[c] + momentum * variance * n / (n - 1);
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
        gx[i] =
            gamma[c]
                * invStd[c]
                * (g[i] - repeats * sums[c] / n - repeats * xhat * sums[channels + c] / n);
      }
    }
    try (BufferScope scope = new BufferScope(device())) {
      BatchNorm norm =
          scope.own(device().batchNorm(new BatchNorm.Spec(rows, channels, repeats, eps, momentum)));
      BatchNorm.State state =
          new BatchNorm.State(
              scope.of(gamma),
              scope.of(beta),
              scope.of(runningMean),
              scope.of(runningVar),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels));
      Buffer xs = scope.of(x);
      norm.statistics(xs, state);
      Closeness.assertClose("mean", mean, state.mean().toArray());
      if (rows == 1) {
        return; // the variance is 0: the rest divides rounding errors by the root of eps
      }
      Closeness.assertClose("invStd", invStd, state.invStd().toArray());
      Closeness.assertClose("running mean", newMean, state.runningMean().toArray());
      Closeness.assertClose("running variance", newVar, state.runningVar().toArray());
      Buffer ys = scope.zeros(x.length);
      norm.apply(xs, state, ys);
      Closeness.assertClose("y", y, ys.toArray());
      Buffer gs = scope.of(g);
      Buffer sumsBuffer = scope.zeros(2L * channels);
      norm.reduce(xs, gs, state, sumsBuffer);
      Closeness.assertClose("sums", sums, sumsBuffer.toArray(), norms);
      Closeness.assertSame("g after reduce", Closeness.doubles(g), gs.toArray());
      Buffer gxs = scope.zeros(x.length);
      Buffer gGamma = scope.zeros(channels);
      Buffer gBeta = scope.zeros(channels);
      norm.backward(xs, gs, state, sumsBuffer, gxs, gGamma, gBeta);
      Closeness.assertClose("gx", gx, gxs.toArray());
      Closeness.assertSame(
          "gBeta", Closeness.doubles(sumsBuffer.view(0, channels).toArray()), gBeta.toArray());
      Closeness.assertSame(
          "gGamma",
          Closeness.doubles(sumsBuffer.view(channels, channels).toArray()),
          gGamma.toArray());
      norm.backward(xs, gs, state, sumsBuffer, gs, gGamma, gBeta);
      Closeness.assertSame("gx in place", Closeness.doubles(gxs.toArray()), gs.toArray());
    }
  }

  /** Evaluation reads the running statistics and leaves them. */
  @Test
  default void foldTakesTheRunningStatistics() {
    try (BufferScope scope = new BufferScope(device())) {
      BatchNorm norm = scope.own(device().batchNorm(new BatchNorm.Spec(2, 2, 1, 0.5, 0.1)));
      BatchNorm.State state =
          new BatchNorm.State(
              scope.of(2, 3),
              scope.of(1, -1),
              scope.of(0.5f, 4),
              scope.of(3.5f, 15.5f),
              scope.zeros(2),
              scope.zeros(2),
              scope.zeros(2),
              scope.zeros(2));
      norm.fold(state);
      Closeness.assertClose("mean", new double[] {0.5, 4}, state.mean().toArray());
      Closeness.assertClose("invStd", new double[] {0.5, 0.25}, state.invStd().toArray());
      Closeness.assertClose("scale", new double[] {1, 0.75}, state.scale().toArray());
      Closeness.assertClose("shift", new double[] {0.5, -4}, state.shift().toArray());
      Closeness.assertSame("running", new double[] {0.5, 4}, state.runningMean().toArray());
      Closeness.assertSame("running", new double[] {3.5, 15.5}, state.runningVar().toArray());
      Buffer y = scope.zeros(4);
      norm.apply(scope.of(0, 0, 2, 8), state, y);
      Closeness.assertClose("y", new double[] {0.5, -4, 2.5, 2}, y.toArray());
    }
  }

  /** A large mean does not eat the variance. */
  @Test
  default void aLargeMeanLeavesTheVariance() {
    int rows = 4096;
    float[] x = new float[rows];
    for (int i = 0; i < rows; i++) {
      x[i] = 1000 + (i % 2 == 0 ? 0.25f : -0.25f);
    }
    try (BufferScope scope = new BufferScope(device())) {
      BatchNorm norm = scope.own(device().batchNorm(new BatchNorm.Spec(rows, 1, 1, 0, 1)));
      BatchNorm.State state =
          new BatchNorm.State(
              scope.of(1),
              scope.of(0),
              scope.zeros(1),
              scope.zeros(1),
              scope.zeros(1),
              scope.zeros(1),
              scope.zeros(1),
              scope.zeros(1));
      norm.statistics(scope.of(x), state);
      Closeness.assertClose("mean", new double[] {1000}, state.mean().toArray());
      Closeness.assertClose("invStd", new double[] {4}, state.invStd().toArray());
    }
  }
}
