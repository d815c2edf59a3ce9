package org.klif.testing;

import org.klif.device.Device;

/** What the parts of {@link DeviceContract} share. */
interface TestedDevice {
  /** The device under test, open during a test. */
  Device device();
}
