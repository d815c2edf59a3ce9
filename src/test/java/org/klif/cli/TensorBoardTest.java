package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import com.google.protobuf.ByteString;
import com.google.protobuf.DynamicMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.train.Runs;

/** Event files of klif train --tensorboard, of a run that stops and is resumed. */
class TensorBoardTest {
  private static final Map<String, String> TAGS =
      Map.of(
          "trainLoss", "loss/train",
          "testLoss", "loss/test",
          "trainAccuracy", "accuracy/train",
          "testAccuracy", "accuracy/test");

  @TempDir Path folder;

  @Test
  void eventFilesHoldWhatMetricsCsvHolds() throws IOException {
    Path run = folder.resolve("run");
    List<String> words = new ArrayList<>(List.of("train", "digits", "--tensorboard"));
    Runs.SMALL.forEach(setting -> words.addAll(List.of("--set", setting)));
    words.addAll(List.of("--stop-after", "1", "--out", run.toString()));
    Cli first = Cli.run(words.toArray(String[]::new));
    assertEquals(0, first.code(), first.err());
    Cli second = Cli.run("train", "--resume", run.toString(), "--tensorboard");
    assertEquals(0, second.code(), second.err());

    byte[] bytes = file(run, 1);
    List<DynamicMessage> events = EventFile.read(bytes);
    assertEquals("brain.Event:2", EventFile.get(events.get(0), "file_version"));
    DynamicMessage text = EventFile.values(events.get(1)).get(0);
    assertEquals("config", EventFile.get(text, "tag"));
    DynamicMessage plugin = EventFile.message(EventFile.message(text, "metadata"), "plugin_data");
    assertEquals("text", EventFile.get(plugin, "plugin_name"));
    ByteString shown = (ByteString) EventFile.get(EventFile.message(text, "tensor"), "string_val");
    assertEquals(
        Files.readString(run.resolve("config.yaml")).stripTrailing(),
        shown.toStringUtf8().replaceAll("(?m)^ {4}", ""));
    List<String> metrics = Files.readAllLines(run.resolve("metrics.csv"));
    assertEquals(3, events.size());
    assertEpoch(1, metrics, events.get(2));
    assertEquals(
        events.subList(0, 2), EventFile.read(Arrays.copyOf(bytes, bytes.length - 5)), "cut off");

    List<DynamicMessage> resumed = EventFile.read(file(run, 2));
    assertEquals(3, resumed.size());
    assertEquals("brain.Event:2", EventFile.get(resumed.get(0), "file_version"));
    assertEquals(1, EventFile.get(EventFile.message(resumed.get(1), "session_log"), "status"));
    assertEquals(2L, EventFile.get(resumed.get(1), "step"));
    assertEpoch(2, metrics, resumed.get(2));
  }

  private static byte[] file(Path run, int number) throws IOException {
    return Files.readAllBytes(
        run.resolve("tensorboard/events.out.tfevents.000000000" + number + ".klif"));
  }

  private static void assertEpoch(int epoch, List<String> metrics, DynamicMessage event) {
    assertEquals((long) epoch, EventFile.get(event, "step"));
    assertFalse(EventFile.has(event, "session_log"));
    Map<String, Float> expected = new TreeMap<>();
    List<String> columns = Splitter.on(',').splitToList(metrics.get(0));
    List<String> cells = Splitter.on(',').splitToList(metrics.get(epoch));
    for (int i = 0; i < columns.size(); i++) {
      String column = columns.get(i);
      boolean shown =
          TAGS.containsKey(column)
              || column.contains(".")
              || List.of("learningRate", "gradientNorm").contains(column);
      if (shown) {
        String tag = TAGS.getOrDefault(column, column.replaceFirst("\\.", "/"));
        expected.put(tag, (float) Double.parseDouble(cells.get(i)));
      }
    }
    Map<String, Float> actual = new TreeMap<>();
    for (DynamicMessage value : EventFile.values(event)) {
      actual.put(
          (String) EventFile.get(value, "tag"), (Float) EventFile.get(value, "simple_value"));
    }
    assertEquals(expected, actual);
    assertTrue(actual.keySet().stream().anyMatch(tag -> tag.startsWith("k/")), actual.toString());
    assertTrue(actual.containsKey("gradientNorm") && actual.containsKey("loss/test"));
  }
}
