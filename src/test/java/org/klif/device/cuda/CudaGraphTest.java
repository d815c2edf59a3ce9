package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;

/** Work with parts of the host's in it is replayed, not given anew. */
@Tag("sim")
class CudaGraphTest {
  @Test
  void workWithPartsOfTheHostIsReplayed() {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults());
        BufferScope scope = new BufferScope(device)) {
      Buffer sum = scope.zeros(3);
      Buffer one = scope.of(1, 1, 1);
      AtomicInteger given = new AtomicInteger();
      AtomicInteger done = new AtomicInteger();
      CapturedWork work =
          scope.own(
              device.capture(
                  () -> {
                    given.incrementAndGet();
                    device.add(sum, one, sum);
                    device.onHost(done::incrementAndGet);
                    device.add(sum, one, sum);
                  }));
      for (int run = 0; run < 5; run++) {
        work.run();
      }
      assertEquals(2, given.get(), "plain, and recorded");
      assertEquals(5, done.get());
      assertArrayEquals(new float[] {10, 10, 10}, sum.toArray());
    }
  }

  /** As when another shard is gone, and comes back. */
  @Test
  void workWhoseHostFailsIsRecordedAnew() {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults());
        BufferScope scope = new BufferScope(device)) {
      Buffer sum = scope.zeros(3);
      Buffer one = scope.of(1, 1, 1);
      AtomicInteger done = new AtomicInteger();
      CapturedWork work =
          scope.own(
              device.capture(
                  () -> {
                    device.add(sum, one, sum);
                    device.onHost(
                        () -> {
                          if (done.incrementAndGet() == 2) {
                            throw new IllegalStateException("gone");
                          }
                        });
                    device.add(sum, one, sum);
                  }));
      work.run();
      assertThrows(IllegalStateException.class, work::run);
      assertArrayEquals(new float[] {3, 3, 3}, sum.toArray(), "what was ahead of it was done");
      for (int run = 0; run < 3; run++) {
        work.run();
      }
      assertArrayEquals(new float[] {9, 9, 9}, sum.toArray());
    }
  }
}
