package org.klif.device.cpu.dnnl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.KlifException;
import org.klif.device.Convolution;
import org.klif.device.cpu.dnnl.Numbers.Sums;

/** Every pass against plain loops in double, over shapes that oneDNN treats differently. */
final class DnnlConvolutionTest {
  private static final Convolution.Spec SMALL = new Convolution.Spec(2, 3, 5, 5, 4, 3, 1, 1);

  private NativeHeap heap;
  private OneDnn oneDnn;
  private Numbers numbers;

  @BeforeEach
  void open() {
    heap = new NativeHeap();
    oneDnn = new OneDnn(2);
    numbers = new Numbers(heap, 7);
  }

  @AfterEach
  void close() {
    oneDnn.close();
    heap.close();
    assertEquals(0, heap.liveBlocks());
  }

  static Stream<Convolution.Spec> shapes() {
    return Stream.of(
        SMALL,
        new Convolution.Spec(1, 1, 1, 1, 1, 1, 1, 0),
        new Convolution.Spec(1, 1, 8, 8, 16, 3, 1, 1),
        new Convolution.Spec(3, 1, 28, 28, 32, 3, 1, 1),
        new Convolution.Spec(2, 1, 9, 7, 5, 5, 2, 2),
        new Convolution.Spec(2, 2, 34, 34, 12, 3, 1, 1),
        new Convolution.Spec(4, 16, 8, 8, 32, 3, 1, 1),
        new Convolution.Spec(2, 17, 7, 9, 33, 3, 2, 1),
        new Convolution.Spec(2, 20, 6, 6, 10, 1, 1, 0),
        new Convolution.Spec(2, 32, 6, 6, 64, 1, 2, 0),
        new Convolution.Spec(2, 32, 14, 14, 64, 3, 1, 1),
        new Convolution.Spec(1, 64, 5, 3, 48, 5, 1, 2),
        new Convolution.Spec(2, 3, 11, 11, 7, 5, 1, 0),
        new Convolution.Spec(2, 8, 4, 4, 8, 2, 2, 0),
        new Convolution.Spec(5, 128, 4, 4, 128, 3, 1, 1));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void forwardIsTheSumOfTheEquation(Convolution.Spec s) {
    float[] x = numbers.random(s.sizes().input());
    float[] w = numbers.random(s.sizes().weight());
    float[] b = numbers.random(s.outChannels());
    Sums plain = new Sums(s.sizes().output());
    Sums biased = new Sums(s.sizes().output());
    forEachProduct(
        s,
        (xi, wi, yi) -> {
          plain.add(yi, (double) x[xi] * w[wi]);
          biased.add(yi, (double) x[xi] * w[wi]);
        });
    for (int i = 0; i < s.sizes().output(); i++) {
      biased.add(i, b[i % s.outChannels()]);
    }
    NativeMemory y = numbers.unwritten(s.sizes().output());
    NativeMemory yBiased = numbers.unwritten(s.sizes().output());
    try (DnnlConvolution convolution = oneDnn.convolution(s)) {
      long xAt = numbers.memory(x).address();
      long wAt = numbers.memory(w).address();
      convolution.forward(xAt, wAt, 0, y.address());
      convolution.forward(xAt, wAt, numbers.memory(b).address(), yBiased.address());
    }
    plain.assertClose("y", y);
    biased.assertClose("y with bias", yBiased);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void backwardDataIsTheTransposedSum(Convolution.Spec s) {
    float[] gy = numbers.random(s.sizes().output());
    float[] w = numbers.random(s.sizes().weight());
    Sums expected = new Sums(s.sizes().input());
    forEachProduct(s, (xi, wi, yi) -> expected.add(xi, (double) gy[yi] * w[wi]));
    NativeMemory gx = numbers.unwritten(s.sizes().input());
    try (DnnlConvolution convolution = oneDnn.convolution(s)) {
      convolution.backwardData(
          numbers.memory(gy).address(), numbers.memory(w).address(), gx.address());
    }
    expected.assertClose("gx", gx);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void backwardWeightsIsTheSumOverImagesAndPositions(Convolution.Spec s) {
    float[] x = numbers.random(s.sizes().input());
    float[] gy = numbers.random(s.sizes().output());
    Sums expected = new Sums(s.sizes().weight());
    Sums expectedBias = new Sums(s.outChannels());
    forEachProduct(s, (xi, wi, yi) -> expected.add(wi, (double) x[xi] * gy[yi]));
    for (int i = 0; i < gy.length; i++) {
      expectedBias.add(i % s.outChannels(), gy[i]);
    }
    NativeMemory gw = numbers.unwritten(s.sizes().weight());
    NativeMemory gwBiased = numbers.unwritten(s.sizes().weight());
    NativeMemory gb = numbers.unwritten(s.outChannels());
    try (DnnlConvolution convolution = oneDnn.convolution(s)) {
      long xAt = numbers.memory(x).address();
      long gyAt = numbers.memory(gy).address();
      convolution.backwardWeights(xAt, gyAt, gw.address(), 0);
      convolution.backwardWeights(xAt, gyAt, gwBiased.address(), gb.address());
    }
    expected.assertClose("gw", gw);
    expected.assertClose("gw beside a bias", gwBiased);
    expectedBias.assertClose("gbias", gb);
  }

  @Test
  void sameCallGivesSameBitsAlsoInANewEngine() {
    Convolution.Spec s = new Convolution.Spec(16, 32, 14, 14, 64, 3, 1, 1);
    float[] x = numbers.random(s.sizes().input());
    float[] w = numbers.random(s.sizes().weight());
    float[] gy = numbers.random(s.sizes().output());
    float[][] first = allPasses(oneDnn, s, x, w, gy);
    float[][] second = allPasses(oneDnn, s, x, w, gy);
    try (OneDnn other = new OneDnn(2)) {
      float[][] third = allPasses(other, s, x, w, gy);
      for (int i = 0; i < first.length; i++) {
        assertArrayEquals(first[i], second[i]);
        assertArrayEquals(first[i], third[i]);
      }
    }
  }

  private float[][] allPasses(OneDnn engine, Convolution.Spec s, float[] x, float[] w, float[] gy) {
    NativeMemory xm = numbers.memory(x);
    NativeMemory wm = numbers.memory(w);
    NativeMemory gym = numbers.memory(gy);
    NativeMemory y = numbers.unwritten(s.sizes().output());
    NativeMemory gx = numbers.unwritten(s.sizes().input());
    NativeMemory gw = numbers.unwritten(s.sizes().weight());
    NativeMemory gb = numbers.unwritten(s.outChannels());
    try (DnnlConvolution convolution = engine.convolution(s)) {
      convolution.forward(xm.address(), wm.address(), 0, y.address());
      convolution.backwardData(gym.address(), wm.address(), gx.address());
      convolution.backwardWeights(xm.address(), gym.address(), gw.address(), gb.address());
    }
    return new float[][] {Numbers.read(y), Numbers.read(gx), Numbers.read(gw), Numbers.read(gb)};
  }

  @Test
  void twoShapesThatShareScratchDoNotDisturbEachOther() {
    Convolution.Spec large = new Convolution.Spec(2, 48, 9, 9, 40, 3, 1, 1);
    float[] x = numbers.random(SMALL.sizes().input());
    float[] w = numbers.random(SMALL.sizes().weight());
    float[] gy = numbers.random(SMALL.sizes().output());
    float[][] before = allPasses(oneDnn, SMALL, x, w, gy);
    allPasses(
        oneDnn,
        large,
        numbers.random(large.sizes().input()),
        numbers.random(large.sizes().weight()),
        numbers.random(large.sizes().output()));
    float[][] after = allPasses(oneDnn, SMALL, x, w, gy);
    for (int i = 0; i < before.length; i++) {
      assertArrayEquals(before[i], after[i]);
    }
  }

  @Test
  void useAfterCloseIsRefused() {
    DnnlConvolution closed = oneDnn.convolution(SMALL);
    closed.close();
    closed.close();
    KlifException error = assertThrows(KlifException.class, () -> closed.forward(64, 64, 0, 64));
    assertTrue(error.getMessage().contains("2x5x5x3 -> 4"), error.getMessage());

    DnnlConvolution orphan = oneDnn.convolution(SMALL);
    oneDnn.close();
    assertThrows(KlifException.class, () -> orphan.forward(64, 64, 0, 64));
    assertThrows(KlifException.class, () -> oneDnn.convolution(SMALL));
  }

  @Test
  void missingMemoryIsNamed() {
    try (DnnlConvolution convolution = oneDnn.convolution(SMALL)) {
      KlifException error =
          assertThrows(KlifException.class, () -> convolution.backwardData(0, 64, 64));
      assertTrue(error.getMessage().contains("no memory for gy"), error.getMessage());
    }
  }

  @Test
  void impossibleShapesAreNamed() {
    KlifException zero =
        assertThrows(KlifException.class, () -> new Convolution.Spec(1, 0, 5, 5, 4, 3, 1, 1));
    assertTrue(zero.getMessage().contains("inChannels, not 0"), zero.getMessage());
    KlifException kernel =
        assertThrows(KlifException.class, () -> new Convolution.Spec(1, 1, 2, 9, 4, 5, 1, 1));
    assertTrue(
        kernel.getMessage().contains("5x5 kernel does not fit an input of 2x9"),
        kernel.getMessage());
    assertThrows(KlifException.class, () -> new Convolution.Spec(1, 1, 9, 9, 4, 5, 1, -1));
    int most = Integer.MAX_VALUE;
    KlifException large =
        assertThrows(KlifException.class, () -> new Convolution.Spec(most, most, 9, 9, 4, 1, 1, 0));
    assertTrue(large.getMessage().contains("input with sizes [2147483647, 9"), large.getMessage());
  }

  private interface Product {
    void at(int x, int w, int y);
  }

  /** Visits each product of the convolution once, by the flat indices of its three tensors. */
  private static void forEachProduct(Convolution.Spec s, Product product) {
    for (int n = 0; n < s.images(); n++) {
      for (int p = 0; p < s.outHeight(); p++) {
        for (int q = 0; q < s.outWidth(); q++) {
          int y = ((n * s.outHeight() + p) * s.outWidth() + q) * s.outChannels();
          for (int r = 0; r < s.kernel().height(); r++) {
            for (int t = 0; t < s.kernel().width(); t++) {
              int h = p * s.stride().height() + r - s.padding().height();
              int v = q * s.stride().width() + t - s.padding().width();
              if (h < 0 || h >= s.inHeight() || v < 0 || v >= s.inWidth()) {
                continue;
              }
              int x = ((n * s.inHeight() + h) * s.inWidth() + v) * s.inChannels();
              int w = (r * s.kernel().width() + t) * s.inChannels() * s.outChannels();
              for (int c = 0; c < s.inChannels(); c++) {
                for (int o = 0; o < s.outChannels(); o++) {
                  product.at(x + c, w + c * s.outChannels() + o, y + o);
                }
              }
            }
          }
        }
      }
    }
  }
}
