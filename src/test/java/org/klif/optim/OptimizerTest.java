package org.klif.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.OptimizerStep.Rule;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NetworkSpec;
import org.klif.nn.Parameter;

class OptimizerTest {
  private final Device device = Devices.open("cpu", new DeviceOptions(2));

  @AfterEach
  void close() {
    assertEquals(0, device.liveBuffers());
    device.close();
  }

  private Network network() {
    return Network.create(
        device, NetworkSpec.parse("c4k3 bn sn mp2 fc6 sn"), Network.Options.of(2, 1, 4, 4));
  }

  private static void step(NetworkPlan plan, Optimizer optimizer) {
    float[] x = new float[Math.toIntExact(plan.input().size())];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.sin(i * 0.7) * 2;
    }
    plan.input().upload(x);
    plan.forward(true);
    float[] g = new float[Math.toIntExact(plan.output().size())];
    for (int i = 0; i < g.length; i++) {
      g[i] = (float) Math.cos(i * 1.3);
    }
    plan.outputGradient().upload(g);
    plan.backward();
    optimizer.step(0.01);
  }

  @ParameterizedTest
  @CsvSource({"SGD, false", "SGD, true", "ADAM, false", "ADAMW, false"})
  void aLoadedOptimizerGoesOnWithTheSameBits(Rule rule, boolean nesterov) {
    Map<String, NamedTensor> ofNetwork;
    Map<String, NamedTensor> ofOptimizer;
    float[] expected;
    OptimizerOptions options =
        new OptimizerOptions(rule, 0.01, 0.9, nesterov, 0.99, 1e-8, 0.01, nesterov, 1, 0.5, 0);
    try (Network network = network();
        NetworkPlan plan = network.plan(3, true);
        Optimizer optimizer = new Optimizer(network, options)) {
      step(plan, optimizer);
      step(plan, optimizer);
      ofNetwork = network.state();
      ofOptimizer = optimizer.state();
      assertEquals(2, optimizer.stepCount());
      network.readings().download();
      assertTrue(network.readings().norm() > 0);
      step(plan, optimizer);
      expected = network.parameterBuffer().toArray();
    }
    int moments = rule == Rule.SGD ? 1 : 2;
    try (Network network = network();
        NetworkPlan plan = network.plan(3, true);
        Optimizer optimizer = new Optimizer(network, options)) {
      assertEquals(moments * network.parameters().size(), ofOptimizer.size());
      network.load(ofNetwork);
      optimizer.load(ofOptimizer, 2);
      assertEquals(2, optimizer.stepCount());
      step(plan, optimizer);
      assertArrayEquals(expected, network.parameterBuffer().toArray());
    }
  }

  /** Its arithmetic, and that showing it leaves what is trained as it was. */
  @Test
  void theAverageFollowsParametersAndStatistics() {
    OptimizerOptions options =
        new OptimizerOptions(Rule.ADAM, 1, 0.9, false, 0.99, 1e-8, 0, false, 0, 1, 0.3);
    try (Network network = network();
        NetworkPlan plan = network.plan(3, true);
        Optimizer optimizer = new Optimizer(network, options)) {
      float[] weights = network.parameterBuffer().toArray();
      float[] statistics = network.runningStatistics().get(0).toArray();
      for (int update = 1; update <= 4; update++) {
        step(plan, optimizer);
        // 2/11, 3/12, 4/13 are below the decay, 5/14 is not
        float share = (float) (1 - Math.min(0.3, (1.0 + update) / (10.0 + update)));
        average(weights, network.parameterBuffer().toArray(), share);
        average(statistics, network.runningStatistics().get(0).toArray(), share);
        Map<String, NamedTensor> trained = network.state();
        optimizer.withAverage(
            () -> {
              assertArrayEquals(weights, network.parameterBuffer().toArray());
              assertArrayEquals(statistics, network.runningStatistics().get(0).toArray());
              optimizer.withAverage(
                  () -> assertArrayEquals(weights, network.parameterBuffer().toArray()));
              Map<String, NamedTensor> state = optimizer.state();
              trained.forEach(
                  (name, tensor) ->
                      assertArrayEquals(
                          tensor.data(), state.get("optimizer.trained." + name).data(), name));
            });
        trained.forEach(
            (name, tensor) ->
                assertArrayEquals(tensor.data(), network.state().get(name).data(), name));
      }
      Map<String, NamedTensor> state = new LinkedHashMap<>();
      optimizer.withAverage(() -> state.putAll(optimizer.state()));
      state.remove("optimizer.trained.1.bn.running_mean");
      KlifException e =
          assertThrows(KlifException.class, () -> optimizer.load(state, optimizer.stepCount()));
      assertTrue(e.getMessage().contains("optimizer.trained.1.bn.running_mean is missing"));
    }
  }

  private static void average(float[] average, float[] values, float share) {
    for (int i = 0; i < values.length; i++) {
      average[i] = Math.fma(share, values[i] - average[i], average[i]);
    }
  }

  @Test
  void sgdMovesAgainstTheGradientAndNeuronsWithTheirOwnRate() {
    OptimizerOptions options =
        new OptimizerOptions(Rule.SGD, 1, 0, false, 0, 1e-8, 0, false, 0, 0, 0);
    try (Network network = network();
        NetworkPlan plan = network.plan(3, true);
        Optimizer optimizer = new Optimizer(network, options)) {
      Parameter weight = network.parameters().get(0);
      Parameter k = network.parameters().get(3);
      assertEquals("2.klif.k", k.name());
      float[] before = weight.values();
      step(plan, optimizer);
      float[] gradients = weight.gradients();
      float[] after = weight.values();
      for (int i = 0; i < before.length; i++) {
        assertEquals(before[i] - 0.01f * gradients[i], after[i], 1e-6f);
      }
      assertTrue(k.gradients()[0] != 0);
      assertEquals(1, k.values()[0], "its rate factor is 0");
    }
  }

  /** Weights, biases, batch norm and k: with gradients of 0 the decay is all that moves them. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void decayIsOfWeightsAloneOrOfAll(boolean all) {
    OptimizerOptions options =
        new OptimizerOptions(Rule.SGD, 1, 0, false, 0, 1e-8, 0.5, all, 0, 1, 0);
    try (Network network = network();
        Optimizer optimizer = new Optimizer(network, options)) {
      network.device().fill(network.gradientBuffer(), 0);
      network.device().fill(network.parameterBuffer(), 1);
      optimizer.step(0.5);
      for (Parameter parameter : network.parameters()) {
        boolean decayed = all || parameter.group() == Parameter.Group.WEIGHT;
        assertEquals(decayed ? 0.75f : 1, parameter.values()[0], parameter.name());
      }
    }
  }

  @Test
  void momentsOfAnotherNetworkAreRefused() {
    try (Network network = network();
        Optimizer optimizer = new Optimizer(network, OptimizerOptions.of(Rule.ADAM, 1e-3))) {
      Map<String, NamedTensor> state = optimizer.state();
      Map<String, NamedTensor> missing = new LinkedHashMap<>(state);
      missing.remove("optimizer.v.2.klif.k");
      refused(optimizer, missing, "optimizer.v.2.klif.k is missing");
      Map<String, NamedTensor> more = new LinkedHashMap<>(state);
      more.put("optimizer.m.x", new NamedTensor(new int[] {1}, new float[1]));
      refused(optimizer, more, "optimizer.m.x");
      Map<String, NamedTensor> other = new LinkedHashMap<>(state);
      other.put("optimizer.m.1.bn.bias", new NamedTensor(new int[] {9}, new float[9]));
      refused(optimizer, other, "optimizer.m.1.bn.bias has shape [9] there and [4] here");
    }
  }

  private static void refused(Optimizer optimizer, Map<String, NamedTensor> state, String why) {
    KlifException e = assertThrows(KlifException.class, () -> optimizer.load(state, 1));
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }

  @Test
  void optionsAreChecked() {
    for (double rate : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(UsageException.class, () -> OptimizerOptions.of(Rule.SGD, rate));
    }
  }
}
