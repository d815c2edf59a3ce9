package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;
import org.klif.testing.CudaUnderTest;

/**
 * The paper's networks, with few channels, train on the CUDA device on data of the right format.
 */
@Tag("sim")
class CudaPresetsTest {
  @TempDir Path folder;

  @BeforeAll
  static void deviceIsThere() {
    CudaUnderTest.require();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cifar10", "cifar10-fast", "nmnist", "cifar10-dvs", "dvs128-gesture"})
  void trainsAnEpoch(String name) {
    Runs.Listener listener = new Runs.Listener();
    RunConfig config =
        PresetsTest.narrow(name, PresetsTest.place(name, folder), CudaUnderTest.name());
    TrainResult result =
        Runs.start(config, new RunFolder(folder.resolve("run")), listener, () -> false);
    assertEquals(1, result.epochs());
  }
}
