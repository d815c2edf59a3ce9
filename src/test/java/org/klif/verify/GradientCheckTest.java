package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.NeuronOptions;

/** {@link GradientCheck} finds the CPU device right, and its measure finds a wrong gradient. */
class GradientCheckTest {
  @Test
  void everyGradientOfTheCpuDeviceIsRight() {
    try (Device device = Devices.open("cpu", new DeviceOptions(1))) {
      List<String> wrong = new ArrayList<>();
      List<String> all = new ArrayList<>();
      GradientCheck.run(
          device,
          NeuronOptions.MODELS,
          row -> {
            all.add(row.line());
            if (!row.ok()) {
              wrong.add(row.line());
            }
          });
      assertEquals(List.of(), wrong);
      assertTrue(all.size() > 4 * 12, "rows: " + all.size());
      assertEquals(0, device.liveBuffers());
    }
  }

  @Test
  void anErrorOfOnePercentInOneTermIsFound() {
    float[] at = {0.5f, -1, 2};
    // f = a^2 + b c
    float[] right = {1, 2, -1};
    float[] wrong = {1.01f, 2, -1};
    assertTrue(error(at, right) < 1e-6);
    assertTrue(error(at, wrong) > GradientCheck.TOLERANCE);
  }

  @Test
  void aKinkLeavesNoVerdict() {
    // |x| at 0: every difference says 0, and a gradient of 1 is one of the right answers
    double error =
        Direction.error(
            new float[] {0.001f}, 0.01, new float[] {1}, v -> Math.abs(v[0]), new Random(1));
    assertTrue(Double.isNaN(error));
  }

  private static double error(float[] at, float[] gradient) {
    return Direction.error(
        at, 0.125, gradient, v -> (double) v[0] * v[0] + (double) v[1] * v[2], new Random(1));
  }
}
