package org.klif.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.run.RunFolder;
import org.klif.sweep.JavaLaunch;
import org.klif.train.Runs;

/** The same build on every version of Java that is installed, and without the Vector API. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class OtherJavaTest {
  private static final Path INSTALLED = Path.of("/usr/lib/jvm");
  private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"(\\d+)[^\"]*\"");
  private static final int OLDEST = 17;
  private static final String WARNING = "klif: warning: neurons run in plain Java loops";

  @TempDir Path folder;

  /** Version to program, without that of this process. */
  private static Map<Integer, Path> others() throws IOException {
    Map<Integer, Path> programs = new TreeMap<>();
    if (Files.isDirectory(INSTALLED)) {
      try (Stream<Path> homes = Files.list(INSTALLED)) {
        for (Path home : homes.toList()) {
          Path release = home.resolve("release");
          Path java = home.resolve("bin/java");
          if (Files.isRegularFile(release) && Files.isExecutable(java)) {
            Matcher version = VERSION.matcher(Files.readString(release, UTF_8));
            if (version.find() && Integer.parseInt(version.group(1)) >= OLDEST) {
              programs.put(Integer.valueOf(version.group(1)), java);
            }
          }
        }
      }
    }
    programs.remove(Runtime.version().feature());
    return programs;
  }

  private static JavaLaunch launch(String java, List<String> options) {
    return new JavaLaunch(java, options, System.getProperty("java.class.path"));
  }

  private static JavaLaunch ownJava() {
    return new JavaLaunch(JavaLaunch.neededOptions(), System.getProperty("java.class.path"));
  }

  /** Trains a small network; returns what it printed. */
  private static String train(JavaLaunch launch, Path run) throws Exception {
    List<String> words = new ArrayList<>(List.of("train", "digits", "--epochs", "1"));
    Runs.SMALL.forEach(setting -> words.addAll(List.of("--set", setting)));
    words.addAll(List.of("--out", run.toString()));
    Path out = Files.createTempFile(run.getParent(), "out", ".txt");
    int code =
        new ProcessBuilder(launch.command(List.of("-XX:+UseSerialGC"), Main.class.getName(), words))
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start()
            .waitFor();
    String said = Files.readString(out, UTF_8);
    assertEquals(0, code, said);
    return said;
  }

  private static byte[] checkpoint(Path run) throws IOException {
    return Files.readAllBytes(new RunFolder(run).checkpoint("last"));
  }

  @Test
  void theSameBitsOnEveryInstalledJava() throws Exception {
    Map<Integer, Path> others = others();
    Assumptions.assumeFalse(
        others.isEmpty(), "skipped: /usr/lib/jvm has no JDK 17 or later of another version");
    Path own = folder.resolve("own");
    train(ownJava(), own);
    for (Map.Entry<Integer, Path> other : others.entrySet()) {
      Path run = folder.resolve("java" + other.getKey());
      String said = train(launch(other.getValue().toString(), JavaLaunch.neededOptions()), run);
      assertFalse(said.contains(WARNING), said);
      assertArrayEquals(checkpoint(own), checkpoint(run), "Java " + other.getKey());
    }
  }

  @Test
  void withoutTheVectorApiTheSameBitsAndOneWarning() throws Exception {
    Path with = folder.resolve("with");
    String said = train(ownJava(), with);
    assertFalse(said.contains(WARNING), said);
    Path without = folder.resolve("without");
    List<String> options =
        JavaLaunch.neededOptions().stream()
            .filter(option -> !option.startsWith("--add-modules"))
            .toList();
    assertTrue(options.size() < JavaLaunch.neededOptions().size(), options.toString());
    JavaLaunch plain = new JavaLaunch(options, System.getProperty("java.class.path"));
    said = train(plain, without);
    assertEquals(1, said.lines().filter(line -> line.startsWith(WARNING)).count(), said);
    assertTrue(said.contains("--add-modules jdk.incubator.vector"), said);
    assertArrayEquals(checkpoint(with), checkpoint(without));
  }
}
