package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.config.ConfigTree;
import org.klif.config.Presets;
import org.klif.config.RunConfig;
import org.klif.data.GeneratedSets;
import org.klif.data.events.Recordings;
import org.klif.neuron.file.Trust;
import org.klif.nn.Parameter;
import org.klif.run.RunFolder;

/** The presets of sets that are not at hand: on generated data of the right format. */
class PresetsTest {
  @TempDir Path folder;

  @Test
  void everyPresetNamesItself() {
    for (String name : Presets.NAMES) {
      assertEquals(name, ConfigTree.preset(name).build().preset());
    }
  }

  /** The network in full, as the configuration has it; only its width is reduced for the steps. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cifar10-small",
        "cifar10",
        "cifar10-fast",
        "cifar10-jpeg-fast",
        "sew-small",
        "spikformer-small",
        "sequential-small",
        "nmnist-small",
        "nmnist",
        "cifar10-dvs",
        "dvs128-gesture",
        "shd"
      })
  void buildsAndTrainsAnEpoch(String name) {
    try (RunContext context =
        RunContext.open(
            ConfigTree.preset(name).set("device=cpu").set("threads=2").build(), Trust.SHIPPED)) {
      assertTrue(context.network().summary().size() > 5);
    }
    Runs.Listener listener = new Runs.Listener();
    TrainResult result =
        Runs.start(
            narrow(name, place(name), "cpu"),
            new RunFolder(folder.resolve("run")),
            listener,
            () -> false);
    assertEquals(1, result.epochs());
    assertTrue(
        listener.lines.stream().anyMatch(line -> line.startsWith("note: this is a part of ")),
        "a part is announced: " + listener.lines);
  }

  /**
   * Networks of others, whole: as many parameters as theirs, and two training steps of two samples.
   * The numbers are those of the same layers in PyTorch; KLIF adds a k for each neuron layer.
   */
  @ParameterizedTest
  @CsvSource({
    "sequential-cifar10, 513418, 7",
    "sequential-cifar100, 536548, 7",
    "ms-resnet18, 11176906, 17",
    "ms-resnet18-cifar100, 11223076, 17",
    "sew-resnet18, 11173962, 20",
    "spikformer-4-384, 9324730, 33",
    "vggsnn, 9271498, 8",
    "vgg11, 9501387, 8"
  })
  void aPublishedNetworkIsWhole(String name, long parameters, int neurons) {
    ConfigTree preset = ConfigTree.preset(name);
    Path data = GeneratedSets.unpacked(six(preset.build().data()), folder.resolve("data"));
    if (name.startsWith("vgg")) {
      // no parameter depends on T, and 20 steps of 128x128 pixels take a minute
      preset = preset.set("T=4");
    }
    RunConfig config =
        preset
            .set("epochs=1")
            .set("batch=2")
            .set("threads=2")
            .set("device=cpu")
            .set("dataFolder=" + data.toAbsolutePath())
            .build();
    try (RunContext context = RunContext.open(config, Trust.SHIPPED)) {
      assertEquals(
          parameters + neurons,
          context.network().parameters().stream().mapToLong(Parameter::size).sum());
    }
    TrainResult result =
        Runs.start(config, new RunFolder(folder.resolve("run")), new Runs.Listener(), () -> false);
    assertTrue(Double.isFinite(result.last().trainLoss()), result.last().toString());
  }

  /** Four training samples of a set and two for the test. */
  private static Map<String, byte[]> six(String set) {
    return switch (set) {
      case "cifar100" ->
          Map.of(
              "train.bin", GeneratedSets.cifar100Records(4),
              "test.bin", GeneratedSets.cifar100Records(2));
      case "cifar10-dvs" -> {
        Map<String, byte[]> files = GeneratedSets.cifar10Dvs();
        files.keySet().removeIf(file -> !file.matches("(airplane|truck)/.*_(0|899|900)[.]aedat"));
        yield files;
      }
      case "dvs128-gesture" -> {
        Map<String, byte[]> files = GeneratedSets.gesture();
        byte[] two = Recordings.gestureLabels(Arrays.copyOf(GeneratedSets.gestures(), 2));
        files.replaceAll((file, bytes) -> file.endsWith("_labels.csv") ? two : bytes);
        yield files;
      }
      default ->
          Map.of(
              "data_batch_1.bin", GeneratedSets.cifar10Records(4),
              "test_batch.bin", GeneratedSets.cifar10Records(2));
    };
  }

  @Test
  void protocolBSaysWhatItWatches() {
    Runs.Listener listener = new Runs.Listener();
    RunConfig config = narrow("cifar10-small", place("cifar10-small"), "cpu");
    config = new ConfigTree(config).set("split=validation").build();
    GeneratedSets.unpacked(
        Map.of("data_batch_2.bin", GeneratedSets.cifar10Records(60)), folder.resolve("data"));
    Runs.start(config, new RunFolder(folder.resolve("run")), listener, () -> false);
    assertTrue(
        listener.lines.stream()
            .anyMatch(
                line ->
                    line.startsWith("split validation: what is called test below is 10 held-out")),
        listener.lines.toString());
  }

  /** Data for a preset. */
  private Path place(String preset) {
    return place(preset, folder);
  }

  /** Data for a preset, below a folder. */
  static Path place(String preset, Path folder) {
    Map<String, byte[]> files =
        switch (preset) {
          case "nmnist", "nmnist-small" -> GeneratedSets.nmnist();
          case "cifar10-dvs" -> GeneratedSets.cifar10Dvs();
          case "cifar10-jpeg-fast" -> GeneratedSets.cifar10Jpeg();
          case "dvs128-gesture" -> GeneratedSets.gesture();
          case "shd" -> GeneratedSets.shd();
          default -> GeneratedSets.cifar10();
        };
    return GeneratedSets.unpacked(files, folder.resolve("data"));
  }

  /**
   * Layer for layer the preset's network, with a few channels in each layer and, where it may, 2
   * steps.
   */
  static RunConfig narrow(String preset, Path data, String device) {
    ConfigTree tree = ConfigTree.preset(preset);
    Matcher width =
        Pattern.compile("\\b(c|fc)(\\d{2,4})(?=k[13]|nb| )").matcher(tree.build().network());
    String network =
        width.replaceAll(
            layer ->
                layer.group(1).equals("c")
                    ? "c4"
                    : "fc"
                        + (List.of("100", "110").contains(layer.group(2)) ? layer.group(2) : "16"));
    return tree.set("network=" + network)
        // an image's columns are as many as they are
        .set(preset.equals("sequential-small") ? "T=32" : "T=2")
        .set("epochs=1")
        .set("batch=10")
        .set("threads=2")
        .set("device=" + device)
        .set("dataFolder=" + data.toAbsolutePath())
        .build();
  }
}
