package org.klif.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.file.NeuronLibrary;

class RunConfigTest {
  static List<String> names() {
    return Presets.NAMES;
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyPresetIsSoundAndSurvivesItsFile(String name) {
    RunConfig config = ConfigTree.preset(name).build();
    assertEquals(name, config.preset());
    String yaml = ConfigTree.yaml(config);
    assertEquals(config, ConfigTree.defaults().file("config.yaml", yaml).build());
    RunConfig complete = config.complete();
    assertFalse(ConfigTree.yaml(complete).contains("null"), ConfigTree.yaml(complete));
    assertEquals(
        complete, ConfigTree.defaults().file("config.yaml", ConfigTree.yaml(complete)).build());
    assertEquals(config.neuron().neuron(), complete.neuron().neuron());
  }

  @Test
  void valuesOfAllKindsSurviveTheirFile() {
    RunConfig config =
        ConfigTree.preset("digits")
            .set("neuron.tau=2.5")
            .set("neuron.softReset=true")
            .set("neuron.surrogate=triangle")
            .set("seed=-9007199254740993")
            .set("optimizer.eps=1e-12")
            .set("optimizer.weightDecay=.5")
            .set("dataFolder=/a \"b\": #c\u00e9")
            .set("optimizer.clipNorm=1e9")
            .build();
    assertEquals(2.5, config.neuron().tau());
    assertEquals(-9007199254740993L, config.seed());
    assertEquals("/a \"b\": #c\u00e9", config.dataFolder());
    assertEquals(
        config, ConfigTree.defaults().file("config.yaml", ConfigTree.yaml(config)).build());
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1234567890123456789L, 0, 7654321098765432109L})
  void aSeedIsAnyLong(long seed) {
    RunConfig config = ConfigTree.preset("digits").set("seed=" + seed).build();
    assertEquals(seed, config.seed());
    assertEquals(
        config, ConfigTree.defaults().file("config.yaml", ConfigTree.yaml(config)).build());
  }

