package org.klif.workbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.Neuron;
import org.klif.neuron.Surrogate;
import org.klif.neuron.file.NeuronFile;
import org.klif.testing.HostCompiler;

/**
 * The checks of {@code klif kernel check} on the files that come with Klif; the whole grid with
 * {@code -Dklif.whole=true}.
 */
class KernelCheckTest {
  @BeforeAll
  static void compiler() {
    HostCompiler.require();
  }

  /** Runs the checks and returns what is wrong. */
  static List<String> wrong(String name, String device) {
    Neuron.Custom neuron =
        Neuron.Custom.of(NeuronFile.shipped(name), Surrogate.of(Surrogate.Kind.ATAN));
    List<String> wrong = new ArrayList<>();
    int[] rows = new int[1];
    new KernelCheck(neuron, ExpectedFile.shipped(name), !Boolean.getBoolean("klif.whole"))
        .run(
            threads -> Devices.open(device, new DeviceOptions(threads)),
            row -> {
              rows[0]++;
              if (!row.ok()) {
                wrong.add(row.failure());
              }
            });
    assertTrue(rows[0] > 15, "rows " + rows[0]);
    return wrong;
  }

  /** All of them, and KLIF in the form of a file. */
  static Stream<String> shipped() {
    return Stream.concat(NeuronFile.SHIPPED.stream(), Stream.of("klif"));
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void shippedFilesPassOnTheCpu(String name) {
    assertEquals(List.of(), wrong(name, "cpu"));
  }
}
