package org.klif.gpucheck;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * NVIDIA's compute-sanitizer around a program. Its findings are the lines {@code ========= ...} of
 * its output, with a summary line at the end; without that line it could not work on this machine.
 */
final class Sanitizer {
  private static final String MARK = "=========";

  /** "ERROR SUMMARY: 3 errors", "RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)". */
  private static final Pattern SUMMARY = Pattern.compile("SUMMARY: (\\d+) (?:errors?|hazards?)");

  private static final Pattern KERNEL = Pattern.compile("=========\\s+(?:at|in) ([\\w:<>~]+)");

  private Sanitizer() {}

  /** Where it is, or null. */
  static @Nullable Path find() {
    List<Path> further = new ArrayList<>();
    try (Stream<Path> entries = Files.list(Path.of("/usr/local"))) {
      entries
          .filter(entry -> entry.getFileName().toString().startsWith("cuda"))
          .sorted()
          .forEach(
              cuda -> {
                further.add(cuda.resolve("bin"));
                further.add(cuda.resolve("compute-sanitizer"));
              });
    } catch (IOException e) {
      // then there is none there
    }
    return Tools.find("compute-sanitizer", further);
  }

  /** Runs a program of ours under one of its tools. */
  static Outcome run(Path program, String tool, Command command, int limitSeconds, Log log) {
    Command.Ended ended =
        command
            .under(List.of(program.toString(), "--tool", tool, "--print-limit", "20"))
            .run(limitSeconds, log);
    return judge(ended, limitSeconds);
  }

  static Outcome judge(Command.Ended ended, int limitSeconds) {
    int errors = -1;
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    TreeMap<String, Integer> kernels = new TreeMap<>();
    String firstRemark = "";
    for (String line : ended.lines()) {
      if (!line.startsWith(MARK)) {
        continue;
      }
      String remark = line.substring(MARK.length()).strip();
      if (firstRemark.isEmpty() && !remark.isEmpty() && !remark.equals("COMPUTE-SANITIZER")) {
        firstRemark = remark;
      }
      Matcher summary = SUMMARY.matcher(line);
      if (summary.find()) {
        errors = Integer.parseInt(summary.group(1));
      }
      Matcher kernel = KERNEL.matcher(line);
      if (kernel.find()) {
        kernels.merge(kernel.group(1), 1, Integer::sum);
      }
    }
    if (ended.timedOut()) {
      // without a summary its findings are what was printed, kernel by kernel
      ObjectNode named = result.putObject("kernels");
      kernels.forEach(named::put);
      return new Outcome(
          Outcome.Status.TIMED_OUT,
          "not done within %d s; until then %s"
              .formatted(
                  limitSeconds,
                  kernels.isEmpty() ? "nothing found" : "found in " + kernels.keySet()),
          result);
    }
    if (errors < 0) {
      return Outcome.notAvailable(
          firstRemark.isEmpty() ? "it gave no summary: " + ended.lastLine() : firstRemark);
    }
    result.put("errors", errors);
    ObjectNode named = result.putObject("kernels");
    kernels.forEach(named::put);
    if (errors > 0) {
      return Outcome.failed(
          "%d errors; first: %s; kernels: %s".formatted(errors, firstRemark, kernels.keySet()),
          result);
    }
    return ended.code() == 0
        ? Outcome.passed("0 errors", result)
        : Outcome.failed(
            "0 errors, but the program ended with %d: %s".formatted(ended.code(), ended.lastLine()),
            result);
  }
}
