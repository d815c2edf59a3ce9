package org.klif.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The limit on open files. Klif's class path alone is some fifty; with fewer, classes would be
 * missing in the middle of the work. So this class needs none but those of Java.
 */
final class OpenFiles {
  static final int NEEDED = 128;
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String LINE = "Max open files";

  /** One sentence where too few are allowed, else null. */
  static @Nullable String complaint() {
    String allowed;
    try {
      allowed = allowed(Files.readAllLines(LIMITS));
    } catch (IOException e) {
      // a system that does not say
      return null;
    }
    // "unlimited" and whatever else is no number is enough
    if (!allowed.matches("\\d{1,9}") || Integer.parseInt(allowed) >= NEEDED) {
      return null;
    }
    return "only %s files may be open at once here, and Klif needs %d; raise the limit (ulimit -n 1024)"
        .formatted(allowed, NEEDED);
  }

  /** The soft limit, which Java has raised to the hard one. */
  private static String allowed(List<String> lines) {
    for (String line : lines) {
      if (line.startsWith(LINE)) {
        return line.substring(LINE.length()).strip().split("\\s+", 2)[0];
      }
    }
    return "";
  }

  private OpenFiles() {}
}