  @Test
  void theReluOfKlifIsAnOption() {
    RunConfig config = ConfigTree.preset("digits").set("neuron.relu=false").build();
    assertEquals(
        new Neuron.Klif(config.neuron().neuron().common(), 2, true, false, 1, false, false),
        config.neuron().neuron());
    assertTrue(ConfigTree.yaml(config.complete()).contains("\n  relu: false\n"));
    // a run of a version without the key has its ReLU
    String written = ConfigTree.yaml(ConfigTree.preset("digits").build().complete());
    assertTrue(written.contains("\n  relu: true\n"), written);
    RunConfig older =
        ConfigTree.defaults().file("config.yaml", written.replace("  relu: true\n", "")).build();
    assertEquals(ConfigTree.preset("digits").build().complete(), older.complete());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "neuron.relu=off; --set neuron.relu=off: neuron.relu must be true or false",
        "nuron.tau=2; there is no setting 'nuron.tau' (did you mean 'neuron.tau'",
        "learningRate=2; (did you mean 'optimizer.learningRate'",
        "neuron=klif; neuron is a group; its keys are neuron.model, neuron.tau",
        "neuron.tau=fast; --set neuron.tau=fast: neuron.tau must be a number, not \"fast\"",
        "neuron.tau=0.5; tau must be a number of at least 1",
        "neuron.softReset=1; neuron.softReset must be true or false",
        "neuron.model=klf; neuron.model: unknown neuron 'klf' (did you mean 'klif'",
        "T=0; --set T=0: T must be at least 1, not 0",
        "T=1.5; T must be a whole number, not 1.5",
        "epochs=99999999999; epochs must be a whole number of at most",
        "seed=1.5; seed must be a whole number from -2^63 to below 2^63, not 1.5",
        "seed=9223372036854775808; seed must be a whole number from -2^63 to below 2^63, not 9.2",
        "batch=-3; batch must be at least 1",
        "threads=-1; threads must be between 0",
        "precision=half; precision 'half' is unknown; known are float32, tf32, bf16, fp16",
        "gpuMemory=6X; gpuMemory: '6X' is no size of memory; write it as in 6G",
        "gpuMemory=99999999T; gpuMemory: '99999999T' is more memory than any device has",
        "graph=maybe; graph must be true or false",
        "loss=mae; loss 'mae' is unknown (did you mean 'mse'",
        "dropout=1; dropout must be at least 0 and below 1",
        "optimizer.rule=adan; optimizer.rule 'adan' is unknown (did you mean 'adam'",
        "optimizer.learningRate=0; optimizer.learningRate must be a number above 0",
        "optimizer.learningRate=NaN; optimizer.learningRate must be a number",
        "optimizer.learningRate=1e-50; must be a number above 0, not 1.0E-50, which is 0.0 in float32",
        "optimizer.eps=1e-50; optimizer.eps must be a number above 0, not 1.0E-50, which is 0.0 in float32",
        "optimizer.eps=1e39; optimizer.eps must be a number above 0, not 1.0E39, which is Infinity in float32",
        "optimizer.momentum=0.99999999; must be at least 0 and below 1, not 0.99999999, which is 1.0 in float32",
        "optimizer.beta2=0.99999999; must be at least 0 and below 1, not 0.99999999, which is 1.0 in float32",
        "optimizer.weightDecay=1e39; must be a number of at least 0, not 1.0E39, which is Infinity in float32",
        "schedule=linear; unknown schedule 'linear'",
        "augmentation=affine(1); affine takes 4 numbers",
        "encoder=rate; encoder 'rate' is unknown; known are direct, poisson, latency, columns",
        "encoder=columns; columns gives each of an image's 8 columns to one time step, so T must be 8, not 4",
        "encoder=latncy; encoder 'latncy' is unknown (did you mean 'latency'",
        "network=c32k3 foo; foo",
        "macros.mp2=fc10; macros.mp2 has a name that is a word of the notation already; choose another",
        "macros.a=fc10 a; macros.a, column 6: 'a' makes the macro a use itself: a > a",
        "macros.a=|; macros.a is empty; write a piece of a network",
        "macros=fc10; macros is a group; its keys are names of your own, as in macros.block",
        "macros.4a=fc10; there is no setting 'macros.4a'",
        "network=fc10 sn{tau=0.5}; network: 'sn{tau=0.5}': tau must be a number of at least 1, not 0.5",
        "network=fc10 sn{alpha=-1}; network: 'sn{alpha=-1}': the surrogate's alpha must be a number",
        "network=fc10 sn{scaleReset=true,k=0}; network: 'sn{scaleReset=true,k=0}': scaleReset divides by k",
        "data=mnits; unknown data set",
        "neuron.scaleReset; a setting is key=value",
        "=3; a setting is key=value"
      })
  void wrongSettingsAreNamed(String setting, String expected) {
    UsageException e =
        assertThrows(
            UsageException.class, () -> ConfigTree.preset("digits").set(setting.strip()).build());
    assertTrue(e.getMessage().contains(expected.strip()), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
  }

  /** A flip of the cached frames is one of the events, but not where the frames are scaled. */
  @Test
  void scaledFramesAreNotChangedInTheCache() {
    ConfigTree flipped = ConfigTree.preset("cifar10-dvs").set("events.augmentation=flip");
    assertFalse(flipped.build().needsRecordings());
    RunConfig scaled = flipped.set("frames=duration(5000)  resize(48)").build();
    assertTrue(scaled.needsRecordings());
    assertEquals("duration(20,5000) resize(48)", scaled.frameRule().toString());
    refused("cifar10-dvs", "frames=count resize(0)", "resize needs at least 1 row and column");
    refused("cifar10-dvs", "frames=count voxel", "only resize may stand behind count");
  }

  @Test
  void framesOfMoreValuesThanAnArrayHasAreRefused() {
    ConfigTree tree =
        ConfigTree.preset("nmnist-small").set("T=64").set("frames=count resize(4096)");
    assertEquals(
        "--set frames=count resize(4096): frames \"count(64) resize(4096)\": a sample of T=64 C=2"
            + " H=4096 W=4096 has more than 2147483647 values; fewer or smaller frames help",
        assertThrows(UsageException.class, tree::build).getMessage());
  }

  /** An sn is any neuron, so its options are checked when it is known which. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "lif; k=2; says k, which lif does not have; leave it out",
        "plif; tau=3,perChannel=true; says perChannel, which plif does not have",
        "if; threshold=2,tau=3; says tau, which if does not have",
        "if; decayInput=true; says decayInput, which if does not have",
        "klif; values.beta=3; says values.beta, which klif does not have"
      })
  void anOptionThatTheLayersNeuronDoesNotHaveIsRefused(
      String model, String options, String expected) {
    ConfigTree tree =
        ConfigTree.preset("digits")
            .set("neuron.model=" + model)
            .set("network=fc10 sn{" + options + "}");
    String message = assertThrows(UsageException.class, tree::build).getMessage();
    assertTrue(message.contains("network: 'sn{" + options + "}' " + expected), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void changesOfEventsAreForEventsAndSurviveTheirFile() {
    RunConfig config =
        ConfigTree.preset("nmnist-small")
            .set("events.filter=denoise(5000) downsample(2)")
            .set("events.augmentation=flip roll(3) polarity")
            .build();
    assertEquals(
        config, ConfigTree.defaults().file("config.yaml", ConfigTree.yaml(config)).build());
    assertEquals("flip roll(3) polarity", config.complete().events().augmentation());
    refused("nmnist-small", "events.filter=blur", "events.filter: filter");
    refused("nmnist-small", "events.augmentation=spin", "events.augmentation: ");
    refused("digits", "events.filter=downsample(2)", "recordings of events, and digits has images");
    refused("digits", "events.augmentation=flip", "recordings of events, and digits has images");
    refused("shd", "events.augmentation=flip polarity", "the spikes of shd have none");
  }

  private static void refused(String preset, String setting, String expected) {
    ConfigTree tree = ConfigTree.preset(preset).set(setting);
    String message = assertThrows(UsageException.class, tree::build).getMessage();
    assertTrue(message.startsWith("--set " + setting + ": "), message);
    assertTrue(message.contains(expected), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void encodersAreForImagesAndSurviveTheirFile() {
    RunConfig config = ConfigTree.preset("digits").set("encoder=poisson").build();
    assertEquals("poisson", config.complete().encoder());
    assertEquals(
        config, ConfigTree.defaults().file("config.yaml", ConfigTree.yaml(config)).build());
    String old = ConfigTree.yaml(config).replaceAll("(?m)^encoder:.*\n", "");
    assertEquals(
        "direct", ConfigTree.defaults().file("config.yaml", old).build().encoder(), "older file");
    ConfigTree events = ConfigTree.preset("nmnist-small").set("encoder=poisson");
    String refusal = assertThrows(UsageException.class, events::build).getMessage();
    assertEquals(
        "--set encoder=poisson: encoder must be direct for nmnist, whose samples are frames of"
            + " events already, not poisson",
        refusal);
    ConfigTree oneStep = ConfigTree.preset("digits").set("encoder=latency").set("T=1");
    refusal = assertThrows(UsageException.class, oneStep::build).getMessage();
    assertTrue(refusal.contains("encoder latency needs T of at least 2"), refusal);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "T: 4|epocs: 3; line 2: there is no setting 'epocs' (did you mean 'epochs'",
        "neuron:|  model: lif|  tau: x; line 3: neuron.tau must be a number, not \"x\"",
        "neuron: klif; line 1: neuron is a group of keys",
        "T:|  a: 1; line 1: T is one value",
        "T: [1]; line 1: T is one value, not a list",
        "seed: 1|T: 0; line 2: T must be at least 1",
        "T: 4|T: 5; line 2",
        "T: 'a; line 1",
        "- a; holds no settings",
        "network: null; network",
        "loss: mae; line 1: loss 'mae' is unknown",
        "schedule: bad; unknown schedule"
      })
  void wrongFilesAreNamedWithTheirLine(String text, String expected) {
    KlifException e =
        assertThrows(
            KlifException.class,
            () ->
                ConfigTree.defaults().file("config.yaml", text.strip().replace('|', '\n')).build());
    assertFalse(e instanceof UsageException, "a file was looked at: exit code 1");
    assertTrue(e.getMessage().startsWith("config.yaml"), e.getMessage());
    assertTrue(e.getMessage().contains(expected.strip()), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
  }

  /** A run starts with few checks of its configuration: what changes nothing makes no other. */
  @Test
  void whatChangesNothingIsTheSameConfiguration() {
    RunConfig config = ConfigTree.preset("digits").set("device=cpu").build();
    assertSame(config, config.withDevice("cpu"));
    assertEquals("cuda", config.withDevice("cuda").device());
    assertSame(config, config.withValues(NeuronLibrary.NONE));
    assertSame(config, config.withNeuronFiles(file -> "other/" + file));
    RunConfig own = ConfigTree.preset("digits").set("neuron.surrogate=mine.cuh").build();
    assertEquals(
        "other/mine.cuh", own.withNeuronFiles(file -> "other/" + file).neuron().surrogate());
    assertEquals(config.complete().withThreads(3), config.complete(3));
  }

  @Test
  void macrosSurviveTheirFile() {
    RunConfig config =
        ConfigTree.preset("digits")
            .set("macros.block=res( 2*unit )")
            .set("macros.unit=c8k3 bn sn")
            .set("network=c8k3 2*block fc10")
            .build();
    assertEquals("res( 2*unit )", config.macros().get("block"));
    RunConfig back = ConfigTree.defaults().file("config.yaml", ConfigTree.yaml(config)).build();
    assertEquals(config, back);
    assertEquals(4, back.networkSpec().spiking().count());
    assertFalse(ConfigTree.yaml(ConfigTree.defaults().build()).contains("macros"));
  }

  /** What is written out for all layers must not change one with options of its own. */
  @Test
  void aLayersOwnOptionsAreTheSameInTheFileOfARun() {
    RunConfig config =
        ConfigTree.preset("digits")
            .set("network=fc64 sn{surrogate=sigmoid} fc10 lif{threshold=0.5}")
            .build();
    RunConfig back =
        ConfigTree.defaults().file("config.yaml", ConfigTree.yaml(config.complete())).build();
    for (RunConfig one : List.of(config, back)) {
      List<NeuronOptions> own =
          one.networkSpec().spiking().map(layer -> layer.over(one.neuron()).complete()).toList();
      assertEquals(4.0, own.get(0).alpha());
      assertEquals(List.of(1.0, 0.5), own.stream().map(NeuronOptions::threshold).toList());
      assertEquals(List.of(false, true), own.stream().map(NeuronOptions::detachReset).toList());
    }
  }

  @Test
  void completeKeepsWhatDependsOnTheModelWhenSeveralModelsAreUsed() {
    RunConfig mixed =
        ConfigTree.preset("digits")
            .set("neuron.model=lif")
            .set("network=fc64 bn klif fc100 bn res(fc100 bn sn) vote10")
            .build()
            .complete();
    // LIF's own default, true, must not be forced on the KLIF layer
    assertEquals(null, mixed.neuron().detachReset());
    assertEquals(2.0, mixed.neuron().tau());
  }
}
