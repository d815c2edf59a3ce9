package org.klif.gpucheck;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.klif.KlifException;

/** What files say: of this machine, and of two runs. */
final class Machine {
  /** Key of the kernels' budget in what is said of the machine. */
  static final String BUDGET = "budget";

  /** The checkpoint of a run's last epoch. */
  static final String LAST = "checkpoints/last.safetensors";

  private static final String MODEL = "model name";

  private Machine() {}

  /** The processor's name as Linux has it. */
  static String processor() {
    return line(Path.of("/proc/cpuinfo"), MODEL).replaceFirst("^.*:\\s*", "");
  }

  /** The system's name and version. */
  static String system() {
    String name = line(Path.of("/etc/os-release"), "PRETTY_NAME").replaceFirst("^[^=]*=", "");
    return "%s, kernel %s".formatted(name.replace("\"", ""), System.getProperty("os.version"));
  }

  private static String line(Path file, String prefix) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.filter(line -> line.startsWith(prefix)).findFirst().orElse("unknown");
    } catch (IOException | UncheckedIOException e) {
      return "unknown";
    }
  }

  /** Deletes a folder with all in it, if it is there. */
  static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new KlifException("cannot delete %s: %s".formatted(folder, e.getMessage()), e);
    }
  }

  /** Whether both files are there with the same content. */
  static boolean sameBytes(Path one, Path other) {
    try {
      return Files.mismatch(one, other) < 0;
    } catch (IOException e) {
      return false;
    }
  }
}
