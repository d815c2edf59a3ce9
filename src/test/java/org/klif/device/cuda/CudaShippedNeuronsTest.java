package org.klif.device.cuda;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.ShippedNeuronsContract;

/** The neuron files that come with Klif, as kernels of the CUDA device. */
@Tag("sim")
class CudaShippedNeuronsTest extends ShippedNeuronsContract {
  @Override
  protected Device open() {
    return CudaUnderTest.open(DeviceOptions.defaults());
  }

  @Override
  protected void requireCompiler() {
    CudaUnderTest.requireCompilerOfNeurons();
  }

  /**
   * A thread's sums are float32: over the cases here, with terms of norm 30, those by hand are up
   * to 6.9e-6 from float64, the derived ones 8.8e-6.
   */
  @Override
  protected double sumTolerance() {
    return 1.6e-5;
  }

  /**
   * Some, as each set of options is compiled twice; -Dklif.golden=.* runs all (they passed), and
   * the cases above have each option.
   */
  @Override
  protected Pattern goldenVectors() {
    return Pattern.compile(
        System.getProperty("klif.golden", "klif_(01|06|11|16|channel_2).*|edge_t64.*"));
  }
}
