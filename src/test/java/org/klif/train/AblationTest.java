package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.config.ConfigTree;
import org.klif.neuron.Surrogate;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;

/** Each option that an ablation sweeps changes a training run of each neuron that it is for. */
class AblationTest {
  @TempDir Path folder;

  private final Map<String, RunMetrics> runs = new HashMap<>();

  /** A short run without convolutions; the same settings are trained once only. */
  private RunMetrics train(String model, String... settings) {
    String name = model + String.join("", settings).replaceAll("[^a-zA-Z0-9.]", "-");
    return runs.computeIfAbsent(
        name,
        key -> {
          ConfigTree tree =
              new ConfigTree(
                  Runs.small(
                      "network=fc32 bn sn fc20 bn sn vote2",
                      "neuron.model=" + model,
                      "augmentation=none",
                      "T=4",
                      "epochs=1",
                      "threads=1"));
          List.of(settings).forEach(tree::set);
          RunFolder run = new RunFolder(folder.resolve(key));
          Runs.start(tree.build(), run, new Runs.Listener(), () -> false);
          return RunMetrics.read(run.metrics());
        });
  }

  private double loss(String model, String... settings) {
    double loss = train(model, settings).column("trainLoss")[0];
    assertTrue(Double.isFinite(loss), model + String.join(" ", settings) + ": " + loss);
    return loss;
  }

  private void changes(String model, String setting) {
    assertNotEquals(loss(model), loss(model, setting), model + " with " + setting);
  }

  @Test
  void resetSurrogateAndStepsAreOptionsOfEveryNeuron() {
    for (String model : List.of("klif", "lif", "plif", "if")) {
      changes(model, "neuron.softReset=true");
      changes(model, "neuron.detachReset=" + model.equals("klif"));
      for (Surrogate.Kind kind : Surrogate.Kind.values()) {
        if (kind != Surrogate.Kind.ATAN) {
          changes(model, "neuron.surrogate=" + kind.token());
        }
      }
      for (int steps : new int[] {1, 2, 16}) {
        changes(model, "T=" + steps);
      }
    }
  }

  @Test
  void reluAndKAreOptionsOfKlif() {
    for (String setting :
        List.of(
            "neuron.relu=false",
            "neuron.perChannel=true",
            "neuron.k=0.5",
            "neuron.k=2",
            "neuron.scaleReset=true",
            "optimizer.neuronRateFactor=0")) {
      changes("klif", setting);
      if (setting.startsWith("neuron")) {
        assertEquals(loss("lif"), loss("lif", setting), "lif with " + setting);
      }
    }
  }

  @Test
  void aRateFactorOfZeroFixesWhatANeuronLearns() {
    for (String rule : List.of("adamw", "sgd")) {
      String[] fixed = {
        "optimizer.neuronRateFactor=0", "optimizer.weightDecay=0.1", "optimizer.rule=" + rule
      };
      RunMetrics klif = train("klif", fixed);
      assertEquals(2, klif.layers("k").size());
      klif.layers("k").forEach(layer -> assertEquals(1, klif.column("k." + layer)[0], layer));
      RunMetrics plif = train("plif", fixed);
      plif.layers("tau").forEach(layer -> assertEquals(2, plif.column("tau." + layer)[0], layer));
    }
    RunMetrics learned = train("klif");
    learned.layers("k").forEach(layer -> assertNotEquals(1, learned.column("k." + layer)[0]));
  }

  /** With k fixed at 1 and without its ReLU a KLIF trains as an LIF does, to the bit. */
  @Test
  void withoutReluAndWithKFixedAtOneAKlifTrainsAsAnLif() {
    RunMetrics klif = train("klif", "neuron.relu=false", "optimizer.neuronRateFactor=0");
    RunMetrics lif = train("lif", "neuron.detachReset=false");
    for (String column : List.of("trainLoss", "trainAccuracy", "testLoss", "testAccuracy")) {
      assertEquals(lif.column(column)[0], klif.column(column)[0], column);
    }
  }
}
