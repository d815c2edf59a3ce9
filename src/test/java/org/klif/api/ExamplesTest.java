package org.klif.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.sweep.JavaLaunch;

/**
 * The programs of examples/, as a user starts them: from their sources, in a folder of the user's.
 */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of("examples").toAbsolutePath();

  @TempDir Path folder;

  /** What a program prints on stdout; it must end well. */
  private List<String> run(String name, String... arguments)
      throws IOException, InterruptedException {
    return run(JavaLaunch.neededOptions(), name, arguments);
  }

  private List<String> run(List<String> options, String name, String... arguments)
      throws IOException, InterruptedException {
    return run(
        new JavaLaunch(options, System.getProperty("java.class.path")),
        EXAMPLES.resolve(name + ".java"),
        arguments);
  }

  private List<String> run(JavaLaunch launch, Path program, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        launch.command(List.of("-XX:+UseSerialGC"), program.toString(), List.of(arguments));
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertTrue(process.waitFor(5, TimeUnit.MINUTES), "it goes on and on");
    assertEquals(0, process.exitValue(), Files.readString(err, UTF_8));
    return Files.readAllLines(out, UTF_8);
  }

  private static double percent(String line) {
    Matcher matcher = Pattern.compile("([0-9.]+) %").matcher(line);
    assertTrue(matcher.find(), line);
    return Double.parseDouble(matcher.group(1));
  }

  @Test
  void ownLoopLearnsTheDigits() throws Exception {
    List<String> lines = run("OwnLoop", "4");
    assertEquals(4, lines.size());
    assertTrue(percent(lines.get(3)) > 90, lines.get(3));
    try (SpikingNetwork saved = SpikingNetwork.load(folder.resolve("digits.safetensors"), "cpu");
        LabelledData digits = LabelledData.load("digits")) {
      assertEquals(percent(lines.get(3)), 100 * saved.accuracy(digits.test()), 0.005);
    }
  }

  @Test
  void ownDataLearnsLines() throws Exception {
    List<String> lines = run("OwnData");
    assertEquals(5, lines.size());
    assertTrue(percent(lines.get(3)) > 90, lines.get(3));
    assertTrue(lines.get(4).matches("class \\d, is \\d: \\d+ of 2048 .*"), lines.get(4));
  }

  @Test
  void deployTrainsOnceAndIsAskedAgain() throws Exception {
    List<String> first = run("Deploy");
    assertEquals(8, first.size(), first.toString());
    List<String> again = run("Deploy");
    assertEquals(first.subList(3, 8), again);
    // after the last step a stream says what the prediction was
    String rate = again.get(0).replaceAll(".*predicted ", "");
    assertEquals("  so far " + rate, again.get(4));
  }

  @Test
  void compareNeuronsDrawsAChart() throws Exception {
    List<String> lines = run("CompareNeurons", "2");
    assertEquals(4, lines.size(), lines.toString());
    String chart = Files.readString(folder.resolve("neurons.svg"), UTF_8);
    assertEquals(3, chart.split("<polyline", -1).length - 1);
  }

  /** Slower, said once on stderr, and to the same bits. */
  @Test
  void withoutTheVectorModuleALibraryWorks() throws Exception {
    List<String> fast = run("OwnLoop", "1");
    List<String> slow = run(List.of(), "OwnLoop", "1");
    assertEquals(fast, slow);
    String said = Files.readString(folder.resolve("err.txt"), UTF_8);
    assertEquals(1, said.split("--add-modules", -1).length - 1, said);
  }

  /** What pom.xml calls optional is for the command line, NIR, figures and GPUs. */
  @Test
  void aProgramNeedsNoOptionalLibrary() throws Exception {
    String pom = Files.readString(Path.of("pom.xml"), UTF_8);
    Matcher optional =
        Pattern.compile(
                "<artifactId>([^<]*)</artifactId>(?:(?!</?dependency>)[\\s\\S])*<optional>true</optional>")
            .matcher(pom.substring(0, pom.indexOf("</dependencies>")));
    Set<String> without =
        optional.results().map(result -> result.group(1)).collect(Collectors.toSet());
    assertTrue(without.containsAll(Set.of("picocli", "jcuda", "jhdf")), without.toString());
    String classPath =
        Splitter.on(File.pathSeparator)
            .splitToStream(System.getProperty("java.class.path"))
            .filter(entry -> without.stream().noneMatch(name -> entry.contains("/" + name + "-")))
            .collect(Collectors.joining(File.pathSeparator));
    assertTrue(!classPath.contains("jcuda"), classPath);
    JavaLaunch launch = new JavaLaunch(JavaLaunch.neededOptions(), classPath);
    assertEquals(run("OwnLoop", "2"), run(launch, EXAMPLES.resolve("OwnLoop.java"), "2"));
    Path gpu =
        Files.writeString(
            folder.resolve("Gpu.java"),
            """
            import org.klif.api.*;

            final class Gpu {
              public static void main(String[] args) {
                try (SpikingNetwork network =
                    SpikingNetwork.builder("fc10 sn").images(1, 8, 8).device("cuda").build()) {
                  System.out.println("there is one");
                } catch (RuntimeException e) {
                  System.out.println(e.getMessage());
                }
              }
            }
            """);
    String said = run(launch, gpu).get(0);
    assertTrue(said.contains("JCuda, and jcuda/driver/JCudaDriver.class is not on"), said);
  }

  @Test
  void theDocumentShowsThemAsTheyAre() throws IOException {
    String page = Files.readString(Path.of("docs/JAVA.md"), UTF_8);
    for (String name : List.of("OwnLoop", "OwnData", "Deploy")) {
      String program = Files.readString(EXAMPLES.resolve(name + ".java"), UTF_8).strip();
      assertTrue(page.contains("```java\n" + program + "\n```"), name);
    }
  }

  @Test
  void eachIsShortAndNamesNoInnerPackage() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      for (Path file : files.toList()) {
        List<String> lines = Files.readAllLines(file, UTF_8);
        assertTrue(lines.size() <= 80, file + " has " + lines.size() + " lines");
        for (String line : lines) {
          assertTrue(
              !line.contains("org.klif") || line.matches("import org\\.klif\\.api\\.\\*;?"), line);
        }
      }
    }
  }
}
