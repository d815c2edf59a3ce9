package org.klif.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Builds the stand-in driver as tests want it, under target/sim. */
public final class SimBuild {
  /** The repository's root; Maven tells, else the current folder. */
  public static final Path ROOT =
      Path.of(System.getProperty("klif.home", ".")).toAbsolutePath().normalize();

  private SimBuild() {}

  /**
   * Builds it; what is kept of earlier builds makes this short.
   *
   * @param root the sources: the repository or a copy of it
   * @param name folder under target/sim
   * @param options of native/sim/build
   * @return the folder of the libraries
   */
  public static Path build(Path root, String name, String... options)
      throws IOException, InterruptedException {
    Path all = Files.createDirectories(ROOT.resolve("target/sim"));
    Path libraries = all.resolve(name);
    List<String> command =
        new ArrayList<>(List.of(root.resolve("native/sim/build").toString(), libraries.toString()));
    command.addAll(List.of(options));
    Path log = all.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("KLIF_SIM_CACHE", all.resolve("objects").toString());
    if (builder.start().waitFor() != 0) {
      throw new AssertionError("native/sim/build failed:\n" + Files.readString(log, UTF_8));
    }
    return libraries;
  }
}
