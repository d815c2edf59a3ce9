package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.device.DType;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;

/**
 * Scratch memory grows while networks are planned, and stays where a graph may have its address.
 */
@Tag("sim")
class SharedWorkspaceTest {
  private CudaDevice device;
  private SharedWorkspace workspace;

  @BeforeEach
  void open() {
    device = (CudaDevice) CudaUnderTest.open(DeviceOptions.defaults());
    workspace = new SharedWorkspace(device);
  }

  @AfterEach
  void close() {
    assertEquals(0, device.memory().live(), "bytes left");
    device.close();
  }

  private static long address(SharedWorkspace.Lease lease) {
    return lease.part(DType.INT32, 0, 1).address();
  }

  @Test
  void planningGrowsOneAllocation() {
    try (SharedWorkspace.Lease small = workspace.lease(1000);
        SharedWorkspace.Lease large = workspace.lease(5000);
        SharedWorkspace.Lease middle = workspace.lease(3000)) {
      assertEquals(5000, device.memory().live());
      assertEquals(address(large), address(small));
      assertEquals(address(large), address(middle));
    }
  }

  @Test
  void memoryInUseStaysWhereItIs() {
    try (SharedWorkspace.Lease captured = workspace.lease(1000)) {
      long before = address(captured);
      try (SharedWorkspace.Lease larger = workspace.lease(5000)) {
        assertEquals(6000, device.memory().live());
        assertEquals(before, address(captured));
        assertNotEquals(before, address(larger));
      }
      assertEquals(before, address(captured));
    }
  }

  @Test
  void memoryThatNobodyUsesAnyMoreIsFreed() {
    SharedWorkspace.Lease first = workspace.lease(1000);
    address(first);
    try (SharedWorkspace.Lease larger = workspace.lease(5000)) {
      first.close();
      assertEquals(5000, device.memory().live());
      address(larger);
    }
    assertThrows(IllegalStateException.class, () -> address(first));
  }

  @Test
  void nothingIsAllocatedForNothing() {
    try (SharedWorkspace.Lease none = workspace.lease(0)) {
      none.pointer();
      assertEquals(0, device.memory().live());
      assertThrows(IllegalStateException.class, () -> none.part(DType.INT32, 0, 1));
    }
  }
}
