package org.klif.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.klif.UsageException;

/** A wrong value is blamed on the setting that has it, whatever else is set. */
class BlamedSettingTest {
  /** Values that a key's type takes and the key does not; others are of the wrong type. */
  private static final Map<String, String> OUT_OF_RANGE =
      Map.ofEntries(
          Map.entry("preset", " "),
          Map.entry("data", "mnits"),
          Map.entry("dataFolder", "a\0b"),
          Map.entry("network", "fc10 klfi"),
          Map.entry("neuron.model", "alpha"),
          Map.entry("neuron.tau", "0.5"),
          Map.entry("neuron.threshold", "1e999"),
          Map.entry("neuron.vReset", "1e999"),
          Map.entry("neuron.k", "1e999"),
          Map.entry("neuron.surrogate", "threshold"),
          Map.entry("neuron.alpha", "-1"),
          Map.entry("T", "0"),
          Map.entry("epochs", "0"),
          Map.entry("batch", "0"),
          Map.entry("threads", "-1"),
          Map.entry("device", " "),
          Map.entry("precision", "alpha"),
          Map.entry("gpuMemory", "6X"),
          Map.entry("shards", "0"),
          Map.entry("loss", "dropout"),
          Map.entry("labelSmoothing", "1"),
          Map.entry("tetLambda", "1"),
          Map.entry("firingRate.target", "1.5"),
          Map.entry("firingRate.strength", "-1"),
          Map.entry("dropout", "1"),
          Map.entry("initialisation", "loss"),
          Map.entry("augmentation", "flip(dropout)"),
          Map.entry("mixup", "-1"),
          Map.entry("cutmix", "101"),
          Map.entry("encoder", "frames"),
          Map.entry("frames", "schedule"),
          Map.entry("events.filter", "augmentation"),
          Map.entry("events.augmentation", "filter"),
          Map.entry("split", "loss"),
          Map.entry("optimizer.rule", "ema"),
          Map.entry("optimizer.learningRate", "0"),
          Map.entry("optimizer.momentum", "1"),
          Map.entry("optimizer.beta2", "1"),
          Map.entry("optimizer.eps", "0"),
          Map.entry("optimizer.weightDecay", "-1"),
          Map.entry("optimizer.clipNorm", "-1"),
          Map.entry("optimizer.neuronRateFactor", "-1"),
          Map.entry("optimizer.ema", "1"),
          Map.entry("schedule", "epochs"));

  private static final Set<String> KEYS = new TreeSet<>(ConfigTree.defaults().keys());

  /** Keys of one word are words that a sentence may need; a dotted one names a setting. */
  private static List<String> others(String key) {
    return KEYS.stream().filter(other -> !other.equals(key) && other.contains(".")).toList();
  }

  private static void assertBlamed(String key, String bad, ConfigTree tree) {
    String message = assertThrows(UsageException.class, tree::build).getMessage();
    String place = "--set %s=%s: ".formatted(key, bad);
    assertTrue(message.startsWith(place + key), message);
    assertFalse(
        Character.isLetterOrDigit(message.charAt((place + key).length())),
        "another key: " + message);
    others(key).forEach(other -> assertFalse(message.contains(other), message));
    assertEquals(1, message.lines().count(), message);
  }

  @ParameterizedTest
  @FieldSource("KEYS")
  void theSettingWithTheBadValueIsNamedAndNoOther(String key) {
    String bad = OUT_OF_RANGE.getOrDefault(key, "neither true nor false");
    assertBlamed(key, bad, ConfigTree.preset("digits").set(key + "=" + bad));
    // all others are on the command line, too, ahead of it and behind it
    Map<String, String> good = ConfigTree.values(ConfigTree.preset("digits").build().complete());
    List<String> settings = new ArrayList<>();
    good.forEach(
        (other, value) -> {
          if (!other.equals(key)) {
            settings.add(other + "=" + value.replaceAll("^\"|\"$", ""));
          }
        });
    ConfigTree behind = ConfigTree.preset("digits").set(key + "=" + bad);
    settings.forEach(behind::set);
    assertBlamed(key, bad, behind);
    ConfigTree ahead = ConfigTree.preset("digits");
    settings.forEach(ahead::set);
    assertBlamed(key, bad, ahead.set(key + "=" + bad));
  }

  @Test
  void everyListedKeyIsOne() {
    assertTrue(KEYS.containsAll(OUT_OF_RANGE.keySet()));
  }

  @Test
  void aWrongSteepnessIsNotTheCurves() {
    ConfigTree tree =
        ConfigTree.preset("digits").set("neuron.alpha=-1").set("neuron.surrogate=atan");
    assertEquals(
        "--set neuron.alpha=-1: neuron.alpha: the surrogate's alpha must be a number above 0, not"
            + " -1.0",
        assertThrows(UsageException.class, tree::build).getMessage());
  }

  /** Two settings that exclude each other: it is said of the one that is out of the ordinary. */
  @Test
  void whatExcludesAnotherIsNamed() {
    ConfigTree tree = ConfigTree.preset("digits").set("neuron.model=plif").set("neuron.tau=1");
    assertBlamed("neuron.tau", "1", tree);
    tree = ConfigTree.preset("digits").set("neuron.scaleReset=true").set("neuron.k=0");
    assertBlamed("neuron.k", "0", tree);
    tree = ConfigTree.preset("digits").set("schedule=warmup:2,warmup:1,cosine").set("epochs=9");
    assertBlamed("schedule", "warmup:2,warmup:1,cosine", tree);
    tree = ConfigTree.preset("digits").set("shards=2").set("fast=true");
    assertBlamed("shards", "2", tree);
    tree = ConfigTree.preset("digits").set("optimizer.nesterov=true");
    assertBlamed("optimizer.nesterov", "true", tree);
    tree.set("optimizer.rule=sgd").set("optimizer.momentum=0");
    assertBlamed("optimizer.nesterov", "true", tree);
  }
}
