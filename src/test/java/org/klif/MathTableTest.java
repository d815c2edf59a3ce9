package org.klif;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** MATH.md leads from each equation to the code: every name in that table is in the sources. */
class MathTableTest {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern WORD = Pattern.compile("\\w+");

  @Test
  void namesAreThoseOfTheSources() throws IOException {
    Set<String> words = new TreeSet<>();
    for (String folder : List.of("src/main/java", "src/test/java/org/klif/testing")) {
      words.addAll(wordsOf(Path.of(folder), ".java"));
    }
    words.addAll(wordsOf(Path.of("cuda-kernels"), ".cuh"));
    words.addAll(wordsOf(Path.of("cuda-kernels"), ".cu"));
    // neuron_entries.cuh puts these names together from model, pass and type
    words.add("klifForwardVec_f32");
    words.add("klifBackwardVec_f32");
    Set<String> unknown = new TreeSet<>();
    int names = 0;
    for (String row : Files.readAllLines(Path.of("docs/MATH.md"))) {
      if (!row.startsWith("| **")) {
        continue;
      }
      for (Matcher code = CODE.matcher(row); code.find(); ) {
        if (code.group(1).startsWith("./klif")) {
          continue;
        }
        for (String name : Splitter.onPattern("::|\\.").split(code.group(1))) {
          names++;
          if (!words.contains(name)) {
            unknown.add(code.group(1));
          }
        }
      }
    }
    assertEquals(Set.of(), unknown);
    assertTrue(names > 50, names + " names: the table was found");
  }

  private static Set<String> wordsOf(Path folder, String suffix) throws IOException {
    Set<String> words = new TreeSet<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(suffix)).toList()) {
        WORD.matcher(Files.readString(file)).results().forEach(word -> words.add(word.group()));
      }
    }
    return words;
  }
}
