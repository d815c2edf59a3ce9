package org.klif.device.cuda;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.compile.Subprocess;
import org.klif.io.AtomicFile;
import org.klif.io.NoLinks;

/**
 * The stand-in driver's libraries: prebuilt ones in the folder that the system property
 * klif.sim.libraries names, else built from native/sim of the source tree at first use and kept
 * under target/sim, under the hash of their sources.
 */
final class SimLibraries {
  private static final String PREBUILT = "klif.sim.libraries";
  private static final String DRIVER = "libcuda.so.1";

  /** What the build reads, below the root of the source tree. */
  private static final List<String> SOURCES =
      List.of("native/sim", "cuda-kernels", "src/main/resources/kernels");

  private SimLibraries() {}

  /** Why the stand-in cannot be used here, with the remedy; empty when it can. */
  static String unavailableReason() {
    if (System.getProperty(PREBUILT) != null) {
      return "";
    }
    if (root() == null) {
      return "the stand-in driver is built from Klif's sources, and native/sim is not here; start Klif with the source tree's ./klif";
    }
    if (!onSearchPath("g++")) {
      return "the stand-in driver is built with g++, and g++ is absent; install it (Debian, Ubuntu: apt install g++)";
    }
    return "";
  }

  /**
   * The folder of the three libraries, built if need be.
   *
   * @throws KlifException with reason and remedy
   */
  static Path folder() {
    String prebuilt = System.getProperty(PREBUILT);
    if (prebuilt != null) {
      Path folder = Path.of(prebuilt).toAbsolutePath();
      if (!Files.isRegularFile(folder.resolve(DRIVER))) {
        throw new KlifException(
            "%s names %s, which holds no %s; build it with native/sim/build %s"
                .formatted(PREBUILT, folder, DRIVER, folder));
      }
      return folder;
    }
    String reason = unavailableReason();
    Path root = root();
    if (!reason.isEmpty() || root == null) {
      throw new KlifException(reason);
    }
    try {
      return built(root);
    } catch (IOException e) {
      throw new KlifException("cannot build the stand-in driver: " + e.getMessage(), e);
    }
  }

  /** The launcher names the source tree; else the current folder may be it. */
  private static @Nullable Path root() {
    Path root = Path.of(System.getProperty("klif.home", ".")).toAbsolutePath().normalize();
    return Files.isExecutable(root.resolve("native/sim/build")) ? root : null;
  }

  private static boolean onSearchPath(String program) {
    String path = System.getenv("PATH");
    return path != null
        && Stream.of(path.split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private static Path built(Path root) throws IOException {
    Path all = Files.createDirectories(root.resolve("target/sim"));
    Path folder = all.resolve(hash(root));
    if (Files.isDirectory(folder)) {
      return folder;
    }
    // of several starts at once the first builds, the others wait for it
    try (FileChannel channel = NoLinks.open(all.resolve("lock"))) {
      channel.lock(); // given back when the channel is closed
      if (!Files.isDirectory(folder)) {
        System.err.println("klif: building the stand-in driver (first use) ...");
        Path partial = Files.createTempDirectory(all, "building-");
        Subprocess.Outcome outcome =
            Subprocess.run(
                List.of(root.resolve("native/sim/build").toString(), partial.toString()),
                root,
                Map.of());
        if (outcome.code() != 0) {
          Path log = all.resolve("build.log");
          AtomicFile.write(log, outcome.output());
          throw new KlifException(
              "building the stand-in driver failed: %s; all its output is in %s"
                  .formatted(lastLine(outcome.output()), log));
        }
        Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
      }
    }
    return folder;
  }

  private static String lastLine(String output) {
    return output.lines().reduce((a, b) -> b).orElse("no output");
  }

  private static String hash(Path root) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    for (String name : SOURCES) {
      try (Stream<Path> files = Files.walk(root.resolve(name))) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          hasher
              .putString(root.relativize(file).toString(), StandardCharsets.UTF_8)
              .putBytes(Files.readAllBytes(file));
        }
      }
    }
    return hasher.hash().toString().substring(0, 16);
  }
}
