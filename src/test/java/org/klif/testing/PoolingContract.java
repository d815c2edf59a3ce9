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
    // images, channels, height, width, window, stride, padding
    "1, 1, 1, 1, 1, 1, 0",
    "2, 3, 4, 6, 2, 2, 0",
    "3, 5, 7, 5, 2, 2, 0",
    "2, 16, 9, 11, 3, 3, 0",
    "1, 33, 8, 7, 4, 4, 0",
    "3, 24, 14, 10, 2, 2, 0",
    "2, 67, 5, 8, 2, 2, 0",
    "2, 8, 5, 9, 3, 3, 0",
    "2, 5, 6, 7, 1x2, 1x2, 0",
    "2, 17, 7, 6, 3x1, 3x1, 0",
    "3, 16, 5, 7, 5x7, 5x7, 0",
    "2, 4, 7, 8, 3, 2, 1",
    "2, 19, 6, 5, 3, 2, 1",
    "1, 16, 4, 4, 2, 1, 0",
    "2, 3, 5, 9, 3x2, 1x3, 2x1",
    "2, 8, 7, 7, 2, 3, 1",
    "2, 19, 5, 8, 1x2, 1x2, 0",
    "2, 35, 6, 5, 2x1, 2x1, 0",
    "1, 16, 3, 7, 1x2, 1, 0",
    "1, 5, 1, 2, 5, 4, 3"
  })
  default void poolingAgrees(
      int images,
      int channels,
      int height,
      int width,
      String window,
      String stride,
      String padding) {
    float[] x = new float[images * height * width * channels];
    int[] levels = new Uniform(height).ints(x.length, 3);
    for (int i = 0; i < x.length; i++) {
      x[i] = levels[i] - 1;
    }
    for (Pooling.Kind kind : Pooling.Kind.values()) {
      Pooling.Spec s =
          new Pooling.Spec(
              kind,
              images,
              channels,
              height,
              width,
              Extents.of(window),
              Extents.of(stride),
              Extents.of(padding));
      float[] gy = new Uniform(1).floats(images * s.outSize());
      PoolingReference expected = PoolingReference.of(s, x, gy);
      try (BufferScope scope = new BufferScope(device())) {
        Pooling pooling = scope.own(device().pooling(s));
        Buffer xs = scope.of(x);
        Buffer ys = scope.zeros(gy.length);
        pooling.forward(xs, ys);
        Closeness.assertClose(kind + " y", expected.y(), ys.toArray());
        Buffer gxs = scope.zeros(x.length);
        // what no window covers has no gradient, whatever was there
        device().fill(gxs, 7);
        pooling.backward(xs, scope.of(gy), gxs);
        Closeness.assertClose(kind + " gx", expected.gx(), gxs.toArray());
      }
    }
  }

  /** Sums of windows, and their gradient: each pixel of gy repeated over its window. */
  @Test
  default void sumsAgree() {
    Pooling.Spec s = Pooling.Spec.sums(2, 5, 4, 6, Extents.of("2x3"));
    float[] x = new Uniform(2).floats(2 * s.inSize());
    float[] gy = new Uniform(3).floats(2 * s.outSize());
    PoolingReference expected = PoolingReference.of(s, x, gy);
    try (BufferScope scope = new BufferScope(device())) {
      Pooling pooling = scope.own(device().pooling(s));
      Buffer ys = scope.zeros(gy.length);
      pooling.forward(scope.of(x), ys);
      Closeness.assertClose("y", expected.y(), ys.toArray());
      Buffer gxs = scope.zeros(x.length);
      // as upsampling does: what was added does not matter
      pooling.backward(gxs, scope.of(gy), gxs);
      Closeness.assertClose("gx", expected.gx(), gxs.toArray());
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
