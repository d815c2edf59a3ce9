package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Loss;

/** Losses on the mean over time. */
interface LossContract extends TestedDevice {
  /** Loss, rate, number of correct samples and gradient. */
  @ParameterizedTest
  @CsvSource({"1, 1, 2", "4, 3, 10", "8, 65, 10", "2, 5, 100"})
  default void lossAgrees(int steps, int batch, int classes) {
    Uniform uniform = new Uniform(classes);
    float[] output = uniform.floats(steps * batch * classes, -1, 3);
    int[] labels = uniform.ints(batch, classes);
    double[] rate = new double[batch * classes];
    for (int i = 0; i < output.length; i++) {
      rate[i % rate.length] += output[i] / (double) steps;
    }
    for (Loss.Kind kind : Loss.Kind.values()) {
      for (double smoothing : new double[] {0, 0.1, 0.5}) {
        lossAgrees(new Loss.Objective(kind, smoothing), steps, output, labels, rate);
      }
    }
  }

  private void lossAgrees(
      Loss.Objective objective, int steps, float[] output, int[] labels, double[] rate) {
    int batch = labels.length;
    int classes = rate.length / batch;
    Loss.Kind kind = objective.kind();
    double loss = 0;
    int correct = 0;
    double[] gRate = new double[rate.length];
    for (int sample = 0; sample < batch; sample++) {
      double sum = 0;
      int best = 0;
      for (int k = 0; k < classes; k++) {
        double value = rate[sample * classes + k];
        sum += Math.exp(value);
        best = value > rate[sample * classes + best] ? k : best;
      }
      correct += best == labels[sample] ? 1 : 0;
      for (int k = 0; k < classes; k++) {
        int at = sample * classes + k;
        double hot = k == labels[sample] ? 1 : 0;
        double target = (1 - objective.smoothing()) * hot + objective.smoothing() / classes;
        if (kind == Loss.Kind.MSE) {
          loss += Math.pow(rate[at] - target, 2) / rate.length;
          gRate[at] = 2 * (rate[at] - target) / rate.length;
        } else {
          loss -= target * Math.log(Math.exp(rate[at]) / sum) / batch;
          gRate[at] = (Math.exp(rate[at]) / sum - target) / batch;
        }
      }
    }
    double[] gOutput = new double[output.length];
    for (int i = 0; i < gOutput.length; i++) {
      gOutput[i] = gRate[i % gRate.length] / steps;
    }
    try (BufferScope scope = new BufferScope(device())) {
      Loss planned = scope.own(device().loss(new Loss.Spec(objective, steps, batch, classes)));
      Buffer labelBuffer = scope.ofInts(labels);
      Buffer rateBuffer = scope.zeros(rate.length);
      Buffer result = scope.zeros(2);
      planned.forward(scope.of(output), labelBuffer, rateBuffer, result);
      Closeness.assertClose("rate", rate, rateBuffer.toArray());
      Closeness.assertClose(objective + " loss", new double[] {loss, correct}, result.toArray());
      Buffer gBuffer = scope.zeros(output.length);
      planned.backward(rateBuffer, labelBuffer, gBuffer);
      // gradients are divided by batch and T: times that they are about 1
      Closeness.assertClose(
          objective + " gradient",
          times(gOutput, (double) steps * batch),
          times(gBuffer.toArray(), (float) steps * batch));
    }
  }

