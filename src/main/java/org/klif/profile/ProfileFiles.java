package org.klif.profile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.klif.device.DeviceLimits;
import org.klif.io.AtomicFile;

/** A profile as files: figures, and a time line for Perfetto or chrome://tracing. */
final class ProfileFiles {
  /** The figures. */
  static final String PROFILE = "profile.json";

  /** The time line, in Chrome's trace event format. */
  static final String EVENTS = "trace-events.json";

  private static final double NANOS_PER_MICRO = 1e3;

  static void writeProfile(Path file, Profile profile) {
    AtomicFile.write(file, json(profile).toPrettyString() + "\n");
  }

  /** The figures as JSON, see docs/PROFILING.md. */
  static ObjectNode json(Profile profile) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("device", profile.device().name());
    root.put("deviceDescription", profile.device().description());
    DeviceLimits limits = profile.limits();
    if (limits == null) {
      root.putNull("limits");
    } else {
      root.putObject("limits")
          .put("gigabytesPerSecond", limits.gigabytesPerSecond())
          .put("gigaflopsPerSecond", limits.gigaflopsPerSecond())
          .put("source", limits.source());
    }
    ArrayNode sections = root.putArray("sections");
    for (SectionProfile section : profile.sections()) {
      sections
          .addObject()
          .put("name", section.name())
          .put("times", section.times())
          .put("seconds", section.seconds());
    }
    ArrayNode steps = root.putArray("steps");
    profile.steps().forEach(step -> fill(steps.addObject(), profile, step));
    return root;
  }

  private static void fill(ObjectNode node, Profile profile, StepProfile step) {
    node.put("name", step.name()).put("skipped", step.skipped());
    fill(node.putObject("recorded"), step.recorded());
    Times timed = step.timed();
    if (timed == null) {
      node.putNull("timed");
    } else {
      fill(node.putObject("timed"), timed);
    }
    double total = step.recorded().mean();
    ArrayNode phases = node.putArray("phases");
    step.phases()
        .forEach(
            (phase, ms) ->
                phases.addObject().put("phase", phase).put("ms", ms).put("share", ms / total));
    ArrayNode rows = node.putArray("rows");
    for (Row row : step.rows()) {
      ObjectNode one =
          rows.addObject()
              .put("phase", row.phase())
              .put("layer", row.layer())
              .put("operation", row.operation())
              .put("calls", row.calls())
              .put("ms", row.ms())
              .put("share", row.ms() / total)
              .put("bytes", row.bytes())
              .put("flops", row.flops());
      if (profile.limits() != null && row.bytes() > 0) {
        one.put("gigabytesPerSecond", row.gigabytesPerSecond())
            .put("gigaflopsPerSecond", row.gigaflopsPerSecond())
            .put(
                "shareOfBandwidth",
                row.gigabytesPerSecond() / profile.limits().gigabytesPerSecond())
            .put("shareOfFlops", row.gigaflopsPerSecond() / profile.limits().gigaflopsPerSecond())
            .put("shareOfLimit", profile.shareOfLimit(row));
      }
    }
  }

  private static void fill(ObjectNode node, Times times) {
    node.put("steps", times.steps())
        .put("meanMs", times.mean())
        .put("medianMs", times.median())
        .put("minMs", times.lowest())
        .put("maxMs", times.highest());
  }

  /** Complete events ("ph": "X"), times in microseconds; what happened inside another nests. */
  static void writeEvents(Path file, List<Event> events) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory(new ObjectMapper()).createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("displayTimeUnit", "ms");
      json.writeArrayFieldStart("traceEvents");
      for (Event event : events) {
        json.writeStartObject();
        json.writeStringField("name", event.name());
        json.writeStringField("cat", event.category());
        json.writeStringField("ph", "X");
        json.writeNumberField("ts", event.startNanos() / NANOS_PER_MICRO);
        json.writeNumberField("dur", event.nanos() / NANOS_PER_MICRO);
        json.writeNumberField("pid", 1);
        json.writeNumberField("tid", 1);
        if (event.layer() != null || event.bytes() > 0) {
          json.writeObjectFieldStart("args");
          if (event.layer() != null) {
            json.writeStringField("layer", event.layer());
          }
          if (event.bytes() > 0) {
            json.writeNumberField("bytes", event.bytes());
            json.writeNumberField("flops", event.flops());
          }
          json.writeEndObject();
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory", e);
    }
    AtomicFile.write(file, bytes.toByteArray());
  }

  private ProfileFiles() {}
}
