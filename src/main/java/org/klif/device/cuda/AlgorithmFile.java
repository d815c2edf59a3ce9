package org.klif.device.cuda;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.io.WholeFile;

/**
 * Algorithms that were chosen by measurement, kept in a run's folder: a resumed run computes with
 * the same ones, since a second measurement may turn out otherwise. Choices of another GPU or
 * another version of cuDNN are not read.
 */
final class AlgorithmFile {
  private static final JsonMapper MAPPER = new JsonMapper();

  private final @Nullable Path file;
  private final String device;
  private final long version;
  private final Map<String, AlgorithmChoice> choices = new TreeMap<>();

  /**
   * Reads the file where there is one.
   *
   * @param file null: choices are kept as long as the device is open
   * @param device description of the GPU
   * @param version of cuDNN
   */
  AlgorithmFile(@Nullable Path file, String device, long version) {
    this.file = file;
    this.device = device;
    this.version = version;
    if (file != null && Files.exists(file)) {
      read(file);
    }
  }

  private void read(Path from) {
    try {
      JsonNode root = MAPPER.readTree(WholeFile.text(from, WholeFile.LARGEST_TEXT));
      if (!root.path("device").asText().equals(device) || root.path("cudnn").asLong() != version) {
        return;
      }
      for (Map.Entry<String, JsonNode> entry : root.path("choices").properties()) {
        JsonNode c = entry.getValue();
        choices.put(
            entry.getKey(),
            new AlgorithmChoice(
                c.required("channelsLast").asBoolean(),
                c.required("algorithm").asInt(),
                c.required("math").asInt(),
                c.required("workspace").asLong()));
      }
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new KlifException(
          "%s is no list of algorithms; delete it, and they are measured again".formatted(from), e);
    }
  }

  /** The choice made before for a pass. */
  Optional<AlgorithmChoice> find(String pass) {
    return Optional.ofNullable(choices.get(pass));
  }

  /** Remembers a choice, and writes the file anew. */
  void put(String pass, AlgorithmChoice choice) {
    choices.put(pass, choice);
    if (file != null) {
      write(file);
    }
  }

  private void write(Path to) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("device", device);
    root.put("cudnn", version);
    ObjectNode all = root.putObject("choices");
    choices.forEach(
        (pass, c) ->
            all.putObject(pass)
                .put("channelsLast", c.channelsLast())
                .put("algorithm", c.algorithm())
                .put("math", c.math())
                .put("workspace", c.workspace()));
    AtomicFile.write(to, root.toPrettyString() + "\n");
  }
}
