package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.config.RunConfig;
import org.klif.device.DeviceLimits;
import org.klif.neuron.file.Trust;
import org.klif.profile.Profiler;
import org.klif.run.RunFolder;

/** What a profile must be on every device. */
abstract class ProfileCases {
  /** Times are written in microseconds, three digits of them whole nanoseconds. */
  private static final double NANOSECOND = 1e-3;

  @TempDir Path folder;

  abstract String device();

  RunConfig config() {
    return Runs.small().withDevice(device());
  }

  static Profiler profiler() {
    return new Profiler(any -> new DeviceLimits(10, 100, "of a test"));
  }

  RunFolder plain() {
    RunFolder run = new RunFolder(folder.resolve("plain"));
    assertFalse(Runs.start(config(), run, new Runs.Listener(), () -> false).interrupted());
    return run;
  }

  static JsonNode read(RunFolder run, String file) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(run.path().resolve(file)));
  }

  @Test
  void aProfileChangesNoBitAndAddsUp() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("profiled"));
    Runs.Listener listener = new Runs.Listener();
    TrainingRuns.start(
        config(), run, Trust.SHIPPED, listener, StopRule.when(() -> false), profiler());
    Runs.assertSame(plain(), run);
    assertTrue(
        listener.lines.stream().anyMatch(line -> line.startsWith("profile: training step, 8 ")),
        listener.lines.toString());

    JsonNode profile = read(run, "profile.json");
    assertEquals(2, profile.get("steps").size());
    for (JsonNode step : profile.get("steps")) {
      assertAddsUp(step);
    }
    // 16 steps: one to warm up, then every other one
    JsonNode training = profile.get("steps").get(0);
    assertEquals("training step", training.get("name").asText());
    assertEquals(1, training.get("skipped").asInt());
    assertEquals(8, training.get("recorded").get("steps").asInt());
    assertEquals(7, training.get("timed").get("steps").asInt());
    assertEquals(
        Set.of("data", "upload", "forward", "loss", "backward", "optimizer", "download", "other"),
        phases(training));
    JsonNode evaluation = profile.get("steps").get(1);
    assertEquals(
        Set.of("data", "upload", "forward", "loss", "download", "other"), phases(evaluation));
    assertRow(training, "forward", "0.conv", "convolution");
    assertRow(training, "backward", "0.conv", "convolution, gradient of w");
    assertRow(training, "backward", "2.klif", "neurons, pooling, gradient");
    assertRow(training, "forward", "4.dp", "dropout");
    assertRow(training, "optimizer", "", "optimizer");
    assertRow(training, "upload", "", "batch taken from the queue");

    assertNests(read(run, "trace-events.json").get("traceEvents"));
  }

  private static Set<String> phases(JsonNode step) {
    Set<String> phases = new TreeSet<>();
    step.get("phases").forEach(phase -> phases.add(phase.get("phase").asText()));
    return phases;
  }

  /** Nanoseconds are added as whole numbers, so only the last division rounds. */
  private static void assertAddsUp(JsonNode step) {
    double mean = step.get("recorded").get("meanMs").asDouble();
    double rows = 0;
    double shares = 0;
    for (JsonNode row : step.get("rows")) {
      rows += row.get("ms").asDouble();
      shares += row.get("share").asDouble();
    }
    double phases = 0;
    for (JsonNode phase : step.get("phases")) {
      phases += phase.get("ms").asDouble();
    }
    assertEquals(mean, rows, 1e-9 * mean);
    assertEquals(mean, phases, 1e-9 * mean);
    assertEquals(1, shares, 1e-9);
  }

  private static void assertRow(JsonNode step, String phase, String layer, String operation) {
    for (JsonNode row : step.get("rows")) {
      if (row.get("phase").asText().equals(phase)
          && row.get("layer").asText().equals(layer)
          && row.get("operation").asText().equals(operation)) {
        assertEquals(1, row.get("calls").asDouble());
        assertTrue(row.get("ms").asDouble() > 0 && row.get("bytes").asDouble() > 0, row.toString());
        double speed = row.get("bytes").asDouble() / row.get("ms").asDouble() * 1e-6;
        assertEquals(speed, row.get("gigabytesPerSecond").asDouble(), 1e-9 * speed);
        assertEquals(speed / 10, row.get("shareOfBandwidth").asDouble(), 1e-9 * speed);
        return;
      }
    }
    throw new AssertionError(
        "no %s, %s, %s in %s".formatted(phase, layer, operation, step.get("rows")));
  }

  /** Complete events in the order of their start, each within the one it began in. */
  private static void assertNests(JsonNode events) {
    Deque<Double> ends = new ArrayDeque<>();
    Set<String> categories = new TreeSet<>();
    double last = -1;
    for (JsonNode event : events) {
      assertEquals("X", event.get("ph").asText());
      categories.add(event.get("cat").asText());
      double start = event.get("ts").asDouble();
      double end = start + event.get("dur").asDouble();
      assertTrue(start >= last, "ordered: " + event);
      last = start;
      while (!ends.isEmpty() && ends.peek() <= start + NANOSECOND / 2) {
        ends.pop();
      }
      assertTrue(ends.isEmpty() || end <= ends.peek() + NANOSECOND / 2, "nested: " + event);
      ends.push(end);
    }
    assertEquals(
        Set.of("section", "step", "timed step", "phase", "layer", "operation"), categories);
  }
}
