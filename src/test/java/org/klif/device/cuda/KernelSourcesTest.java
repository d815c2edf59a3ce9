package org.klif.device.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The committed PTX is that of the committed sources, by checksum: no compiler is needed. */
class KernelSourcesTest {
  private static final Path SOURCES = Path.of("cuda-kernels");
  private static final Path KERNELS = Path.of("src/main/resources/kernels");
  private static final Pattern INCLUDE = Pattern.compile("^ *#include \"(.*)\"", Pattern.MULTILINE);

  @Test
  void ptxIsUpToDate() throws IOException {
    // one line a module: checksum of its sources, flags and Makefile, checksum of its PTX, name
    Map<String, String> recorded = new TreeMap<>();
    for (String line : Files.readAllLines(KERNELS.resolve("SHA256"))) {
      List<String> part = List.of(line.split(" "));
      recorded.put(part.get(2), part.get(0) + " " + part.get(1));
    }
    assertEquals(
        modules(SOURCES, ".cu"),
        new TreeSet<>(recorded.keySet()),
        "modules recorded in SHA256 are not the sources: run make -C cuda-kernels");
    for (String module : modules(SOURCES, ".cu")) {
      Path ptx = KERNELS.resolve(module + ".ptx");
      assertTrue(Files.exists(ptx), ptx + " is missing: run make -C cuda-kernels");
      String now = checksum(module) + " " + Hashing.sha256().hashBytes(Files.readAllBytes(ptx));
      assertEquals(
          now, recorded.get(module), ptx + " is stale: run make -C cuda-kernels and commit");
    }
    assertEquals(
        modules(SOURCES, ".cu"),
        modules(KERNELS, ".ptx"),
        "a kernel in " + KERNELS + " has no source: remove it");
  }

  private static Set<String> modules(Path folder, String suffix) throws IOException {
    Set<String> names = new TreeSet<>();
    for (Path file : files(folder, suffix)) {
      String name = file.getFileName().toString();
      names.add(name.substring(0, name.length() - suffix.length()));
    }
    return names;
  }

  private static List<Path> files(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).toList();
    }
  }

  private static String checksum(String module) throws IOException {
    Set<String> files = new TreeSet<>();
    Path source = files(SOURCES, "/" + module + ".cu").get(0);
    collect(SOURCES.relativize(source).toString(), files);
    Hasher hasher = Hashing.sha256().newHasher();
    for (String file : files) {
      hasher.putBytes(Files.readAllBytes(SOURCES.resolve(file)));
    }
    for (String file : List.of("flags.mk", "Makefile")) {
      hasher.putBytes(Files.readAllBytes(SOURCES.resolve(file)));
    }
    return hasher.hash().toString();
  }

  private static void collect(String file, Set<String> files) throws IOException {
    // headers of the stand-in driver are elsewhere and no part of the PTX
    if (Files.exists(SOURCES.resolve(file)) && files.add(file)) {
      String text = Files.readString(SOURCES.resolve(file), UTF_8);
      INCLUDE.matcher(text).results().forEach(match -> include(match.group(1), files));
    }
  }

  private static void include(String file, Set<String> files) {
    try {
      collect(file, files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
