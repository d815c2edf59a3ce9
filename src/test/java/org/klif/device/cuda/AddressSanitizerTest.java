package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.testing.AddressSanitizer;
import org.klif.testing.ForkedTests;
import org.klif.testing.SimBuild;
import org.klif.testing.StandIn;

/** The device contract on kernels, driver and libraries built with address sanitizer. */
@Tag("sim")
class AddressSanitizerTest {
  private static Path libraries;

  @BeforeAll
  static void build() throws Exception {
    StandIn.require();
    libraries =
        SimBuild.build(
            SimBuild.ROOT, "sanitize", "--sanitize", "--kernels", "src/test/resources/sim");
  }

  private static ForkedTests.Result run(Class<?> tests) throws Exception {
    return ForkedTests.run(
        libraries, AddressSanitizer.environment(), List.of(), List.of(tests.getName()));
  }

  @Test
  void theDeviceContractIsClean() throws Exception {
    ForkedTests.Result result = run(CudaDeviceContractTest.class);
    assertEquals(0, result.code(), result::output);
    assertFalse(result.output().contains(AddressSanitizer.FINDING), result::output);
  }

  @Test
  void neuronsOfTheUsersOwnAreClean() throws Exception {
    ForkedTests.Result result = run(CustomNeuronCase.class);
    assertEquals(0, result.code(), result::output);
    assertFalse(result.output().contains(AddressSanitizer.FINDING), result::output);
  }

  @Test
  void anOverrunOfFourBytesIsFound() throws Exception {
    ForkedTests.Result result = run(OverrunCase.class);
    assertFalse(result.passed(), result::output);
    assertTrue(result.output().contains(AddressSanitizer.FINDING), result::output);
    assertTrue(result.output().contains("add_one_beyond"), result::output);
  }
}
