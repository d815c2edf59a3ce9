package org.klif.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script, with programs in place of Java and Maven that say what they were given. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LauncherTest {
  private static final String JAVA =
      """
      #!/bin/bash
      printf '%s\\n' "$@"
      echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
      echo 'an error' >&2
      exit 7
      """;
  private static final int PROGRAM_EXIT = 7;
  private static final String MAVEN =
      """
      #!/bin/bash
      echo built >>builds
      [[ -e broken ]] && { echo 'no such symbol'; exit 1; }
      mkdir -p target/lib
      touch target/klif.jar
      """;

  @TempDir Path folder;
  private Path root;
  private Path home;

  private record Outcome(int code, List<String> out, String err) {}

  @BeforeEach
  void prepare() throws IOException {
    root = Files.createDirectories(folder.resolve("a place"));
    home = folder.resolve("jdk");
    old(Files.writeString(root.resolve("pom.xml"), ""));
    for (String sources : List.of("src/main", "datasets", "cuda-kernels", "native/host")) {
      old(Files.createDirectories(root.resolve(sources)));
    }
    Path script = Path.of(System.getProperty("klif.home", ".")).resolve("klif");
    program(root.resolve("klif"), Files.readString(script));
    program(home.resolve("bin/java"), JAVA);
    program(home.resolve("bin/javac"), JAVA);
    program(folder.resolve("bin/mvn"), MAVEN);
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"17.0.9\"\n");
  }

  private static void old(Path path) throws IOException {
    Files.setLastModifiedTime(path, FileTime.from(Instant.now().minusSeconds(600)));
  }

  private static void program(Path path, String text) throws IOException {
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Outcome run(Path script, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(args));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", home.toString());
    builder.environment().merge("PATH", "", (path, none) -> folder.resolve("bin") + ":" + path);
    int code = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    awaitFilter(code, err);
    return new Outcome(code, Files.readAllLines(out), Files.readString(err, UTF_8));
  }

  /**
   * Klif itself waits at its end until the launcher's filter has passed on the last line; the
   * program in its place does not, so the test does. A launcher that failed has no filter.
   */
  private static void awaitFilter(int code, Path err) throws Exception {
    boolean started = code == PROGRAM_EXIT;
    for (int i = 0; i < 500 && started && !Files.readString(err).endsWith("an error\n"); i++) {
      Thread.sleep(10);
    }
  }

  private Outcome klif(String... args) throws Exception {
    return run(root.resolve("klif"), args);
  }

  private int builds() throws IOException {
    Path builds = root.resolve("builds");
    return Files.exists(builds) ? Files.readAllLines(builds).size() : 0;
  }

  @Test
  void argumentsAndExitCodePassThrough() throws Exception {
    klif();
    Outcome outcome = klif("predict", "a file", "--x=$y", "");
    assertEquals(PROGRAM_EXIT, outcome.code());
    int main = outcome.out().indexOf("org.klif.cli.Main");
    assertEquals(
        List.of("predict", "a file", "--x=$y", ""),
        outcome.out().subList(main + 1, outcome.out().size()));
    assertTrue(outcome.out().contains("-Dklif.home=" + root), outcome.out().toString());
    assertEquals("an error\n", outcome.err(), "without the line on the incubating module");
  }

  @Test
  void aSymbolicLinkIsFollowed() throws Exception {
    klif();
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("a place/klif"));
    Path second = Files.createSymbolicLink(folder.resolve("second"), link);
    assertTrue(run(second).out().contains("-Dklif.home=" + root));
  }

  @Test
  void itIsBuiltAtFirstAndWhenASourceIsNewer() throws Exception {
    assertTrue(klif().err().startsWith("klif: building (first run) ..."));
    assertFalse(klif().err().contains("building"));
    assertEquals(1, builds());
    Path source = Files.writeString(root.resolve("src/main/A.java"), "");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
    assertTrue(klif().err().startsWith("klif: building (sources changed) ..."));
    assertEquals(2, builds());
  }

  @Test
  void aFailedBuildIsShown() throws Exception {
    Files.writeString(root.resolve("broken"), "");
    Outcome outcome = klif("train");
    assertEquals(1, outcome.code());
    assertEquals(List.of(), outcome.out());
    assertTrue(outcome.err().contains("no such symbol\n"), outcome.err());
    assertTrue(outcome.err().contains("klif: the build failed"), outcome.err());
  }

  @Test
  void whatIsMissingIsNamed() throws Exception {
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
    assertFailure("is version 11.0.2");
    Files.delete(home.resolve("bin/javac"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"21\"\n");
    assertFailure("needs a JDK 17 or later to build itself");
    Files.delete(home.resolve("bin/java"));
    assertFailure("there is no bin/java in it");
    assertEquals(0, builds());
  }

  private void assertFailure(String expected) throws Exception {
    Outcome outcome = klif("train");
    assertEquals(1, outcome.code());
    assertTrue(outcome.err().startsWith("klif: "), outcome.err());
    assertTrue(outcome.err().contains(expected), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
  }
}
