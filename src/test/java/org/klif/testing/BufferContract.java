package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;

/** Memory: transfers, views, ownership. */
interface BufferContract extends TestedDevice {
  /** New memory is zero; uploads and downloads reach any range. */
  @Test
  default void transfersReachAnyRange() {
    try (Buffer buffer = device().allocate(10)) {
      assertEquals(DType.FLOAT32, buffer.type());
      assertEquals(10, buffer.size());
      assertArrayEquals(new float[10], buffer.toArray());
      buffer.upload(new float[] {9, 1, 2, 3}, 1, 4, 3);
      assertArrayEquals(new float[] {0, 0, 0, 0, 1, 2, 3, 0, 0, 0}, buffer.toArray());
      float[] part = {7, 7, 7, 7};
      buffer.download(5, part, 1, 2);
      assertArrayEquals(new float[] {7, 2, 3, 7}, part);
    }
  }

  /** Both 16-bit types: exact values, ties to even, subnormals, overflow, NaN. */
  @ParameterizedTest
  @CsvSource({
    // type, value, nearest
    "BFLOAT16, 1, 1",
    "BFLOAT16, -0.0, -0.0",
    "BFLOAT16, 1.00390625, 1",
    "BFLOAT16, 1.01171875, 1.015625",
    "BFLOAT16, 1.004, 1.0078125",
    "BFLOAT16, 1e-40, 9.18355e-41",
    "BFLOAT16, 3.4e38, Infinity",
    "BFLOAT16, -Infinity, -Infinity",
    "BFLOAT16, NaN, NaN",
    "FLOAT16, 1, 1",
    "FLOAT16, -0.0, -0.0",
    "FLOAT16, 1.00048828125, 1",
    "FLOAT16, 1.00146484375, 1.001953125",
    "FLOAT16, 0.1, 0.0999755859375",
    "FLOAT16, 65504, 65504",
    "FLOAT16, 65519.99, 65504",
    "FLOAT16, -65520, -Infinity",
    "FLOAT16, 6.1035156e-5, 6.1035156e-5",
    "FLOAT16, 6.1e-5, 6.097555e-5",
    "FLOAT16, 6.1022e-5, 6.103515625e-5",
    "FLOAT16, 2.9802322e-8, 0",
    "FLOAT16, 2.99e-8, 5.9604645e-8",
    "FLOAT16, NaN, NaN"
  })
  default void transfersRoundToNearestEven(DType type, float value, float nearest) {
    try (Buffer buffer = device().allocate(type, 5)) {
      assertEquals(type, buffer.type());
      assertArrayEquals(new float[5], buffer.toArray());
      buffer.upload(new float[] {7, value, -value}, 1, 2, 2);
      assertArrayEquals(new float[] {0, 0, nearest, -nearest, 0}, buffer.toArray());
      assertArrayEquals(new float[] {-nearest, 0}, buffer.view(3, 2).toArray());
      assertThrows(KlifException.class, () -> buffer.upload(new int[2]));
    }
  }

  /** A view is a part of its parent; closing it does nothing. */
  @Test
  default void viewsShareMemory() {
    try (Buffer buffer = device().allocate(8)) {
      Buffer view = buffer.view(2, 4);
      Buffer inner = view.view(1, 2);
      assertEquals(2, inner.size());
      inner.upload(new float[] {5, 6});
      device().fill(view.view(3, 1), 8);
      assertArrayEquals(new float[] {0, 0, 0, 5, 6, 8, 0, 0}, buffer.toArray());
      assertEquals(1, device().liveBuffers());
      inner.close();
      view.close();
      assertEquals(1, device().liveBuffers());
      assertArrayEquals(new float[] {0, 5, 6, 8}, view.toArray());
    }
  }

  /** Freed memory is counted once and not usable. */
  @Test
  default void closedBuffersAreGone() {
    Buffer buffer = device().allocate(4);
    Buffer other = device().allocate(DType.INT32, 4);
    assertEquals(2, device().liveBuffers());
    buffer.close();
    buffer.close();
    assertEquals(1, device().liveBuffers());
    assertThrows(RuntimeException.class, buffer::toArray);
    other.close();
    assertEquals(0, device().liveBuffers());
  }

  /** What lies outside, or is of another type, is refused. */
  @Test
  default void transfersOutsideAreRefused() {
    try (Buffer buffer = device().allocate(4);
        Buffer ints = device().allocate(DType.INT32, 4)) {
      float[] five = new float[5];
      assertThrows(KlifException.class, () -> buffer.upload(five));
      assertThrows(KlifException.class, () -> buffer.upload(five, 0, 3, 2));
      assertThrows(KlifException.class, () -> buffer.upload(five, 0, -1, 2));
      assertThrows(KlifException.class, () -> buffer.download(3, five, 0, 2));
      assertThrows(KlifException.class, () -> buffer.view(2, 3));
      assertThrows(KlifException.class, () -> buffer.view(-1, 3));
      assertThrows(KlifException.class, () -> buffer.upload(new int[2]));
      assertThrows(KlifException.class, () -> ints.upload(new float[2]));
      assertThrows(KlifException.class, ints::toArray);
      assertThrows(KlifException.class, () -> device().allocate(0));
    }
  }

  /** A device says what it is. */
  @Test
  default void infoIsFilledIn() {
    assertFalse(device().info().name().isBlank());
    assertFalse(device().info().description().isBlank());
    device().synchronize();
  }
}
