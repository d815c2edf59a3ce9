package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.klif.device.Device;
import org.klif.nn.DeadLayerWatch.Condition;
import org.klif.nn.DeadLayerWatch.Finding;
import org.klif.nn.DeadLayerWatch.Observation;

class DeadLayerWatchTest {
  private static Observation silent() {
    return new Observation("5.klif", 0, 0);
  }

  private static Observation alive() {
    return new Observation("5.klif", 0.1, 1e-4);
  }

  @Test
  void reportsASilentLayerOnceWithTheFirstMoment() {
    DeadLayerWatch watch = new DeadLayerWatch(2);
    assertEquals(List.of(), watch.observe("step 1", List.of(alive())));
    assertEquals(List.of(), watch.observe("step 2", List.of(silent())));
    List<Finding> found = watch.observe("step 3", List.of(silent()));
    assertEquals(1, found.size());
    assertEquals(Condition.SILENT, found.get(0).condition());
    assertEquals("step 2", found.get(0).since());
    String message = found.get(0).message();
    for (String part :
        List.of("5.klif", "since step 2", "bn", "decayInput = false", "kaiming-normal")) {
      assertTrue(message.contains(part), message);
    }
    assertEquals(List.of(), watch.observe("step 4", List.of(silent())));
    assertEquals(found, watch.findings());
    watch.observe("step 5", List.of(alive()));
    assertEquals(List.of(), watch.findings());
    watch.observe("step 6", List.of(silent()));
    assertEquals(
        "step 6", watch.observe("step 7", List.of(silent())).get(0).since(), "reported anew");
  }

  @Test
  void reportsASaturatedLayer() {
    DeadLayerWatch watch = new DeadLayerWatch(1);
    List<Finding> found =
        watch.observe("epoch 2", List.of(alive(), new Observation("9.lif", 1, 0.5)));
    assertEquals(List.of("9.lif"), found.stream().map(Finding::layer).toList());
    assertEquals(Condition.SATURATED, found.get(0).condition());
    assertTrue(found.get(0).message().contains("since epoch 2"));
  }

  @Test
  void aLayerThatOnlyPassesGradientCanStillLearn() {
    DeadLayerWatch watch = new DeadLayerWatch(1);
    assertEquals(List.of(), watch.observe("step 1", List.of(new Observation("2.lif", 0, 1e-9))));
  }

  @Test
  void findsALayerThatIsBornDeadAndTheDefaultIsAlive() {
    assertEquals(Condition.SILENT, conditionAtBirth(0.02f));
    assertEquals(Condition.ALIVE, conditionAtBirth(1));
  }

  /** Of the second KLIF layer, with the weights ahead of it scaled. */
  private static Condition conditionAtBirth(float factor) {
    try (Device device = Nets.device();
        Network network = Nets.network(device, "fc50 sn fc20 sn", Network.Options.of(4, 1, 8, 8));
        NetworkPlan plan = network.plan(8, true)) {
      Parameter weight = network.parameters().get(3);
      assertEquals("2.fc.weight", weight.name());
      float[] values = weight.values();
      for (int i = 0; i < values.length; i++) {
        // negative currents leave F = 0; small positive factors would only not fire
        values[i] = factor == 1 ? values[i] : -factor * Math.abs(values[i]);
      }
      weight.set(values);
      Nets.step(plan);
      NeuronLayer layer = plan.neuronLayers().get(1);
      float[] activity = layer.activity().toArray();
      return new Observation(layer.name(), activity[0], activity[1]).condition();
    }
  }
}
