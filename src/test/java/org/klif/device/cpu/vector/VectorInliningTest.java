package org.klif.device.cpu.vector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.api.SpikingNetwork;
import org.klif.sweep.JavaLaunch;

/**
 * Every call of the Vector API in a loop of ours is compiled into it. A call that is left allocates
 * its vectors, at a third of the speed or less. HotSpot leaves calls when a method, with all that
 * is compiled into it, grows beyond {@code NodeCountInliningCutoff}. Trains networks in a process
 * of its own that says what it compiles.
 */
class VectorInliningTest {
  private static final String OURS = "org.klif.device.cpu.vector.";

  /** A compilation begins: its kind, its level (C2's is 4), the method; no report of its end. */
  private static final Pattern COMPILATION =
      Pattern.compile(" *\\d+ +\\d+ ([ %sb!n]*) ([1-4]) +(\\S+)::(\\S+)(?!.*made ).*");

  /** A call in it, in the order of its depth, and what became of it. */
  private static final Pattern CALL =
      Pattern.compile("[ !]+@ \\d+ +(\\S+)::(\\S+) \\(\\d+ bytes\\) +(.*)");

  /** A loop: no caller takes it in, as the whole then grows by what else the caller has taken. */
  private static final Pattern LOOP =
      Pattern.compile(Pattern.quote(OURS) + "Vector(Kernels|Pooled|Sequences|Windows)::.*");

  /** What HotSpot says where it stops as the whole has become too large. */
  private static final Pattern LIMIT = Pattern.compile("Cutoff|DesiredMethodLimit");

  /** Loops that these networks must have run often. */
  private static final Set<String> HOT =
      Set.of(
          "VectorKernels::adam",
          "VectorSequences::backNormalized",
          "VectorWindows::forwardMaxFour",
          "VectorWindows::forwardMaxNine",
          "VectorWindows::winnersOfNine",
          "VectorWindows::spread");

  /** Pooled neurons, step by step on Java 17 and through all T on later versions. */
  private static final Set<String> POOLED =
      Runtime.version().feature() == 17
          ? Set.of("VectorKernels::pool", "VectorKernels::unpool", "VectorSequences::replay")
          : Set.of("VectorPooled::forward", "VectorPooled::replay");

  /** Loops that run in bf16 alone. */
  private static final Set<String> HALF = Set.of("VectorKernels::widen", "VectorKernels::round");

  @TempDir Path folder;

  /** The program, in the precision that it is given: every neuron, every shape of a window. */
  public static void main(String[] arguments) {
    String precision = arguments[0];
    for (String neuron : List.of("klif", "lif", "plif", "if")) {
      train(
          precision,
          neuron,
          "c64k3 bn sn mp2 | c64k3 bn sn mp3s2p1 | c64k3 bn sn ap2 | c64k3 bn sn mp1x2 ap2x1 |"
              + " c64k3 bn mp3s1p1 sn | fc64 bn sn | fc10");
    }
    // one shape alone, narrow and wide: what the compiler has seen decides what it compiles in
    train(precision, "klif", "c16k3 bn sn mp3s2p1 c32k3 bn sn mp3s2p1 | fc10");
  }

  private static void train(String precision, String neuron, String text) {
    try (SpikingNetwork network =
        SpikingNetwork.builder(text)
            .images(3, 32, 32)
            .neuron(neuron)
            .set("threads", "1")
            .set("precision", precision)
            .device("cpu")
            .build()) {
      SplittableRandom random = new SplittableRandom(1);
      float[] images = new float[4 * 3 * 32 * 32];
      for (int i = 0; i < images.length; i++) {
        images[i] = random.nextFloat();
      }
      for (int i = 0; i < 40; i++) {
        network.train(images, new int[] {1, 2, 3, 4});
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"float32", "bf16"})
  void noCallIsLeft(String precision) throws Exception {
    Path out = folder.resolve("inlining.txt");
    List<String> command =
        new JavaLaunch(JavaLaunch.programOptions(), System.getProperty("java.class.path"))
            .command(
                List.of(
                    "-XX:+UnlockDiagnosticVMOptions",
                    "-XX:+PrintCompilation",
                    "-XX:+PrintInlining",
                    "-Xbatch"),
                VectorInliningTest.class.getName(),
                List.of(precision));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
    builder.environment().put("KLIF_EMULATE_BF16", "1");
    Process process = builder.start();
    assertTrue(process.waitFor(5, TimeUnit.MINUTES), "it goes on and on");
    assertEquals(0, process.exitValue(), () -> last(out));

    Compilations seen = Compilations.read(out);
    assertTrue(seen.methods.containsAll(HOT), "compiled by C2: " + seen.methods);
    assertTrue(seen.methods.containsAll(POOLED), "compiled by C2: " + seen.methods);
    assertEquals(precision.equals("bf16"), seen.methods.containsAll(HALF), precision);
    assertEquals(List.of(), seen.left);
  }

  /**
   * What C2 compiled of our loops.
   *
   * @param methods of ours, by themselves or into others
   * @param left calls that were not compiled in as the whole had become too large, and loops that
   *     were compiled into a caller
   */
  private record Compilations(Set<String> methods, List<String> left) {
    static Compilations read(Path file) throws IOException {
      Set<String> methods = new TreeSet<>();
      List<String> left = new ArrayList<>();
      String current = null;
      for (String line : Files.readAllLines(file, UTF_8)) {
        Matcher compilation = COMPILATION.matcher(line);
        Matcher call = CALL.matcher(line);
        if (compilation.matches()) {
          // a loop that is replaced while it runs ("%") is for the time until the method is
          // compiled
          boolean counts = compilation.group(2).equals("4") && !compilation.group(1).contains("%");
          current = counts ? compilation.group(3) + "::" + compilation.group(4) : null;
          addOurs(methods, current);
        } else if (current != null && call.matches()) {
          String callee = call.group(1) + "::" + call.group(2);
          String what = call.group(3);
          if (what.startsWith("inline")) {
            addOurs(methods, callee);
            if (LOOP.matcher(callee).matches()) {
              left.add(callee + " is compiled into " + current);
            }
          } else if (callee.contains("ector") && LIMIT.matcher(what).find()) {
            left.add(current + " leaves " + callee + ": " + what);
          }
        }
      }
      return new Compilations(methods, left);
    }

    private static void addOurs(Set<String> methods, String method) {
      if (method != null && method.startsWith(OURS)) {
        methods.add(method.substring(OURS.length()));
      }
    }
  }

  private static String last(Path file) {
    try {
      List<String> lines = Files.readAllLines(file, UTF_8);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
