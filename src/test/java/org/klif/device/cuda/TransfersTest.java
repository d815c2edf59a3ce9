package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;

/** Copies that are longer than a piece of the ring, and many that go round it without waiting. */
@Tag("sim")
class TransfersTest {
  private static final int PIECE = StagingRing.PIECE / Float.BYTES;

  private final Random random = new Random(3);

  private float[] floats(int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  @Test
  void longCopiesGoInPieces() {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults());
        Buffer floats = device.allocate(5L * PIECE + 77);
        Buffer halves = device.allocate(DType.BFLOAT16, 3L * PIECE + 5)) {
      float[] values = floats((int) floats.size());
      floats.upload(values);
      float[] shorter = floats((int) halves.size());
      halves.upload(shorter);
      assertArrayEquals(values, floats.toArray());
      for (int i = 0; i < shorter.length; i++) {
        shorter[i] = DType.BFLOAT16.toFloat(DType.BFLOAT16.toBits(shorter[i]));
      }
      assertArrayEquals(shorter, halves.toArray());
    }
  }

  /** The array is free again when upload returns, though the device may not have it yet. */
  @Test
  void theRingIsNotOverwrittenWhileInUse() {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults());
        BufferScope scope = new BufferScope(device)) {
      int size = PIECE / 3 + 1;
      Buffer all = scope.zeros(40L * size);
      float[] expected = new float[40 * size];
      float[] values = new float[size];
      for (int i = 0; i < 40; i++) {
        Arrays.fill(values, i + 1);
        all.upload(values, 0, (long) i * size, size);
        System.arraycopy(values, 0, expected, i * size, size);
      }
      Arrays.fill(values, -1);
      assertArrayEquals(expected, all.toArray());
    }
  }

  @Test
  void transfersInsideCapturedWorkAreRefused() {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults());
        BufferScope scope = new BufferScope(device)) {
      Buffer buffer = scope.zeros(8);
      float[] values = new float[8];
      CapturedWork upload = scope.own(device.capture(() -> buffer.upload(values)));
      upload.run(); // plain
      assertThrows(IllegalStateException.class, upload::run);
      CapturedWork allocation = scope.own(device.capture(() -> device.allocate(3).close()));
      allocation.run();
      assertThrows(IllegalStateException.class, allocation::run);
      device.fill(buffer, 5); // and the device can be used as before
      assertEquals(5, buffer.toArray()[7]);
    }
  }

  /** A second driver in one process would be bound to the first one's functions. */
  @Test
  void oneProcessHasOneDriver() {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults())) {
      assertEquals(0, device.liveBuffers());
      DriverLibrary.Kind other =
          DriverLibrary.kind() == DriverLibrary.Kind.SIM
              ? DriverLibrary.Kind.CUDA
              : DriverLibrary.Kind.SIM;
      KlifException e = assertThrows(KlifException.class, () -> DriverLibrary.load(other));
      assertEquals(true, e.getMessage().contains("can have one driver only"), e.getMessage());
    }
  }
}
