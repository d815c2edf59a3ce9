package org.klif.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher script, with programs in place of Java and Maven that say what they were given. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LauncherTest {
  private static final String JAVA =
      """
      #!/bin/bash
      printf '%s\\n' "$@"
      [[ -z ${SAY_WHERE:-} ]] || echo "in $PWD"
      echo "LC_ALL=${LC_ALL:-}"
      echo 'WARNING: Using incubator modules: jdk.incubator.foreign, jdk.incubator.vector' >&2
      echo 'an error' >&2
      [[ $* != *wait* ]] || until [[ -e $HOLD ]]; do sleep 0.05; done
      exit 7
      """;
  private static final int PROGRAM_EXIT = 7;

  /** Builds in the folder that it is told; a library comes in another version each time. */
  private static final String MAVEN =
      """
      #!/bin/bash
      echo built >>builds
      [[ -e broken ]] && { echo 'no such symbol'; exit 1; }
      for word; do
        [[ $word != -Dklif.build=* ]] || build=${word#*=}
      done
      number=$(wc -l <builds)
      mkdir -p "$build/lib" "$build/classes"
      echo "$number" >"$build/klif.jar"
      echo "$number" >"$build/lib/changing-$number.jar"
      echo same >"$build/lib/same-1.jar"
      """;

  /** All that the launcher needs beside Java and Maven; flock is not among it. */
  private static final List<String> TOOLS =
      List.of(
          "bash",
          "cat",
          "cmp",
          "cp",
          "date",
          "dirname",
          "env",
          "find",
          "grep",
          "ln",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "sleep",
          "touch",
          "wc");

  @TempDir Path folder;
  private Path root;
  private Path home;

  private record Outcome(int code, List<String> out, String err) {}

  @BeforeEach
  void prepare() throws IOException {
    root = Files.createDirectories(folder.resolve("a pläce"));
    home = folder.resolve("jdk");
    old(Files.writeString(root.resolve("pom.xml"), ""));
    for (String sources : List.of("src/main", "datasets", "cuda-kernels", "native/host")) {
      Files.createDirectories(root.resolve(sources));
    }
    Path script = Path.of(System.getProperty("klif.home", ".")).resolve("klif");
    for (String options : List.of("java.options", "program.options")) {
      Path file = Path.of("src/main/resources/org/klif/sweep", options);
      Files.createDirectories(root.resolve(file).getParent());
      Files.copy(script.resolveSibling(file), root.resolve(file));
    }
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.toList()) {
        old(file);
      }
    }
    program(root.resolve("klif"), Files.readString(script));
    program(
        root.resolve("scripts/launch.bash"),
        Files.readString(script.resolveSibling("scripts/launch.bash")));
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

  private ProcessBuilder command(Path script, String... args) {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", home.toString());
    builder.environment().put("HOLD", folder.resolve("hold").toString());
    builder.environment().merge("PATH", "", (path, none) -> folder.resolve("bin") + ":" + path);
    return builder;
  }

  private Outcome run(ProcessBuilder builder) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    int code = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    awaitFilter(code, err);
    return new Outcome(code, Files.readAllLines(out, UTF_8), Files.readString(err, UTF_8));
  }

  private Outcome run(Path script, String... args) throws Exception {
    return run(command(script, args));
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
        outcome.out().subList(main + 1, outcome.out().size() - 1));
    assertTrue(outcome.out().contains("-Dklif.home=" + root), outcome.out().toString());
    assertEquals("an error\n", outcome.err(), "without the line on the incubating module");
  }

  /** Also after a build, which goes to another folder: a run lies where the user is. */
  @Test
  void theProgramRunsInTheFolderOfTheUser() throws Exception {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    for (int builds = 1; builds <= 2; builds++) {
      ProcessBuilder builder = command(root.resolve("klif"), "train").directory(elsewhere.toFile());
      builder.environment().put("SAY_WHERE", "true");
      List<String> out = run(builder).out();
      assertTrue(out.contains("in " + elsewhere.toRealPath()), out.toString());
      assertEquals(builds, builds());
      changeASource();
    }
  }

  @Test
  void anExampleIsRunFromItsSource() throws Exception {
    Path examples = Files.createDirectories(root.resolve("examples"));
    Files.writeString(examples.resolve("Own.java"), "");
    List<String> out = klif("example", "Own", "3").out();
    int source = out.indexOf(examples.resolve("Own.java").toString());
    assertEquals(List.of("3"), out.subList(source + 1, out.size() - 1));
    assertFalse(out.contains("org.klif.cli.Main"));
    for (String[] wrong :
        new String[][] {{"example"}, {"example", "../pom"}, {"example", "Other"}}) {
      Outcome outcome = klif(wrong);
      assertEquals(2, outcome.code());
      assertEquals("klif: example takes a name and its arguments; there are Own\n", outcome.err());
    }
  }

  @Test
  void aShellHasTheClassPathAndTheFlags() throws Exception {
    klif();
    Outcome missing = klif("jshell");
    assertEquals(1, missing.code());
    assertTrue(missing.err().contains("has no jshell beside it"), missing.err());
    program(home.resolve("bin/jshell"), JAVA);
    List<String> out = klif("jshell", "--startup", "DEFAULT").out();
    assertTrue(out.contains("-R--add-modules=ALL-SYSTEM"), out.toString());
    String classes = out.get(out.indexOf("--class-path") + 1);
    assertTrue(classes.contains("klif.jar:") && classes.contains("same-1.jar"), classes);
    assertEquals(List.of("--startup", "DEFAULT"), out.subList(out.size() - 3, out.size() - 1));
  }

  @Test
  void aSymbolicLinkIsFollowed() throws Exception {
    klif();
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("a pläce/klif"));
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

  /** The folder that a program was started from. */
  private static Path runFrom(List<String> out) {
    String classPath = out.get(out.indexOf("-cp") + 1);
    return Path.of(classPath.substring(0, classPath.indexOf("/klif.jar:")));
  }

  private void changeASource() throws IOException {
    Path source = Files.writeString(root.resolve("src/main/A.java"), "");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private Process startWaiting(Path out) throws Exception {
    Process process =
        command(root.resolve("klif"), "train", "--wait")
            .redirectOutput(out.toFile())
            .redirectError(folder.resolve("err-" + out.getFileName()).toFile())
            .start();
    while (process.isAlive() && !(Files.exists(out) && Files.readString(out).contains("LC_ALL="))) {
      Thread.sleep(10);
    }
    return process;
  }

  @Test
  void aRebuildTakesNothingFromARunningProgram() throws Exception {
    Process running = startWaiting(folder.resolve("first"));
    Path build = runFrom(Files.readAllLines(folder.resolve("first"), UTF_8));
    assertEquals(List.of("changing-1.jar", "same-1.jar"), names(build.resolve("lib")));
    Path jar = root.resolve("target/klif.jar");
    Path library = root.resolve("target/lib/same-1.jar");
    Object jarBefore = Files.readAttributes(jar, BasicFileAttributes.class).fileKey();
    Object libraryBefore = Files.readAttributes(library, BasicFileAttributes.class).fileKey();
    changeASource();
    Outcome second = klif("--version");
    assertTrue(second.err().startsWith("klif: building"), second.err());

    assertEquals("1\n", Files.readString(build.resolve("klif.jar")), "what runs stays as it was");
    assertEquals(List.of("changing-1.jar", "same-1.jar"), names(build.resolve("lib")));
    Path newer = runFrom(second.out());
    assertNotEquals(build, newer);
    assertEquals("2\n", Files.readString(newer.resolve("klif.jar")));
    // for who runs java -cp target/klif.jar:target/lib/*
    assertEquals("2\n", Files.readString(jar));
    assertEquals(List.of("changing-2.jar", "same-1.jar"), names(root.resolve("target/lib")));
    assertNotEquals(
        jarBefore, Files.readAttributes(jar, BasicFileAttributes.class).fileKey(), "renamed");
    assertEquals(
        libraryBefore, Files.readAttributes(library, BasicFileAttributes.class).fileKey(), "left");

    Files.writeString(folder.resolve("hold"), "");
    assertEquals(PROGRAM_EXIT, running.waitFor());
    changeASource();
    klif();
    assertFalse(Files.exists(build), "nobody needs it any longer");
    assertEquals(List.of("changing-3.jar", "same-1.jar"), names(root.resolve("target/lib")));
  }

  @Test
  void whatMavenHasBuiltIsTaken() throws Exception {
    klif();
    Path jar = root.resolve("target/klif.jar");
    Files.delete(jar);
    Files.writeString(jar, "by hand");
    Outcome outcome = klif();
    assertFalse(outcome.err().contains("building"), outcome.err());
    assertEquals("by hand", Files.readString(runFrom(outcome.out()).resolve("klif.jar")));
  }

  @Test
  void aBareMachineWillDo() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("bare"));
    for (String tool : TOOLS) {
      Files.createSymbolicLink(bin.resolve(tool), Path.of("/usr/bin", tool));
    }
    Files.createSymbolicLink(bin.resolve("mvn"), folder.resolve("bin/mvn"));
    ProcessBuilder bare = command(root.resolve("klif"), "--version");
    bare.environment().clear();
    bare.environment().putAll(Map.of("JAVA_HOME", home.toString(), "PATH", bin.toString()));
    Outcome outcome = run(bare);
    assertEquals(PROGRAM_EXIT, outcome.code(), outcome.err());
    assertEquals("klif: building (first run) ...\nan error\n", outcome.err());
    assertTrue(outcome.out().contains("LC_ALL=C.UTF-8"), outcome.out().toString());
  }

  @Test
  void aLocaleThatHasLettersIsKept() throws Exception {
    ProcessBuilder utf8 = command(root.resolve("klif"));
    utf8.environment().keySet().removeIf(name -> name.startsWith("LC_"));
    utf8.environment().put("LANG", "C.UTF-8");
    assertTrue(run(utf8).out().contains("LC_ALL="));
  }

  /** A real Java, in the locales of scripts and containers. */
  @ParameterizedTest
  @ValueSource(strings = {"", "C", "POSIX", "xx_XX.UTF-8"})
  void lettersBeyondAsciiReachTheProgram(String locale) throws Exception {
    klif();
    Path source = Files.createDirectories(folder.resolve("source")).resolve("Main.java");
    Files.writeString(
        source,
        """
        package org.klif.cli;
        public class Main {
          public static void main(String[] args) throws Exception {
            java.nio.file.Path file = java.nio.file.Path.of(args[0]);
            System.exit(java.nio.file.Files.readString(file).equals("read") ? 7 : 1);
          }
        }
        """);
    Path classes = Files.createDirectories(folder.resolve("classes"));
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    assertEquals(0, javac.run(null, null, null, "-d", classes.toString(), source.toString()));
    Path jar = root.resolve("target/klif.jar");
    Files.delete(jar);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      zip.putNextEntry(new ZipEntry("org/klif/cli/Main.class"));
      zip.write(Files.readAllBytes(classes.resolve("org/klif/cli/Main.class")));
    }
    Path picture = Files.writeString(folder.resolve("Größe 数字.png"), "read");
    ProcessBuilder builder = command(root.resolve("klif"), picture.toString());
    builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    if (!locale.isEmpty()) {
      builder.environment().put("LC_ALL", locale);
    }
    Path err = folder.resolve("err");
    int code = builder.redirectError(err.toFile()).start().waitFor();
    assertEquals(PROGRAM_EXIT, code, Files.readString(err));
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
    Files.delete(home.resolve("release"));
    program(home.resolve("bin/java"), "#!/bin/bash\necho 'openjdk version \"1.8.0_392\"' >&2\n");
    assertFailure("is version 1.8.0_392");
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"25\"\n");
    Files.delete(home.resolve("bin/java"));
    assertFailure("there is no bin/java in it");
    assertEquals(0, builds());
  }

  @Test
  void sparkSaysOnWhichJavaItRuns() throws Exception {
    Path project = Path.of(System.getProperty("klif.home", ".")).resolve("spark");
    program(root.resolve("spark/klif-spark"), Files.readString(project.resolve("klif-spark")));
    String pom = Files.readString(project.resolve("pom.xml"));
    Files.writeString(root.resolve("spark/pom.xml"), pom);
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    Outcome outcome = run(root.resolve("spark/klif-spark"), "train", "digits");
    assertEquals(1, outcome.code());
    assertTrue(
        outcome
            .err()
            .matches(
                "klif-spark: Spark 4\\.[0-9.]+ runs on Java 17 to 21, and .*is version 25; .*\n"),
        outcome.err());
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
