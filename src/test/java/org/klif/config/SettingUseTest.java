package org.klif.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.neuron.Neuron;
import org.klif.run.RunFolder;

class SettingUseTest {
  @TempDir Path folder;

  private static ConfigTree tree(String preset, String... settings) {
    ConfigTree tree = ConfigTree.preset(preset);
    for (String setting : settings) {
      tree.set(setting);
    }
    return tree;
  }

  private static List<String> notes(ConfigTree tree) {
    return SettingUse.notes(tree.chosen(), tree.build());
  }

  /** A key that is new needs a rule. */
  @Test
  void everyKeyHasARule() {
    Set<String> keys = Set.copyOf(ConfigTree.defaults().keys());
    assertEquals(keys, SettingUse.keys());
    for (String key : keys) {
      SettingUse.unread(key, ConfigTree.defaults().build());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "digits; neuron.model=lif,neuron.k=3; no neuron of the network (lif) has it",
        "digits; neuron.model=plif,neuron.relu=false; no neuron of the network (plif) has it",
        "digits; neuron.model=lif,neuron.scaleReset=true; (lif) has it",
        "digits; neuron.model=if,neuron.perChannel=true; (if) has it",
        "digits; neuron.model=if,neuron.tau=3; (if) has it",
        "digits; neuron.model=if,neuron.decayInput=false; (if) has it",
        "digits; neuron.softReset=true,neuron.vReset=-1; a soft reset",
        "digits; network=fc10 klif,neuron.model=lif; the network names its neurons (klif)",
        "digits; network=fc10 a,macros.a=sn,macros.b=fc10; the network has no such word",
        "digits; network=fc10,neuron.alpha=3; the network has no neurons",
        "digits; network=fc10,neuron.surrogate=sigmoid; the network has no neurons",
        "digits; network=fc10,neuron.threshold=3; the network has no neurons",
        "digits; network=fc9 tdbn lif{threshold=1} fc10,neuron.threshold=3; each layer of neurons has its own",
        "digits; network=fc10 sn{tau=3} fc10 if,neuron.model=lif,neuron.k=3; (if, lif) has it",
        "digits; network=fc10 sn{tau=3} fc9 lif{tau=4},neuron.tau=5; each layer of neurons has its own in braces",
        "digits; network=fc10 sn{surrogate=sigmoid},neuron.alpha=5; each layer of neurons has its own in braces",
        "digits; frames=time; digits has images, no events",
        "digits; events.filter=none; digits has images, no events",
        "digits; dataFolder=/x; digits comes with Klif",
        "nmnist-small; encoder=direct; nmnist has recordings",
        "digits; network=fc10 sn,dropout=0.1; the network has no dp",
        "digits; network=dp0.5 fc10 sn,dropout=0.1; the network has no dp without a number",
        "digits; device=cpu,keepCharged=true; it is for GPUs",
        "digits; device=cpu,gpuMemory=6G; it is for GPUs",
        "digits; device=cpu,fast=true; it is for GPUs",
        "digits; device=cpu,graph=false; it is for GPUs",
        "digits; loss=cross-entropy,tetLambda=0.1; loss is cross-entropy and not tet",
        "digits; firingRate.target=0.1; firingRate.strength is 0",
        "digits; network=fc10,firingRate.strength=1; the network has no neurons",
        "digits; syncBatchNorm=false; there is one shard",
        "digits; network=fc10 sn,shards=2,syncBatchNorm=false; the network has no batch norm",
        "digits; optimizer.rule=sgd,optimizer.beta2=0.9; it is Adam's",
        "digits; optimizer.rule=sgd,optimizer.eps=1e-5; it is Adam's",
        "digits; optimizer.decayAll=true; optimizer.weightDecay is 0",
        "digits; neuron.model=lif,optimizer.neuronRateFactor=2; the neurons (lif) learn nothing"
      })
  void whatARunDoesNotReadIsSaidOnce(String preset, String settings, String reason) {
    String[] all = settings.strip().split(",");
    List<String> notes = notes(tree(preset.strip(), all));
    String last = all[all.length - 1];
    assertEquals(1, notes.size(), notes.toString());
    String key = last.substring(0, last.indexOf('='));
    String start = "note: --set %s: %s has no effect: ".formatted(last, key);
    assertTrue(notes.get(0).startsWith(start), notes.get(0));
    assertTrue(notes.get(0).contains(reason.strip()), notes.get(0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "digits; neuron.k=3,neuron.relu=false,neuron.scaleReset=true,neuron.perChannel=true",
        "digits; neuron.model=lif,neuron.tau=3,neuron.decayInput=false,neuron.vReset=-1",
        "digits; neuron.model=lif,neuron.detachReset=false,neuron.alpha=3,neuron.surrogate=sigmoid",
        "digits; network=fc64 klif res(fc64 lif) fc10 if,neuron.k=2,neuron.tau=3",
        "digits; network=res(dp fc64 sn) fc10 sn,dropout=0.1",
        "digits; optimizer.momentum=0.8,optimizer.beta2=0.9,optimizer.eps=1e-5",
        "digits; optimizer.rule=sgd,optimizer.momentum=0.8,optimizer.weightDecay=1e-4",
        "digits; optimizer.rule=sgd,optimizer.nesterov=true",
        "digits; optimizer.weightDecay=1e-4,optimizer.decayAll=true",
        "digits; neuron.model=plif,optimizer.neuronRateFactor=2,encoder=poisson",
        "digits; neuron.model=alif,neuron.tau=3",
        "digits; network=fc10 sn{tau=3} fc9 lif,neuron.tau=5",
        "digits; network=fc10 2*a,macros.b=fc10 sn,macros.a=b",
        "digits; network=fc9 lif{threshold=1} fc10 tdbn,neuron.threshold=0.5",
        "digits; network=fc10,loss=tet,tetLambda=0.1,neuron.threshold=0.5",
        "digits; firingRate.strength=1,firingRate.target=0.1",
        "digits; device=auto,graph=false,keepCharged=true",
        "digits; device=cuda,fast=true,precision=bf16",
        "nmnist-small; frames=time,events.filter=none,augmentation=none,dataFolder=/x"
      })
  void whatARunReadsIsNotNoted(String preset, String settings) {
    assertEquals(List.of(), notes(tree(preset.strip(), settings.strip().split(","))));
  }

  /** The rules of the neurons' keys beside the neurons that other values make. */
  @Test
  void rulesOfNeuronsAreWhatChangesTheNeuron() {
    Map<String, String> others =
        Map.ofEntries(
            Map.entry("tau", "3"),
            Map.entry("decayInput", "false"),
            Map.entry("threshold", "0.5"),
            Map.entry("vReset", "-1"),
            Map.entry("softReset", "true"),
            Map.entry("scaleReset", "true"),
            Map.entry("k", "2"),
            Map.entry("perChannel", "true"),
            Map.entry("relu", "false"),
            Map.entry("surrogate", "sigmoid"),
            Map.entry("alpha", "3"));
    for (String model : List.of("klif", "lif", "plif", "if")) {
      Neuron plain = tree("digits", "neuron.model=" + model).build().neuron().neuron();
      others.forEach(
          (name, value) -> {
            String key = "neuron." + name;
            RunConfig config = tree("digits", "neuron.model=" + model, key + "=" + value).build();
            boolean changes = !config.neuron().neuron().equals(plain);
            assertEquals(!changes, SettingUse.unread(key, config).isPresent(), model + " " + key);
          });
    }
  }

  @Test
  void presetsAndARunsOwnFileChooseNothing() throws IOException {
    for (String preset : Presets.NAMES) {
      assertEquals(Map.of(), ConfigTree.preset(preset).chosen(), preset);
    }
    RunConfig lif = tree("digits", "neuron.model=lif", "neuron.k=3").build();
    Path own = Files.writeString(folder.resolve("config.yaml"), ConfigTree.yaml(lif));
    assertEquals(List.of(), notes(RunFolder.configTree(own)));
    assertEquals(1, notes(RunFolder.configTree(own).set("neuron.relu=false")).size());
    Path few =
        Files.writeString(folder.resolve("few.yaml"), "neuron: {model: lif}\nframes: time\n");
    List<String> notes = notes(RunFolder.configTree(few));
    assertEquals(
        List.of("note: " + few + ", line 2: frames has no effect: digits has images, no events"),
        notes);
    assertNotEquals(Map.of(), RunFolder.configTree(few).chosen());
  }
}
