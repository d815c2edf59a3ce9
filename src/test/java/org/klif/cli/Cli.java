package org.klif.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What a command line printed, and its exit code. */
record Cli(int code, String out, String err) {
  /** Runs a command line in this process. */
  static Cli run(String... args) {
    return run(Interruption.manual(), args);
  }

  /** Runs a command line in this process, with an interruption that a test may request. */
  static Cli run(Interruption interruption, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    int code = KlifCommand.execute(console, interruption, args);
    return new Cli(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** The object that --json prints as the last line. */
  JsonNode json() {
    String last = out.lines().reduce("", (a, b) -> b);
    try {
      return new ObjectMapper().readTree(last);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + last, e);
    }
  }
}
