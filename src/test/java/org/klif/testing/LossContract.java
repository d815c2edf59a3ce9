package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Loss;
import org.klif.verify.ReferenceLoss;

/** Losses on the mean over time, and on each step. */
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
    for (Loss.Kind kind : Loss.Kind.values()) {
      for (double smoothing : new double[] {0, 0.1}) {
        Loss.Objective mixed = new Loss.Objective(kind, smoothing).withMixed(true);
        lossAgrees(mixed, steps, output, mixed(labels, classes, uniform), rate);
      }
    }
    lossAgrees(new Loss.Objective(Loss.Kind.TET, 0.1, 0, 1), steps, output, labels, rate);
    lossAgrees(new Loss.Objective(Loss.Kind.TET, 0.1, 0.75, 0.5), steps, output, labels, rate);
  }

  /** With second labels, some of them the first, and weights from 0 to 1, both there. */
  private static int[] mixed(int[] labels, int classes, Uniform uniform) {
    int[] others = uniform.ints(labels.length, classes);
    float[] weights = uniform.floats(labels.length, 0, 1);
    weights[0] = 1;
    if (labels.length > 3) {
      weights[1] = 0;
      others[2] = labels[2];
    }
    int[] packed = new int[3 * labels.length];
    Loss.mixed(labels, others, weights, packed);
    return packed;
  }

  /** Mixed ones as {@link Loss#mixed} packs them. */
  private static ReferenceLoss.Labels unpacked(int[] packed) {
    int batch = packed.length / 3;
    double[] weights = new double[batch];
    Arrays.setAll(weights, n -> Float.intBitsToFloat(packed[2 * batch + n]));
    return new ReferenceLoss.Labels(
        Arrays.copyOf(packed, batch), Arrays.copyOfRange(packed, batch, 2 * batch), weights);
  }

  private void lossAgrees(
      Loss.Objective objective, int steps, float[] output, int[] labels, double[] rate) {
    int batch = objective.mixed() ? labels.length / 3 : labels.length;
    int classes = rate.length / batch;
    int correct = 0;
    for (int sample = 0; sample < batch; sample++) {
      int best = 0;
      for (int k = 0; k < classes; k++) {
        best = rate[sample * classes + k] > rate[sample * classes + best] ? k : best;
      }
      correct += best == labels[sample] ? 1 : 0;
    }
    ReferenceLoss.Labels own =
        objective.mixed() ? unpacked(labels) : ReferenceLoss.Labels.of(labels);
    ReferenceLoss expected =
        ReferenceLoss.of(objective, Doubles.toArray(Floats.asList(output)), steps, own);
    try (BufferScope scope = new BufferScope(device())) {
      Loss planned = scope.own(device().loss(new Loss.Spec(objective, steps, batch, classes)));
      Buffer labelBuffer = scope.ofInts(labels);
      Buffer rateBuffer = scope.zeros(rate.length);
      Buffer result = scope.zeros(2);
      planned.forward(scope.of(output), labelBuffer, rateBuffer, result);
      Closeness.assertClose("rate", rate, rateBuffer.toArray());
      Closeness.assertClose(
          objective + " loss", new double[] {expected.loss(), correct}, result.toArray());
      Buffer gBuffer = scope.zeros(output.length);
      planned.backward(scope.of(output), rateBuffer, labelBuffer, gBuffer);
      // gradients are divided by batch and T: times that they are about 1
      Closeness.assertClose(
          objective + " gradient",
          times(expected.gradient(), (double) steps * batch),
          times(gBuffer.toArray(), (float) steps * batch));
    }
  }

  /** Label smoothing and TET are what the vectors say, which agree with PyTorch's. */
  @ParameterizedTest
  @CsvSource({
    "loss_smoothing, CROSS_ENTROPY",
    "loss_tet, TET",
    "loss_ce_mix, CROSS_ENTROPY",
    "loss_mse_mix, MSE",
    "loss_tet_mix, TET"
  })
  default void lossesOfTheVectors(String name, Loss.Kind kind) throws IOException {
    JsonNode file =
        new ObjectMapper()
            .readTree(Shared.require().resolve("golden2").resolve(name + ".json").toFile());
    JsonNode expected = file.get("expect");
    float[] output = floats(expected.get("output"));
    int steps = file.get("T").intValue();
    int[] labels = ints(file.get("labels"));
    int batch = labels.length;
    int classes = output.length / steps / batch;
    int[] labelled = labels;
    if (file.hasNonNull("mix")) {
      labelled = new int[3 * batch];
      JsonNode mix = file.get("mix");
      Loss.mixed(labels, ints(mix.get("labels")), floats(mix.get("weight")), labelled);
    }
    JsonNode said = file.get("loss");
    Loss.Objective objective =
        new Loss.Objective(
            kind,
            said.path("smoothing").doubleValue(),
            said.path("lambda").doubleValue(),
            said.path("mean").doubleValue(),
            file.hasNonNull("mix"));
    try (BufferScope scope = new BufferScope(device())) {
      Loss loss = scope.own(device().loss(new Loss.Spec(objective, steps, batch, classes)));
      Buffer rate = scope.zeros((long) batch * classes);
      Buffer result = scope.zeros(2);
      Buffer g = scope.zeros(output.length);
      loss.forward(scope.of(output), scope.ofInts(labelled), rate, result);
      loss.backward(scope.of(output), rate, scope.ofInts(labelled), g);
      assertSmall("rate", floats(expected.get("rate")), rate.toArray());
      assertSmall("loss", floats(expected.get("loss")), new float[] {result.toArray()[0]});
      assertSmall("gradient", floats(expected.get("grad_output")), g.toArray());
    }
  }

  private static int[] ints(JsonNode node) {
    int[] values = new int[node.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = node.get(i).intValue();
    }
    return values;
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
  @ParameterizedTest
  @EnumSource(
      value = Loss.Kind.class,
      names = {"CROSS_ENTROPY", "TET"})
  default void crossEntropyOfLargeOutputsIsFinite(Loss.Kind kind) {
    Loss.Objective objective = new Loss.Objective(kind, 0, 0, 1);
    try (BufferScope scope = new BufferScope(device())) {
      Loss loss = scope.own(device().loss(new Loss.Spec(objective, 1, 1, 3)));
      Buffer result = scope.zeros(2);
      Buffer rate = scope.zeros(3);
      Buffer labels = scope.ofInts(1);
      Buffer output = scope.of(500, -500, 499);
      loss.forward(output, labels, rate, result);
      double log = Math.log(1 + Math.exp(-1));
      Closeness.assertClose("loss", new double[] {1000 + log, 0}, result.toArray());
      Buffer g = scope.zeros(3);
      loss.backward(output, rate, labels, g);
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

  /** The label of the sample that was mixed in, too. */
  @Test
  default void aSecondLabelOutsideIsRefused() {
    Loss.Objective mixed = new Loss.Objective(Loss.Kind.CROSS_ENTROPY, 0).withMixed(true);
    try (BufferScope scope = new BufferScope(device())) {
      Loss loss = scope.own(device().loss(new Loss.Spec(mixed, 1, 2, 3)));
      int[] packed = new int[6];
      Loss.mixed(new int[] {0, 1}, new int[] {2, 3}, new float[] {0.5f, 0.5f}, packed);
      Buffer labels = scope.ofInts(packed);
      Buffer result = scope.zeros(2);
      KlifException e =
          assertThrows(
              KlifException.class,
              () -> {
                loss.forward(scope.zeros(6), labels, scope.zeros(6), result);
                device().synchronize();
              });
      assertTrue(e.getMessage().contains("label 3 of sample 1"), e.getMessage());
    }
  }
}
