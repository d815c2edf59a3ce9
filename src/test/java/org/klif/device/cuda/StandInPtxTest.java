package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.device.compile.Nvcc;
import org.klif.testing.ForkedTests;
import org.klif.testing.SimBuild;
import org.klif.testing.StandIn;

/** The stand-in driver that runs PTX: what it finds in each mode, and what it keeps. */
@Tag("sim")
class StandInPtxTest {
  private static final String COMPILES = "compiling the PTX of neuron_common (first use)";

  @TempDir Path cache;

  @BeforeEach
  void require() {
    StandIn.require();
  }

  private ForkedTests.Result run(String mode) throws Exception {
    return run(mode, StandInPtxCases.class);
  }

  private ForkedTests.Result run(String mode, Class<?> cases) throws Exception {
    ForkedTests.Result result =
        ForkedTests.run(
            SimLibraries.folder(),
            Map.of("KLIF_SIM_PTX", mode, "KLIF_SIM_PTX_CACHE", cache.toString()),
            List.of(),
            List.of(cases.getName()));
    assertTrue(result.passed(), result.output());
    return result;
  }

  private static long count(String text, String part) {
    return text.lines().filter(line -> line.contains(part)).count();
  }

  @Test
  void runsAndNamesAnInstructionItDoesNotKnow() throws Exception {
    String output = run("run").output();
    assertTrue(
        output.contains(
            "the PTX of elementwise_f32, line 21: the instruction \"tanh.approx.f32\" is not known"),
        output);
  }

  @Test
  void findsRaces() throws Exception {
    String output = run("race").output();
    assertTrue(output.contains("race in global memory: writes byte"), output);
    assertTrue(output.contains("0 bytes behind the end of an array of 512 bytes"), output);
  }

  /** What nvcc makes of a step where derivatives are infinite. */
  @Test
  void aNeuronOfOnesOwnHasFiniteGradientsBesideInfiniteOnes() throws Exception {
    Assumptions.assumeTrue(Nvcc.find().isPresent(), "skipped: nvcc is absent");
    String output = run("run", SharpNeuronCase.class).output();
    assertEquals(2, count(output, "compiling the PTX of sharp"), output);
  }

  /** Of two processes that need the same at once each has its own; later ones compile nothing. */
  @Test
  void comparesAndCompilesOnce() throws Exception {
    var other =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return run("compare").output();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    run("compare");
    assertFalse(other.get().isEmpty());
    String later = run("compare").output();
    assertEquals(0, count(later, COMPILES), later);
    assertTrue(later.contains("of the PTX wrote 1.3333333730697632, the sources 0.3"), later);
    assertTrue(later.contains("the sources wrote it, the PTX did not"), later);
    assertFalse(names().anyMatch(name -> name.startsWith("building-")));
    assertEquals(4, names().filter(name -> name.endsWith(".so")).count());
  }

  /** Also those that no other test launches; more of them in .ci/slow. */
  @Test
  void everyEntryIsLaunchedWithoutARace() throws Exception {
    Path log = cache.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(SimBuild.ROOT.resolve("src/test/ptx/launches").toString(), "2", "3")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("KLIF_SIM_LIBRARIES", SimLibraries.folder().toString());
    builder.environment().put("KLIF_SIM_PTX", "race");
    int code = builder.start().waitFor();
    String output = Files.readString(log);
    assertEquals(0, code, output);
    assertTrue(output.matches("(?s).*\\d+ launches of [1-9]\\d+ entries\n"), output);
  }

  private Stream<String> names() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }
}
