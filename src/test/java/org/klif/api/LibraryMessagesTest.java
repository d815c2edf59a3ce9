package org.klif.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Who has Klif as a library has no command line: what it says names settings, and options are the
 * command line's own words.
 */
class LibraryMessagesTest {
  private static final Path SOURCES = Path.of("src/main/java/org/klif");

  /** What commands are made of, and no program has. */
  private static final List<String> OF_COMMANDS =
      List.of("cli", "bench", "reproduce", "report", "sweep", "verify", "workbench");

  /**
   * Options of other programs, whole commands as text, two of klif predict, CSS, where a setting
   * came from.
   */
  private static final Pattern NOT_OURS =
      Pattern.compile(
          "klif (data get|train) |--white N|--label first|--gpus all|--add-modules|var\\(--|^\"--set \"$|^\" --data \"$");

  private static final Pattern LITERAL = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");
  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z]");

  @Test
  void namesNoOptionOfTheCommandLine() throws IOException {
    List<String> wrong = new ArrayList<>();
    int read = 0;
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        Path inside = SOURCES.relativize(file);
        // a compiler's flags are not ours either
        if (OF_COMMANDS.contains(inside.getName(0).toString())
            || inside.startsWith("device/compile")) {
          continue;
        }
        read++;
        Matcher literals = LITERAL.matcher(Files.readString(file, UTF_8));
        while (literals.find()) {
          String text = literals.group();
          if (OPTION.matcher(text).find() && !NOT_OURS.matcher(text).find()) {
            wrong.add(inside + ": " + text);
          }
        }
      }
    }
    assertTrue(read > 300, read + " files");
    assertEquals(List.of(), wrong);
  }
}
