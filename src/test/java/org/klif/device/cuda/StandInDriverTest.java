package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.testing.ForkedTests;
import org.klif.testing.SimBuild;
import org.klif.testing.StandIn;

/** The stand-in driver itself, built with kernels that have mistakes. */
@Tag("sim")
class StandInDriverTest {
  @Test
  void doesAsADriverDoes() throws Exception {
    StandIn.require();
    var libraries =
        SimBuild.build(SimBuild.ROOT, "fixtures", "--kernels", "src/test/resources/sim");
    for (String seed : List.of("1", "2")) {
      ForkedTests.Result result =
          ForkedTests.run(
              libraries,
              Map.of("KLIF_SIM_ORDER", seed, "KLIF_SIM_THREADS", seed),
              List.of(),
              List.of(StandInDriverCases.class.getName(), StandInKernelCases.class.getName()));
      assertEquals(0, result.code(), result::output);
    }
  }
}
