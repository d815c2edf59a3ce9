package org.klif.device.cpu.dnnl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.DType;
import org.klif.device.cpu.dnnl.Numbers.Sums;

/** Every layout of a product against plain loops in double. */
final class DnnlMatMulTest {
  private static final DType F32 = DType.FLOAT32;

  private NativeHeap heap;
  private OneDnn oneDnn;
  private Numbers numbers;

  @BeforeEach
  void open() {
    heap = new NativeHeap();
    oneDnn = new OneDnn(2);
    numbers = new Numbers(heap, 11);
  }

  @AfterEach
  void close() {
    oneDnn.close();
    heap.close();
    assertEquals(0, heap.liveBlocks());
  }

  static Stream<MatMulShape> shapes() {
    int[][] sizes = {
      {1, 1, 1}, {1, 10, 64}, {7, 5, 3}, {16, 32, 48}, {33, 17, 65}, {128, 100, 257}
    };
    List<MatMulShape> shapes = new ArrayList<>();
    for (int[] s : sizes) {
      for (int bits = 0; bits < 16; bits++) {
        int extra = (bits & 8) != 0 ? 16 : 0;
        boolean ta = (bits & 1) != 0;
        boolean tb = (bits & 2) != 0;
        shapes.add(
            new MatMulShape(
                s[0],
                s[1],
                s[2],
                new Layout(ta, (ta ? s[0] : s[2]) + extra),
                new Layout(tb, (tb ? s[2] : s[1]) + extra),
                s[1] + extra,
                (bits & 4) != 0,
                F32,
                F32));
      }
    }
    return shapes.stream();
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void productIsTheSum(MatMulShape s) {
    float[] a =
        numbers.random((long) s.a().leadingDimension() * (s.a().transposed() ? s.k() : s.m()));
    float[] b =
        numbers.random((long) s.b().leadingDimension() * (s.b().transposed() ? s.n() : s.k()));
    float[] bias = numbers.random(s.n());
    float[] c = numbers.random((long) s.ldc() * s.m());
    Sums expected = new Sums(c.length);
    for (int i = 0; i < s.m(); i++) {
      for (int j = 0; j < s.ldc(); j++) {
        int at = i * s.ldc() + j;
        if (j >= s.n()) {
          expected.add(at, c[at]);
          continue;
        }
        for (int l = 0; l < s.k(); l++) {
          expected.add(at, (double) a[index(s.a(), i, l)] * b[index(s.b(), l, j)]);
        }
        if (s.bias()) {
          expected.add(at, bias[j]);
        }
      }
    }
    NativeMemory result = numbers.memory(c);
    try (DnnlMatMul product = oneDnn.matMul(s)) {
      product.run(
          numbers.memory(a).address(),
          numbers.memory(b).address(),
          s.bias() ? numbers.memory(bias).address() : 0,
          result.address());
    }
    expected.assertClose("c", result);
  }

  private static int index(Layout layout, int row, int column) {
    return layout.transposed()
        ? column * layout.leadingDimension() + row
        : row * layout.leadingDimension() + column;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sameCallGivesSameBits(boolean transposed) {
    // Large enough for both kinds of kernel and for a sum split between threads.
    int m = 128;
    int n = 256;
    int k = 3001;
    NativeMemory a = numbers.memory(numbers.random((long) m * k));
    NativeMemory b = numbers.memory(numbers.random((long) n * k));
    Layout layout = transposed ? Layout.columns(k) : Layout.rows(n);
    float[][] results = new float[3][];
    for (int i = 0; i < results.length; i++) {
      NativeMemory c = numbers.unwritten((long) m * n);
      try (OneDnn engine = new OneDnn(2);
          DnnlMatMul product =
              engine.matMul(new MatMulShape(m, n, k, Layout.rows(k), layout, n, false, F32, F32))) {
        product.run(a.address(), b.address(), 0, c.address());
      }
      results[i] = Numbers.read(c);
    }
    assertArrayEquals(results[0], results[1]);
    assertArrayEquals(results[0], results[2]);
  }

  @Test
  void useFromASecondThreadKeepsTheNumberOfThreads() throws InterruptedException {
    NativeMemory a = numbers.memory(new float[] {2});
    NativeMemory c = numbers.unwritten(1);
    try (DnnlMatMul product =
        oneDnn.matMul(
            new MatMulShape(1, 1, 1, Layout.rows(1), Layout.rows(1), 1, false, F32, F32))) {
      Thread other = new Thread(() -> product.run(a.address(), a.address(), 0, c.address()));
      other.start();
      other.join();
    }
    assertEquals(4f, c.floats().get(0));
  }

  @Test
  void wrongUseIsNamed() {
    KlifException leading =
        assertThrows(
            KlifException.class,
            () ->
                oneDnn.matMul(
                    new MatMulShape(4, 5, 6, Layout.rows(5), Layout.rows(5), 5, false, F32, F32)));
    assertTrue(
        leading.getMessage().contains("Matrix A (4x6) needs a leading dimension of at least 6"),
        leading.getMessage());
    KlifException size =
        assertThrows(
            KlifException.class,
            () ->
                oneDnn.matMul(
                    new MatMulShape(0, 5, 6, Layout.rows(6), Layout.rows(5), 5, false, F32, F32)));
    assertTrue(size.getMessage().contains("m=0"), size.getMessage());

    DnnlMatMul product =
        oneDnn.matMul(new MatMulShape(4, 5, 6, Layout.rows(6), Layout.rows(5), 5, false, F32, F32));
    KlifException bias = assertThrows(KlifException.class, () -> product.run(64, 64, 64, 64));
    assertTrue(bias.getMessage().contains("made without a bias"), bias.getMessage());
    product.close();
    assertThrows(KlifException.class, () -> product.run(64, 64, 0, 64));
  }
}
