package org.klif.device.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The headers of cuda-kernels/custom up to custom_step.cuh by themselves: numbers.cpp holds the
 * checks, which g++ compiles and runs, and which nvcc must compile too.
 */
class NumbersTest {
  private static final String HOME = System.getProperty("klif.home", ".");
  private static final Path HEADERS = Path.of(HOME, "cuda-kernels").toAbsolutePath();
  private static final Path CHECKS =
      Path.of(HOME, "src/test/resources/numbers/numbers.cpp").toAbsolutePath();

  @TempDir private Path folder;

  /** What is right does not depend on what a compiler folds: -O0 folds nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"-O0", "-O2"})
  void arithmeticAndDerivativesAreRight(String optimization)
      throws IOException, InterruptedException {
    require("g++");
    Path program = folder.resolve("numbers");
    List<String> compile = new ArrayList<>(List.of("g++", "-std=c++17", optimization));
    compile.addAll(List.of("-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-I" + HEADERS));
    compile.addAll(List.of("-o", program.toString(), CHECKS.toString()));
    assertEquals("", run(compile));
    assertEquals("", run(List.of(program.toString())));
  }

  @Test
  void theStandInDriverCompilesThem() throws IOException, InterruptedException {
    require("g++");
    List<String> compile = new ArrayList<>(List.of("g++", "-std=c++17", "-fsyntax-only"));
    compile.addAll(List.of("-I" + HEADERS, "-I" + HEADERS.resolveSibling("native/sim")));
    compile.addAll(
        List.of("-include", "common/platform.cuh", "-Wall", "-Wextra", CHECKS.toString()));
    assertEquals("", run(compile));
  }

  @Test
  void nvccCompilesThem() throws IOException, InterruptedException {
    require("nvcc");
    Path copy = Files.copy(CHECKS, folder.resolve("numbers.cu"));
    List<String> compile = new ArrayList<>(List.of("nvcc", "-ptx", "-arch=compute_80"));
    compile.addAll(List.of("-fmad=false", "-std=c++17", "-I" + HEADERS, "-Werror=all-warnings"));
    compile.addAll(List.of("-o", folder.resolve("numbers.ptx").toString(), copy.toString()));
    assertEquals("", run(compile));
  }

  private static void require(String compiler) {
    Assumptions.assumeTrue(
        Stream.of(System.getenv("PATH").split(":", -1))
            .anyMatch(f -> Files.isExecutable(Path.of(f, compiler))),
        "skipped: " + compiler + " is absent");
  }

  /** What a program printed; "" when it printed nothing and ended well. */
  private String run(List<String> command) throws IOException, InterruptedException {
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .directory(folder.toFile())
            .start();
    int code = process.waitFor();
    String output = Files.readString(log, StandardCharsets.UTF_8);
    return code == 0 ? output : "exit code " + code + "\n" + output;
  }
}
