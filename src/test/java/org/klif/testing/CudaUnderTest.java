package org.klif.testing;

import org.junit.jupiter.api.Assumptions;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.DeviceProvider;
import org.klif.device.Devices;

/**
 * The device that tests with the tag sim run on: the stand-in driver, or what the system property
 * klif.test.device names.
 */
public final class CudaUnderTest {
  private static final String NO_COMPILER = "g++ is absent";

  private CudaUnderTest() {}

  /** Name of the device. */
  public static String name() {
    return System.getProperty("klif.test.device", "sim");
  }

  /** Skips the test where the stand-in driver cannot be built. */
  public static void require() {
    boolean compilerAbsent =
        name().equals("sim")
            && Devices.providers().stream()
                .filter(provider -> provider.name().equals("sim"))
                .map(DeviceProvider::unavailableReason)
                .anyMatch(reason -> reason.contains(NO_COMPILER));
    Assumptions.assumeFalse(compilerAbsent, "skipped: " + NO_COMPILER);
  }

  /** Skips the test where the stand-in driver has no C++ compiler for users' neurons. */
  public static void requireCompilerOfNeurons() {
    if (name().equals("sim")) {
      HostCompiler.require();
    }
  }

  /** Opens it. */
  public static Device open(DeviceOptions options) {
    require();
    return Devices.open(name(), options);
  }
}
