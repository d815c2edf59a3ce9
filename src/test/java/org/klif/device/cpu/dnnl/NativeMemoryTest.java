package org.klif.device.cpu.dnnl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;

final class NativeMemoryTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 63, 64, 65, 4096, (2 << 20) - 1, 2 << 20, (5 << 20) + 12})
  void blocksAreAlignedZeroedAndCounted(long bytes) {
    try (NativeHeap heap = new NativeHeap()) {
      // Dirty memory first, so that a block that is not zeroed has a chance to show.
      try (NativeMemory dirty = heap.allocate(bytes)) {
        ByteBuffer buffer = dirty.buffer();
        while (buffer.hasRemaining()) {
          buffer.put((byte) 0x5a);
        }
      }
      try (NativeMemory memory = heap.allocate(bytes)) {
        assertEquals(0, memory.address() % NativeHeap.ALIGNMENT);
        assertEquals(1, heap.liveBlocks());
        assertEquals(bytes, heap.liveBytes());
        ByteBuffer buffer = memory.buffer();
        assertEquals(ByteOrder.nativeOrder(), buffer.order());
        assertEquals(bytes, buffer.remaining());
        while (buffer.hasRemaining()) {
          assertEquals(0, buffer.get());
        }
      }
      assertEquals(0, heap.liveBlocks());
      assertEquals(0, heap.liveBytes());
    }
  }

  @Test
  void closeIsIdempotentAndUseAfterItIsRefused() {
    try (NativeHeap heap = new NativeHeap()) {
      NativeMemory memory = heap.allocateFloats(3);
      memory.floats().put(1, 4f);
      assertEquals(4f, memory.buffer(4, 4).getFloat());
      memory.close();
      memory.close();
      assertEquals(0, heap.liveBlocks());
      assertThrows(KlifException.class, memory::address);
      assertThrows(KlifException.class, memory::buffer);
    }
  }

  @Test
  void closingTheHeapFreesWhatIsLeft() {
    NativeHeap heap = new NativeHeap();
    NativeMemory memory = heap.allocate(100);
    heap.close();
    heap.close();
    assertEquals(0, heap.liveBlocks());
    assertThrows(KlifException.class, memory::address);
    assertThrows(KlifException.class, () -> heap.allocate(1));
  }

  @Test
  void impossibleRequestsAreNamed() {
    try (NativeHeap heap = new NativeHeap()) {
      assertThrows(KlifException.class, () -> heap.allocate(0));
      KlifException error =
          assertThrows(KlifException.class, () -> heap.allocate(Long.MAX_VALUE / 2));
      assertTrue(error.getMessage().contains("No native memory left"), error.getMessage());
      NativeMemory memory = heap.allocate(16);
      assertThrows(KlifException.class, () -> memory.buffer(8, 9));
      assertThrows(KlifException.class, () -> memory.buffer(-1, 4));
    }
  }
}
