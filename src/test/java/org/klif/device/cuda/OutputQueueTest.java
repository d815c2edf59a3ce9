package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuStreamQuery;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.OutputQueue;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.StandIn;

/** The device still has work when the host has its result. */
@Tag("sim")
class OutputQueueTest {
  /** The stand-in driver does only what somebody waits for, so that what is left shows. */
  @Test
  void aResultIsTakenWhileTheNextStepIsQueued() {
    StandIn.require();
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults());
        BufferScope scope = new BufferScope(device)) {
      Buffer count = scope.zeros(5);
      Buffer one = scope.of(1, 1, 1, 1, 1);
      CapturedWork step = scope.own(device.capture(() -> device.add(count, one, count)));
      OutputQueue queue = scope.own(device.outputQueue(List.of(count)));
      float[] result = new float[5];
      for (int i = 1; i <= 5; i++) {
        step.run();
        queue.put();
        if (i > 1) {
          queue.take(result);
          assertArrayEquals(new float[] {i - 1, i - 1, i - 1, i - 1, i - 1}, result);
          assertEquals(
              CUresult.CUDA_ERROR_NOT_READY, query(device), "step " + i + " was waited for");
        }
      }
      queue.take(result);
      assertEquals(CUresult.CUDA_SUCCESS, query(device));
    }
  }

  private static int query(Device device) {
    return cuStreamQuery(((CudaDevice) device).stream());
  }
}
