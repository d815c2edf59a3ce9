package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.klif.device.Device;

/**
 * What every device must do, one subclass for each implementation: each operation against plain
 * float64 loops, refusals, equal bits on a second run, and no memory left behind.
 */
public abstract class DeviceContract
    implements NeuronUnitContract,
        NeuronShapeContract,
        DenseContract,
        AttentionContract,
        PoolingContract,
        BatchNormContract,
        LossContract,
        RatePenaltyContract,
        OptimizerContract,
        LossScalingContract,
        WorkContract,
        ElementwiseContract,
        BufferContract,
        RefusalContract {
  private Device device;

  /** A new device of the implementation under test. */
  protected abstract Device open();

  @Override
  public final Device device() {
    return device;
  }

  @BeforeEach
  void openDevice() {
    device = open();
  }

  @AfterEach
  void nothingIsLeft() {
    int left = device.liveBuffers();
    device.close();
    assertEquals(0, left, "buffers left open");
  }
}
