package org.klif.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.klif.KlifException;
import org.klif.device.Device;

/**
 * Runs golden-vector files through a device: expected results of neurons and of a small network,
 * computed elsewhere in float64. A value passes when abs(a - b) is at most 1e-5 max(1, abs(b));
 * spikes must be equal. With activations of bfloat16 a reference computes in float64 what is
 * expected of rounded inputs and weights; tensors that are stored in 16 bits have wider tolerances.
 * Cases of format klif-golden-2, networks as a line of text and neurons from files, have a measure
 * of their own ({@link Comparison#measured}).
 */
public final class GoldenVectors {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The number of cases that passed and that did not. */
  public record Summary(int passed, int failed) {
    /** {@code N passed, N failed}. */
    public String line() {
      return "%d passed, %d failed".formatted(passed, failed);
    }
  }

  /**
   * Runs all *.json files of a folder, by name.
   *
   * @param each told every result as soon as it is there
   * @throws KlifException when the folder cannot be read or holds no such file
   */
  public static Summary run(Path folder, Device device, Consumer<CaseResult> each) {
    int passed = 0;
    int failed = 0;
    for (Path file : files(folder)) {
      CaseResult result = runFile(file, device);
      if (result.passed()) {
        passed++;
      } else {
        failed++;
      }
      each.accept(result);
    }
    return new Summary(passed, failed);
  }

  /** The cases of a folder, by name. */
  public static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new KlifException(
          "%s is no folder; --vectors names the folder with the golden-vector files"
              .formatted(folder));
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(f -> f.getFileName().toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new KlifException("cannot list %s: %s".formatted(folder, e.getMessage()), e);
    }
    if (files.isEmpty()) {
      throw new KlifException("there is no .json file in " + folder);
    }
    return files;
  }

  /** Runs one case; whatever is wrong with the file makes it a failed one. */
  public static CaseResult runFile(Path file, Device device) {
    String fileName = file.getFileName().toString();
    String name = fileName.substring(0, fileName.length() - ".json".length());
    try {
      JsonNode root = JSON.readTree(file.toFile());
      if (root == null || !root.isObject()) {
        return CaseResult.broken(name, "the file holds no JSON object");
      }
      GoldenJson json = new GoldenJson(root, "");
      Comparison comparison = new Comparison();
      String kind = json.text("kind");
      switch (kind) {
        case "neuron" -> {
          if (json.has("format") && json.text("format").equals(GoldenFileNeuron.FORMAT)) {
            GoldenFileNeuron.run(json, device, comparison);
          } else {
            GoldenNeuron.run(json, device, comparison);
          }
        }
        case "net" -> GoldenNetwork.run(json, device, comparison);
        case "netline" -> GoldenNetworkText.run(json, device, comparison);
        default -> {
          return CaseResult.broken(name, "unknown kind '%s'".formatted(kind));
        }
      }
      return comparison.result(name);
    } catch (JsonProcessingException e) {
      return CaseResult.broken(
          name,
          "not JSON (line %d): %s"
              .formatted(
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                  e.getOriginalMessage()));
    } catch (IOException e) {
      return CaseResult.broken(name, "cannot be read: " + e.getMessage());
    } catch (KlifException | ArithmeticException e) {
      return CaseResult.broken(name, e.getMessage());
    }
  }

  private GoldenVectors() {}
}
