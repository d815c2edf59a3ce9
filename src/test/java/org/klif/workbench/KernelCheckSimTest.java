package org.klif.workbench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.HostCompiler;

/** The same on the CUDA back end: behind the stand-in driver, or on a GPU where one is tested. */
@Tag("sim")
class KernelCheckSimTest {
  @BeforeAll
  static void compilerAndDriver() {
    HostCompiler.require();
    CudaUnderTest.require();
  }

  @ParameterizedTest
  @FieldSource("org.klif.neuron.file.NeuronFile#SHIPPED")
  void shippedFilesPass(String name) {
    assertEquals(List.of(), KernelCheckTest.wrong(name, CudaUnderTest.name()));
  }
}