  /** Label smoothing is what the vectors say, which agree with PyTorch's. */
  @Test
  default void smoothedLossOfTheVectors() throws IOException {
    JsonNode file =
        new ObjectMapper()
            .readTree(Shared.require().resolve("golden2/loss_smoothing.json").toFile());
    JsonNode expected = file.get("expect");
    float[] output = floats(expected.get("output"));
    int steps = file.get("T").intValue();
    float[] labels = floats(file.get("labels"));
    int batch = labels.length;
    int classes = output.length / steps / batch;
    int[] labelled = new int[batch];
    for (int i = 0; i < batch; i++) {
      labelled[i] = (int) labels[i];
    }
    Loss.Objective objective =
        new Loss.Objective(
            Loss.Kind.CROSS_ENTROPY, file.get("loss").get("smoothing").doubleValue());
    try (BufferScope scope = new BufferScope(device())) {
      Loss loss = scope.own(device().loss(new Loss.Spec(objective, steps, batch, classes)));
      Buffer rate = scope.zeros((long) batch * classes);
      Buffer result = scope.zeros(2);
      Buffer g = scope.zeros(output.length);
      loss.forward(scope.of(output), scope.ofInts(labelled), rate, result);
      loss.backward(rate, scope.ofInts(labelled), g);
      assertSmall("rate", floats(expected.get("rate")), rate.toArray());
      assertSmall("loss", floats(expected.get("loss")), new float[] {result.toArray()[0]});
      assertSmall("gradient", floats(expected.get("grad_output")), g.toArray());
    }
  }

  private static float[] floats(JsonNode node) {
    JsonNode data = node.isArray() ? node : node.get("data");
    float[] values = new float[data.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = data.get(i).floatValue();
    }
    return values;
  }

  /** The vectors' own tolerance: 5e-5 of the tensor's largest value. */
  private static void assertSmall(String what, float[] expected, float[] actual) {
    double largest = 0.01;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertArrayEquals(expected, actual, (float) (5e-5 * largest), what);
  }

  private static double[] times(double[] values, double factor) {
    double[] product = values.clone();
    for (int i = 0; i < product.length; i++) {
      product[i] *= factor;
    }
    return product;
  }

  private static float[] times(float[] values, float factor) {
    float[] product = values.clone();
    for (int i = 0; i < product.length; i++) {
      product[i] *= factor;
    }
    return product;
  }

  /** Of equal largest rates the first counts. */
  @Test
  default void theFirstLargestRateWins() {
    try (BufferScope scope = new BufferScope(device())) {
      Loss loss = scope.own(device().loss(new Loss.Spec(Loss.Kind.MSE, 1, 3, 3)));
      Buffer result = scope.zeros(2);
      loss.forward(
          scope.of(1, 1, 0, 0, 1, 1, 0, 0, 0), scope.ofInts(0, 2, 0), scope.zeros(9), result);
      Closeness.assertSame("correct", new double[] {2}, new float[] {result.toArray()[1]});
    }
  }

  /** Large outputs do not overflow. */
  @Test
  default void crossEntropyOfLargeOutputsIsFinite() {
    try (BufferScope scope = new BufferScope(device())) {
      Loss loss = scope.own(device().loss(new Loss.Spec(Loss.Kind.CROSS_ENTROPY, 1, 1, 3)));
      Buffer result = scope.zeros(2);
      Buffer rate = scope.zeros(3);
      Buffer labels = scope.ofInts(1);
      loss.forward(scope.of(500, -500, 499), labels, rate, result);
      double log = Math.log(1 + Math.exp(-1));
      Closeness.assertClose("loss", new double[] {1000 + log, 0}, result.toArray());
      Buffer g = scope.zeros(3);
      loss.backward(rate, labels, g);
      double first = 1 / (1 + Math.exp(-1));
      Closeness.assertClose("g", new double[] {first, -1, 1 - first}, g.toArray());
    }
  }

  /** A label that the network has no class for is refused and named. */
  @Test
  default void aLabelOutsideIsRefused() {
    try (BufferScope scope = new BufferScope(device())) {
      for (int label : new int[] {-1, 3}) {
        Loss loss = scope.own(device().loss(new Loss.Spec(Loss.Kind.MSE, 1, 2, 3)));
        Buffer labels = scope.ofInts(0, label);
        Buffer result = scope.zeros(2);
        KlifException e =
            assertThrows(
                KlifException.class,
                () -> {
                  loss.forward(scope.zeros(6), labels, scope.zeros(6), result);
                  // a device that works on its own may notice when it is waited for
                  device().synchronize();
                });
        assertTrue(e.getMessage().contains("label " + label), e.getMessage());
      }
    }
  }
}
