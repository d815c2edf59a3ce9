package org.klif.data;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A Debian package fetched with {@code apt-get download} and unpacked with {@code dpkg-deb -x}:
 * neither needs root, and it works where a machine reaches its package mirror and nothing else.
 * Closing removes what was unpacked.
 */
final class DebianPackage implements AutoCloseable {
  /** Runs a command in a folder; fails with an IOException that says why. */
  @FunctionalInterface
  interface Commands {
    void run(Path folder, List<String> command) throws IOException, InterruptedException;
  }

  private static final long MINUTES = 10;

  private final Path folder;

  private DebianPackage(Path folder) {
    this.folder = folder;
  }

  /**
   * Fetches and unpacks a package into a temporary folder inside {@code parent}, so that files can
   * be renamed from there.
   *
   * @throws IOException when that fails; nothing is left then
   */
  static DebianPackage fetch(String name, Path parent, Commands commands)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory(parent, ".debian-");
    DebianPackage opened = new DebianPackage(folder);
    try {
      commands.run(folder, List.of("apt-get", "download", name));
      commands.run(folder, List.of("dpkg-deb", "-x", opened.only(".deb").toString(), "unpacked"));
    } catch (IOException | InterruptedException | RuntimeException e) {
      opened.close();
      throw e;
    }
    return opened;
  }

  /** The file of that name, wherever the package has it. */
  Path file(String name) throws IOException {
    return only("/" + name);
  }

  private Path only(String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> Files.isRegularFile(file) && file.toString().endsWith(ending))
          .findFirst()
          .orElseThrow(() -> new IOException("the package has no " + ending.replace("/", "")));
    }
  }

  @Override
  public void close() throws IOException {
    MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
  }

  /** Runs a real process; its last line of output is the reason when it fails. */
  static void process(Path folder, List<String> command) throws IOException, InterruptedException {
    Path log = folder.resolve("log");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("LC_ALL", "C");
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new IOException(command.get(0) + " is not on this machine", e);
    }
    try {
      if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
        throw new IOException(command.get(0) + " took longer than " + MINUTES + " minutes");
      }
    } finally {
      process.destroyForcibly();
    }
    if (process.exitValue() != 0) {
      // names of folders may be in another charset
      List<String> lines =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank())
              .toList();
      throw new IOException(
          lines.isEmpty()
              ? command.get(0) + " failed with exit code " + process.exitValue()
              : command.get(0) + ": " + lines.get(lines.size() - 1).strip());
    }
  }
}
