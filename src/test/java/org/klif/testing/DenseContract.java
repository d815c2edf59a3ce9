package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;
import org.klif.device.Linear;
import org.klif.device.ParameterLayout;
import org.klif.tensor.Extent;

/** Convolution, linear layer and the layouts of their weights. */
interface DenseContract extends TestedDevice {
  /** Both directions, with and without bias. */
  @ParameterizedTest
  @CsvSource({
    // images, in, height, width, out, kernel, stride, padding
    "1, 1, 1, 1, 1, 1, 1, 0",
    "2, 1, 7, 5, 3, 3, 1, 1",
    "3, 2, 9, 8, 5, 5, 1, 2",
    "2, 3, 11, 7, 17, 3, 2, 1",
    "2, 16, 6, 6, 33, 1, 1, 0",
    "2, 5, 8, 9, 4, 1, 2, 0",
    "4, 4, 8, 8, 6, 1, 2, 0",
    "8, 12, 8, 8, 8, 1, 2, 0",
    "1, 4, 9, 9, 6, 5, 2, 0",
    "2, 16, 5, 4, 16, 3, 1, 0",
    "2, 3, 1, 9, 5, 1x3, 1, 0x1",
    "2, 4, 7, 6, 3, 3x1, 2x1, 1x0",
    "1, 5, 6, 9, 16, 2x4, 1x2, 0x1",
    "3, 16, 5, 7, 17, 3, 1x2, 2x0",
    "2, 2, 4, 5, 3, 1x5, 3x1, 0x4"
  })
  default void convolutionAgrees(
      int images,
      int in,
      int height,
      int width,
      int out,
      String kernelText,
      String strideText,
      String paddingText) {
    Extent kernel = Extents.of(kernelText);
    Extent stride = Extents.of(strideText);
    Extent padding = Extents.of(paddingText);
    Convolution.Spec s =
        new Convolution.Spec(images, in, height, width, out, kernel, stride, padding);
    int outHeight = (height + 2 * padding.height() - kernel.height()) / stride.height() + 1;
    int outWidth = (width + 2 * padding.width() - kernel.width()) / stride.width() + 1;
    int area = kernel.height() * kernel.width();
    Uniform uniform = new Uniform(in + 10L * out);
    float[] x = uniform.floats(images * height * width * in);
    float[] w = uniform.floats(out * in * area);
    float[] b = uniform.floats(out);
    float[] gy = uniform.floats(images * outHeight * outWidth * out);
    double[] y = new double[gy.length];
    double[] gx = new double[x.length];
    double[] gw = new double[w.length];
    double[] gb = new double[out];
    for (int at = 0; at < gy.length; at++) {
      int o = at % out;
      int ox = at / out % outWidth;
      int oy = at / out / outWidth % outHeight;
      int image = at / out / outWidth / outHeight;
      gb[o] += gy[at];
      for (int tap = 0; tap < in * area; tap++) {
        int i = tap / area;
        int row = oy * stride.height() + tap / kernel.width() % kernel.height() - padding.height();
        int column = ox * stride.width() + tap % kernel.width() - padding.width();
        if (row >= 0 && row < height && column >= 0 && column < width) {
          int source = ((image * height + row) * width + column) * in + i;
          int weight = o * in * area + tap;
          y[at] += (double) x[source] * w[weight];
          gx[source] += (double) gy[at] * w[weight];
          gw[weight] += (double) gy[at] * x[source];
        }
      }
    }
    ParameterLayout layout = device().convolutionWeightLayout(in, out, kernel);
    try (BufferScope scope = new BufferScope(device())) {
      Convolution convolution = scope.own(device().convolution(s));
      Buffer xs = scope.of(x);
      Buffer ws = scope.of(layout.toPhysical(w));
      Buffer gys = scope.of(gy);
      Buffer ys = scope.of(filled(y.length));
      convolution.forward(xs, ws, null, ys);
      Closeness.assertClose("y", y, ys.toArray());
      convolution.forward(xs, ws, scope.of(b), ys);
      Closeness.assertClose("y with bias", plusBias(y, b), ys.toArray());
      Buffer gxs = scope.of(filled(gx.length));
      convolution.backwardData(gys, ws, gxs);
      Closeness.assertClose("gx", gx, gxs.toArray());
      Buffer gws = scope.of(filled(layout.physicalSize()));
      convolution.backwardWeights(xs, gys, gws, null);
      Closeness.assertClose("gw", gw, layout.toCanonical(gws.toArray()));
      Buffer gbs = scope.of(filled(out));
      device().fill(gws, 7);
      convolution.backwardWeights(xs, gys, gws, gbs);
      Closeness.assertClose("gw with bias", gw, layout.toCanonical(gws.toArray()));
      Closeness.assertClose("gb", gb, gbs.toArray());
    }
  }

