package org.klif.gpucheck;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.klif.KlifException;
import org.klif.Version;

/**
 * The record of a check as JSON: {@code {format, klif, commit, device, started, steps: {NAME:
 * {part, status, seconds, note, result}}}}, in the order in which the steps were done.
 */
final class CheckRecord {
  static final String FORMAT = "klif-gpu-check-1";

  /** The step that asks whether the device can be used at all. */
  static final String DEVICES = "devices";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final String STEPS = "steps";
  private static final String DEVICE = "device";

  private final ObjectNode tree;

  private CheckRecord(ObjectNode tree) {
    this.tree = tree;
  }

  /** An empty record of a check that begins now. */
  static CheckRecord begin(String device, String commit) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("format", FORMAT)
        .put("klif", Version.NUMBER)
        .put("commit", commit)
        .put(DEVICE, device)
        .put("started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    tree.putObject(STEPS);
    return new CheckRecord(tree);
  }

  /** Reads one. */
  static CheckRecord read(Path file) {
    try {
      JsonNode tree = JSON.readTree(file.toFile());
      if (!FORMAT.equals(tree.path("format").asText())
          || !(tree instanceof ObjectNode object)
          || !tree.path(STEPS).isObject()) {
        throw new KlifException(file + " is no record of a GPU check");
      }
      return new CheckRecord(object);
    } catch (IOException e) {
      throw new KlifException("cannot read %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Writes it so that the file is whole at any time. */
  void write(Path file) {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      JSON.writeValue(part.toFile(), tree);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new KlifException("cannot write %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Takes over the steps of another record of the same device that this one has not. */
  void add(CheckRecord other) {
    requireSame(other.device(), other.text("commit"));
    for (Map.Entry<String, JsonNode> step : other.steps().properties()) {
      if (!has(step.getKey())) {
        steps().set(step.getKey(), step.getValue());
      }
    }
  }

  /** Refuses to mix devices or commits in one record. */
  void requireSame(String device, String commit) {
    if (!device().equals(device) || !text("commit").equals(commit)) {
      throw new KlifException(
          "the record is of device %s at commit %s, not of %s at %s; name another folder with --out"
              .formatted(device(), text("commit"), device, commit));
    }
  }

  /** Adds a step, or replaces it. */
  void put(Step step, Outcome outcome, double seconds) {
    ObjectNode entry =
        JsonNodeFactory.instance
            .objectNode()
            .put("part", step.part())
            .put("status", outcome.status().token())
            .put("seconds", Math.round(seconds * 10) / 10.0)
            .put("note", outcome.note());
    if (outcome.result() != null) {
      entry.set("result", outcome.result());
    }
    steps().set(step.name(), entry);
  }

  private boolean has(String step) {
    return steps().has(step);
  }

  /**
   * Whether a step need not be run again: it was run, be it with a bad end. When the device could
   * not be used, that is asked again.
   */
  boolean done(String step) {
    return has(step) && !(step.equals(DEVICES) && bad(step(step)));
  }

  private static boolean bad(JsonNode step) {
    String status = step.path("status").asText();
    return status.equals(Outcome.Status.FAILED.token())
        || status.equals(Outcome.Status.TIMED_OUT.token());
  }

  /** A step's entry; a missing node when it was not done. */
  JsonNode step(String name) {
    return steps().path(name);
  }

  ObjectNode steps() {
    return (ObjectNode) tree.get(STEPS);
  }

  String device() {
    return text(DEVICE);
  }

  String text(String key) {
    return tree.path(key).asText();
  }

  /** Steps that failed or timed out. */
  long bad() {
    long bad = 0;
    for (JsonNode step : steps()) {
      bad += bad(step) ? 1 : 0;
    }
    return bad;
  }
}
