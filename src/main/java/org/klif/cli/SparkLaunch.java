package org.klif.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.klif.KlifException;

/**
 * Hands a sweep to spark/klif-spark, a program of its own beside Klif, so that Spark is no part of
 * Klif itself.
 */
final class SparkLaunch {
  private static final String PROGRAM = "spark/klif-spark";

  /**
   * The program that runs sweeps on Spark.
   *
   * @throws KlifException when it is not there
   */
  static Path program() {
    Path program = Path.of(System.getProperty("klif.home", ".")).resolve(PROGRAM);
    if (!Files.isExecutable(program)) {
      throw new KlifException(
          "--spark needs %s, which is part of Klif's sources and is not in %s; see docs/SWEEPS.md"
              .formatted(PROGRAM, program.toAbsolutePath().normalize().getParent()));
    }
    return program;
  }

  /**
   * Runs the program to its end and prints what it prints.
   *
   * @param words of its command line; --json is added
   * @param result filled with its last line
   * @return its exit code
   */
  static int run(List<String> words, Console console, ObjectNode result) {
    List<String> command = new ArrayList<>();
    command.add(program().toString());
    command.addAll(words);
    command.add("--json");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(Redirect.INHERIT)
              .redirectError(Redirect.INHERIT)
              .start();
      String last = "";
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("{")) {
            last = line;
          } else {
            console.note(line);
          }
        }
      }
      int code = process.waitFor();
      if (!last.isEmpty()) {
        result.setAll(new JsonMapper().readValue(last, ObjectNode.class));
      }
      return code;
    } catch (JsonProcessingException e) {
      throw new KlifException(PROGRAM + " did not end with a line of JSON", e);
    } catch (IOException e) {
      throw new KlifException("Cannot run %s: %s".formatted(PROGRAM, e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KlifException("interrupted while " + PROGRAM + " was running", e);
    }
  }

  private SparkLaunch() {}
}
