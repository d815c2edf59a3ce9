package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.klif.device.Device;

class InitialisationTest {
  private static final String TEXT = "c32k3b sn c64k3b sn fc100 sn";

  private static NamedTensor of(String text, Initialisation how, long seed, String name) {
    Network.Options options = Network.Options.of(2, 3, 6, 6).withInitialisation(how).withSeed(seed);
    try (Device device = Nets.device();
        Network network = Nets.network(device, text, options)) {
      return network.state().get(name);
    }
  }

  private static double std(float[] values) {
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      sum += value;
      squares += (double) value * value;
    }
    double mean = sum / values.length;
    return Math.sqrt(squares / values.length - mean * mean);
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @Test
  void kaimingNormalHasItsVarianceAndNoBias() {
    // 18,432 and 230,400 weights: the estimate of std is good to 1 / sqrt(2 n) = 0.5 %, 0.15 %
    double convolution = Math.sqrt(2.0 / (32 * 9));
    float[] weights = of(TEXT, Initialisation.KAIMING_NORMAL, 1, "2.conv.weight").data();
    assertEquals(convolution, std(weights), 0.02 * convolution);
    assertTrue(largest(weights) > 3 * convolution, "a normal distribution has tails");
    double linear = Math.sqrt(2.0 / (64 * 36));
    assertEquals(
        linear,
        std(of(TEXT, Initialisation.KAIMING_NORMAL, 1, "4.fc.weight").data()),
        0.01 * linear);
    assertArrayEquals(
        new float[100], of(TEXT, Initialisation.KAIMING_NORMAL, 1, "4.fc.bias").data());
  }

  @Test
  void pytorchIsUniformInItsBound() {
    double bound = 1 / Math.sqrt(32 * 9);
    float[] weights = of(TEXT, Initialisation.PYTORCH, 1, "2.conv.weight").data();
    assertTrue(largest(weights) <= bound);
    assertEquals(bound / Math.sqrt(3), std(weights), 0.02 * bound);
    float[] biases = of(TEXT, Initialisation.PYTORCH, 1, "2.conv.bias").data();
    assertTrue(largest(biases) <= bound && largest(biases) > bound / 2);
  }

  @Test
  void xavierIsUniformInItsBound() {
    double bound = Math.sqrt(6.0 / (64 * 36 + 100));
    float[] weights = of(TEXT, Initialisation.XAVIER_UNIFORM, 1, "4.fc.weight").data();
    assertTrue(largest(weights) <= bound);
    assertEquals(bound / Math.sqrt(3), std(weights), 0.01 * bound);
  }

  @Test
  void aParameterDependsOnSeedAndNameOnly() {
    float[] one = of(TEXT, Initialisation.KAIMING_NORMAL, 1, "0.conv.weight").data();
    assertArrayEquals(
        one, of("c32k3b sn fc10 sn", Initialisation.KAIMING_NORMAL, 1, "0.conv.weight").data());
    assertFalse(
        Arrays.equals(one, of(TEXT, Initialisation.KAIMING_NORMAL, 2, "0.conv.weight").data()));
    float[] first = of("fc9 sn fc9 sn", Initialisation.PYTORCH, 1, "2.fc.bias").data();
    float[] second = of("fc9 sn fc9 sn", Initialisation.PYTORCH, 1, "0.fc.bias").data();
    assertTrue(first[0] * 3 != second[0] * Math.sqrt(108), "layers draw their own numbers");
  }
}
