package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Pooling;

/** Poolings of any window. */
interface PoolingContract extends TestedDevice {
  /** Random inputs of few values, so that there are ties. */
  @ParameterizedTest
  @CsvSource({
    // images, channels, height, width, window
    "1, 1, 1, 1, 1",
    "2, 3, 4, 6, 2",
    "3, 5, 7, 5, 2",
    "2, 16, 9, 11, 3",
    "1, 33, 8, 7, 4",
    "3, 24, 14, 10, 2",
    "2, 67, 5, 8, 2",
    "2, 8, 5, 9, 3"
  })
  default void poolingAgrees(int images, int channels, int height, int width, int window) {
    float[] x = new float[images * height * width * channels];
    int[] levels = new Uniform(window).ints(x.length, 3);
    for (int i = 0; i < x.length; i++) {
      x[i] = levels[i] - 1;
    }
    for (Pooling.Kind kind : Pooling.Kind.values()) {
      Pooling.Spec s = new Pooling.Spec(kind, images, channels, height, width, window);
      int outHeight = height / window;
      int outWidth = width / window;
      float[] gy = new Uniform(1).floats(images * outHeight * outWidth * channels);
      double[] y = new double[gy.length];
      double[] gx = new double[x.length];
      for (int at = 0; at < gy.length; at++) {
        int c = at % channels;
        int ox = at / channels % outWidth;
        int oy = at / channels / outWidth % outHeight;
        int image = at / channels / outWidth / outHeight;
        int winner = -1;
        double sum = 0;
        for (int tap = 0; tap < window * window; tap++) {
          int row = oy * window + tap / window;
          int column = ox * window + tap % window;
          int source = ((image * height + row) * width + column) * channels + c;
          sum += x[source];
          winner = winner < 0 || x[source] > x[winner] ? source : winner;
          if (kind == Pooling.Kind.AVERAGE) {
            gx[source] = gy[at] / (double) (window * window);
          }
        }
        if (kind == Pooling.Kind.MAX) {
          gx[winner] = gy[at];
        }
        y[at] = kind == Pooling.Kind.MAX ? x[winner] : sum / (window * window);
      }
      try (BufferScope scope = new BufferScope(device())) {
        Pooling pooling = scope.own(device().pooling(s));
        Buffer xs = scope.of(x);
        Buffer ys = scope.zeros(y.length);
        pooling.forward(xs, ys);
        Closeness.assertClose(kind + " y", y, ys.toArray());
        Buffer gxs = scope.zeros(x.length);
        // rows and columns that no window covers have no gradient, whatever was there
        device().fill(gxs, 7);
        pooling.backward(xs, scope.of(gy), gxs);
        Closeness.assertClose(kind + " gx", gx, gxs.toArray());
      }
    }
  }

  /** The first largest element in row-major order gets the gradient. */
  @Test
  default void tiesGoToTheFirst() {
    try (BufferScope scope = new BufferScope(device())) {
      Pooling pooling =
          scope.own(device().pooling(new Pooling.Spec(Pooling.Kind.MAX, 3, 1, 2, 2, 2)));
      Buffer gx = scope.zeros(12);
      pooling.backward(scope.of(0, 0, 0, 0, 0, 1, 1, 1, -1, -2, -1, -1), scope.of(5, 6, 7), gx);
      assertArrayEquals(new float[] {5, 0, 0, 0, 0, 6, 0, 0, 7, 0, 0, 0}, gx.toArray());
    }
  }
}
