package org.klif.device.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.klif.testing.SimBuild;

/**
 * A mistake planted in a copy of the sources; src/test/mutations/mutations.txt has them.
 *
 * @param name what goes wrong
 * @param kind off by one, missing barrier, parameter order, wrong equation
 * @param file below the root
 * @param sample whether it is tried in every build
 * @param before lines that are in the file once
 * @param after what stands there instead
 */
record Mutation(
    String name,
    String kind,
    String file,
    boolean sample,
    List<String> before,
    List<String> after) {
  Mutation {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  @Override
  public String toString() {
    return kind + ": " + name;
  }

  boolean isJava() {
    return file.endsWith(".java");
  }

  static List<Mutation> all() throws IOException {
    List<Mutation> mutations = new ArrayList<>();
    for (String block :
        Splitter.on("\n== ")
            .split(
                Files.readString(
                    SimBuild.ROOT.resolve("src/test/mutations/mutations.txt"), UTF_8))) {
      if (!block.startsWith("#")) {
        mutations.add(parse(block.lines().toList()));
      }
    }
    return mutations;
  }

  private static Mutation parse(List<String> lines) {
    List<String> head = Splitter.on('|').trimResults().splitToList(lines.get(0));
    List<String> before = new ArrayList<>();
    List<String> after = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      if (line.startsWith("-")) {
        before.add(line.substring(1));
      } else if (line.startsWith("+")) {
        after.add(line.substring(1));
      }
    }
    return new Mutation(
        head.get(0), head.get(1), head.get(2), head.get(3).equals("sample"), before, after);
  }

  /** The file with the mistake. */
  String applyTo(String text) {
    String old = "\n" + String.join("\n", before) + "\n";
    int at = text.indexOf(old);
    if (at < 0 || text.indexOf(old, at + 1) >= 0) {
      throw new AssertionError(
          "%s has the lines of \"%s\" not exactly once; bring src/test/mutations/mutations.txt up to date"
              .formatted(file, name));
    }
    String instead = after.isEmpty() ? "\n" : "\n" + String.join("\n", after) + "\n";
    return text.substring(0, at) + instead + text.substring(at + old.length());
  }
}
