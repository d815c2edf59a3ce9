package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.klif.device.Device;
import org.klif.nn.DeadLayerWatch.Condition;
import org.klif.nn.DeadLayerWatch.Finding;
import org.klif.nn.DeadLayerWatch.Observation;

class DeadLayerWatchTest {
  private static List<Observation> dead() {
    return List.of(new Observation("5.klif", 0, 0));
  }

  private static List<Observation> silent() {
    return List.of(new Observation("5.klif", 0, 1e-9));
  }

  private static List<Observation> alive() {
    return List.of(new Observation("5.klif", 0.1, 1e-4));
  }

  private static List<Finding> found(Condition condition, String since) {
    return List.of(new Finding("5.klif", condition, since));
  }

  @Test
  void reportsADeadLayerOnceWithTheFirstMoment() {
    DeadLayerWatch watch = new DeadLayerWatch(2);
    assertEquals(List.of(), watch.step("step 1", alive()));
    assertEquals(List.of(), watch.step("step 2", dead()));
    assertEquals(found(Condition.DEAD, "step 2"), watch.step("step 3", dead()));
    assertEquals(List.of(), watch.step("step 4", dead()));
    assertEquals(List.of(), watch.epoch("epoch 1", dead()), "the same thing twice");
    assertEquals(List.of(), watch.epoch("epoch 2", silent()), "still no spike");
    watch.epoch("epoch 3", alive());
    assertEquals(
        found(Condition.SILENT, "epoch 4"), watch.epoch("epoch 4", silent()), "reported anew");
  }

  @Test
  void aLayerThatOnlyPassesGradientHasAnEpochToWakeUp() {
    DeadLayerWatch watch = new DeadLayerWatch(2);
    for (int step = 1; step <= 5; step++) {
      assertEquals(List.of(), watch.step("step " + step, silent()));
    }
    assertEquals(found(Condition.SILENT, "step 1"), watch.epoch("epoch 1", silent()));
    assertEquals(List.of(), watch.epoch("epoch 2", silent()));
  }

  @Test
  void reportsASaturatedLayer() {
    DeadLayerWatch watch = new DeadLayerWatch(1);
    assertEquals(
        found(Condition.SATURATED, "epoch 2"),
        watch.epoch("epoch 2", List.of(new Observation("5.klif", 1, 0.5))));
    assertEquals(found(Condition.SILENT, "epoch 3"), watch.epoch("epoch 3", silent()));
  }

  @Test
  void findsALayerThatIsBornDeadAndTheDefaultCanLearn() {
    assertEquals(Condition.DEAD, conditionAtBirth(0.02f));
    assertNotEquals(Condition.DEAD, conditionAtBirth(1));
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
