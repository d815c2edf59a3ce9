package org.klif.device.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
  private static final Pattern ENTRY = Pattern.compile("\\.entry (\\w+)");
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
        recorded.keySet(),
        names(KERNELS, ".ptx"),
        "modules recorded in SHA256 are not those in " + KERNELS + ": run make -C cuda-kernels");
    Set<String> sources = new TreeSet<>();
    for (String module : recorded.keySet()) {
      Path ptx = KERNELS.resolve(module + ".ptx");
      String source = source(module);
      sources.add(source);
      String now = checksum(source) + " " + Hashing.sha256().hashBytes(Files.readAllBytes(ptx));
      assertEquals(
          now, recorded.get(module), ptx + " is stale: run make -C cuda-kernels and commit");
    }
    assertEquals(names(SOURCES, ".cu"), sources, "sources without a module");
  }

  /**
   * Source of a module, which is named as it or has the type of its activations behind the name.
   */
  private static String source(String module) throws IOException {
    return names(SOURCES, ".cu").stream()
        .filter(name -> module.equals(name) || module.startsWith(name + "_"))
        .findFirst()
        .orElseThrow(() -> new AssertionError(module + " has no source: remove it"));
  }

  /**
   * A driver compiles all entries of a module that is loaded: those of a type of activations are by
   * themselves.
   */
  @Test
  void theEntriesOfAModuleAreOfItsType() throws IOException {
    Set<String> types = Set.of("f32", "bf16", "f16");
    for (Path file : files(KERNELS, ".ptx")) {
      String module = file.getFileName().toString().replaceFirst("\\.ptx$", "");
      String type = module.substring(module.lastIndexOf('_') + 1);
      List<String> entries =
          ENTRY.matcher(Files.readString(file)).results().map(match -> match.group(1)).toList();
      assertFalse(entries.isEmpty(), module);
      for (String entry : entries) {
        if (types.contains(type)) {
          assertTrue(entry.endsWith("_" + type), entry + " in " + module);
        } else if (type.equals("smooth")) {
          assertTrue(entry.contains("Smooth"), entry + " in " + module);
        } else {
          assertFalse(entry.contains("Smooth"), entry + " in " + module);
        }
      }
    }
  }

  private static Set<String> names(Path folder, String suffix) throws IOException {
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

  private static String checksum(String source) throws IOException {
    Set<String> files = new TreeSet<>();
    Path file = files(SOURCES, "/" + source + ".cu").get(0);
    collect(SOURCES.relativize(file).toString(), files);
    Hasher hasher = Hashing.sha256().newHasher();
    List<String> all = new ArrayList<>(files);
    all.addAll(List.of("flags.mk", "Makefile"));
    for (String name : all) {
      hasher.putBytes(Files.readAllBytes(SOURCES.resolve(name)));
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