  /** Both directions, with and without bias; the padding of weights gets zero gradients. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "5, 7, 3", "16, 33, 10", "3, 100, 128", "65, 31, 17", "2, 256, 16"})
  default void linearAgrees(int rows, int in, int out) {
    Uniform uniform = new Uniform(in);
    float[] x = uniform.floats(rows * in);
    float[] w = uniform.floats(out * in);
    float[] b = uniform.floats(out);
    float[] gy = uniform.floats(rows * out);
    double[] y = new double[gy.length];
    double[] gx = new double[x.length];
    double[] gw = new double[w.length];
    double[] gb = new double[out];
    for (int row = 0; row < rows; row++) {
      for (int o = 0; o < out; o++) {
        double g = gy[row * out + o];
        gb[o] += g;
        for (int i = 0; i < in; i++) {
          y[row * out + o] += (double) x[row * in + i] * w[o * in + i];
          gx[row * in + i] += g * w[o * in + i];
          gw[o * in + i] += g * x[row * in + i];
        }
      }
    }
    ParameterLayout layout = device().linearWeightLayout(in, out);
    try (BufferScope scope = new BufferScope(device())) {
      Linear linear = scope.own(device().linear(new Linear.Spec(rows, in, out)));
      Buffer xs = scope.of(x);
      Buffer ws = scope.of(layout.toPhysical(w));
      Buffer gys = scope.of(gy);
      Buffer ys = scope.of(filled(y.length));
      linear.forward(xs, ws, null, ys);
      Closeness.assertClose("y", y, ys.toArray());
      linear.forward(xs, ws, scope.of(b), ys);
      Closeness.assertClose("y with bias", plusBias(y, b), ys.toArray());
      Buffer gxs = scope.of(filled(gx.length));
      linear.backwardData(gys, ws, gxs);
      Closeness.assertClose("gx", gx, gxs.toArray());
      // the gradient of padding must not move it from zero
      Buffer gws = scope.zeros(layout.physicalSize());
      linear.backwardWeights(xs, gys, gws, null);
      Closeness.assertClose("gw", gw, layout.toCanonical(gws.toArray()));
      assertPaddingIsZero(layout, gws.toArray());
      Buffer gbs = scope.of(filled(out));
      linear.backwardWeights(xs, gys, gws, gbs);
      Closeness.assertClose("gw with bias", gw, layout.toCanonical(gws.toArray()));
      Closeness.assertClose("gb", gb, gbs.toArray());
    }
  }

  /** To the device's order and back; what is not a weight is zero. */
  @Test
  default void layoutsGoRound() {
    for (int in : new int[] {1, 3, 16, 33}) {
      for (int out : new int[] {1, 5, 16, 40}) {
        goesRound(device().linearWeightLayout(in, out), in * out);
        goesRound(device().convolutionWeightLayout(in, out, Extent.square(1)), in * out);
        goesRound(device().convolutionWeightLayout(in, out, Extent.square(3)), in * out * 9);
        goesRound(device().convolutionWeightLayout(in, out, Extent.square(5)), in * out * 25);
        goesRound(device().convolutionWeightLayout(in, out, new Extent(2, 3)), in * out * 6);
      }
    }
  }

  private static void goesRound(ParameterLayout layout, int size) {
    float[] canonical = new float[size];
    for (int i = 0; i < size; i++) {
      canonical[i] = i + 1;
    }
    float[] physical = layout.toPhysical(canonical);
    Closeness.assertSame(
        "physical size", new double[] {layout.physicalSize()}, new float[] {physical.length});
    assertArrayEquals(canonical, layout.toCanonical(physical));
    assertPaddingIsZero(layout, physical);
  }

  private static void assertPaddingIsZero(ParameterLayout layout, float[] physical) {
    assertArrayEquals(physical, layout.toPhysical(layout.toCanonical(physical)));
  }

  private static double[] plusBias(double[] y, float[] bias) {
    double[] sum = y.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += bias[i % bias.length];
    }
    return sum;
  }

  /** What was in an output before must not matter. */
  private static float[] filled(int size) {
    float[] values = new float[size];
    Arrays.fill(values, 7f);
    return values;
  }
}
