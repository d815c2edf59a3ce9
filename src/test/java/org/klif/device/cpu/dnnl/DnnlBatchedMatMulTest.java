package org.klif.device.cpu.dnnl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.KlifException;
import org.klif.device.Attention;
import org.klif.device.BatchedProduct;
import org.klif.device.DType;

/** What the device's contract on attention does not see. */
final class DnnlBatchedMatMulTest {
  private NativeHeap heap;
  private OneDnn oneDnn;
  private Numbers numbers;

  @BeforeEach
  void open() {
    heap = new NativeHeap();
    oneDnn = new OneDnn(2);
    numbers = new Numbers(heap, 12);
  }

  @AfterEach
  void close() {
    oneDnn.close();
    heap.close();
    assertEquals(0, heap.liveBlocks());
  }

  /** oneDNN's plain loops would be a hundred times slower. */
  @ParameterizedTest
  @CsvSource({
    // tokens, channels, heads: Spikformer's sizes, and a head wider than the image
    "64, 384, 12",
    "49, 128, 8",
    "16, 256, 4"
  })
  void noProductFallsBackToPlainLoops(int tokens, int channels, int heads) {
    Attention.Spec spec = new Attention.Spec(2, tokens, channels, heads, 0.125);
    NativeMemory all = numbers.memory(numbers.random(2L * tokens * channels * 2));
    for (DType type : new DType[] {DType.FLOAT32, DType.BFLOAT16}) {
      if (type == DType.BFLOAT16 && !OneDnn.hasBfloat16Products()) {
        continue;
      }
      for (BatchedProduct product : BatchedProduct.backward(spec)) {
        DnnlBatchedMatMul planned = oneDnn.batchedMatMul(BatchedShape.of(spec, product, type));
        planned.run(all.address(), all.address(), all.address());
        assertFalse(
            planned.implementation().startsWith("ref"),
            type + " " + product + ": " + planned.implementation());
      }
    }
  }

  @Test
  void aClosedOneAndMissingMemoryAreRefused() {
    Attention.Spec spec = new Attention.Spec(1, 2, 4, 1, 0.5);
    DnnlBatchedMatMul product =
        oneDnn.batchedMatMul(
            BatchedShape.of(spec, BatchedProduct.forward(spec).get(0), DType.FLOAT32));
    KlifException missing = assertThrows(KlifException.class, () -> product.run(1, 0, 1));
    assertEquals(
        "Products 2x2x4 (m, n, k) of 1 images and 1 heads, FLOAT32 got no memory for A, B or C.",
        missing.getMessage());
    product.close();
    KlifException closed = assertThrows(KlifException.class, () -> product.run(1, 1, 1));
    assertTrue(closed.getMessage().contains("after their close"), closed.getMessage());
  }
}
