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
import org.klif.device.Precision;
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

  private static DeviceOptions bfloat16() {
    return new DeviceOptions(1).withPrecision(Precision.BF16);
  }

  private static List<String> wrongRows(Device device, Device exact, List<String> models) {
    List<String> wrong = new ArrayList<>();
    GradientCheck.run(
        device,
        exact,
        models,
        row -> {
          if (!row.ok()) {
            wrong.add(row.line());
          }
        });
    return wrong;
  }

  @Test
  void everyGradientOfTheCpuDeviceIsRightInBfloat16() {
    try (Device device = Devices.open("cpu", bfloat16());
        Device exact = Devices.open("cpu", new DeviceOptions(1))) {
      assertEquals(List.of(), wrongRows(device, exact, NeuronOptions.MODELS));
      assertEquals(0, device.liveBuffers() + exact.liveBuffers());
    }
  }

  @Test
  void inBfloat16GradientsOffByTwoToTheMinusSixAreFound() {
    try (Device device = Devices.open("cpu", bfloat16());
        Device exact = Devices.open("cpu", new DeviceOptions(1))) {
      List<String> wrong =
          wrongRows(FaultyDevice.of(device, 1 + 0x1p-6f), exact, List.of("if", "klif"));
      for (String layer : List.of("convolution 3x3 ", "linear ", "if atan", "klif gaussian")) {
        assertTrue(wrong.stream().anyMatch(line -> line.startsWith(layer)), layer + ": " + wrong);
      }
    }
  }

  @Test
  void inBfloat16NetworksWithGradientsOffByTwoToTheMinusFourAreFound() {
    try (Device device = Devices.open("cpu", bfloat16());
        Device exact = Devices.open("cpu", new DeviceOptions(1))) {
      List<String> wrong = wrongRows(FaultyDevice.of(device, 1 + 0x1p-4f), exact, List.of("klif"));
      // where all that is handed on comes from one of the faulty operations
      for (String layer : List.of("c3k3b", "c4k3 bn klif fc4", "c4k3b klif mp3 fc4")) {
        assertTrue(wrong.stream().anyMatch(line -> line.startsWith(layer)), layer + ": " + wrong);
      }
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
