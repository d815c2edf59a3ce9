package org.klif.device.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.testing.ForkedTests;
import org.klif.testing.Mutation;
import org.klif.testing.SimBuild;
import org.klif.testing.StandIn;

/**
 * The device contract finds mistakes in kernels and in their calls: each planted one makes it fail.
 * A sample in every build, all with -Dklif.mutations=all (src/test/mutations/run).
 */
@Tag("sim")
class MutationTest {
  private static final boolean ALL = System.getProperty("klif.mutations", "sample").equals("all");

  @TempDir Path folder;

  static List<Mutation> mutations() throws IOException {
    return Mutation.all("mutations.txt").stream().filter(m -> ALL || m.sample()).toList();
  }

  @BeforeAll
  static void require() {
    StandIn.require();
  }

  @Test
  void everyMutationStillFitsItsFileAndTheSampleHasEachKind() throws IOException {
    for (Mutation mutation : Mutation.all("mutations.txt")) {
      mutation.mutated();
    }
    assertEquals(
        List.of("missing barrier", "off by one", "parameter order"),
        Mutation.all("mutations.txt").stream()
            .filter(Mutation::sample)
            .map(Mutation::kind)
            .distinct()
            .sorted()
            .toList());
  }

  @ParameterizedTest
  @MethodSource("mutations")
  void theContractFails(Mutation mutation) throws Exception {
    Path root = SimBuild.ROOT;
    Path copy = folder.resolve("copy");
    for (String sources : List.of("native/sim", "cuda-kernels", "src/main/resources/kernels")) {
      copyFolder(root.resolve(sources), copy.resolve(sources));
    }
    Path mutant = copy.resolve(mutation.file());
    Files.createDirectories(mutant.getParent());
    Files.writeString(mutant, mutation.mutated(), UTF_8);
    List<Path> classes = mutation.classes(folder);
    Path libraries = SimBuild.build(copy, "mutation");
    ForkedTests.Result result =
        ForkedTests.run(
            libraries, Map.of(), classes, List.of(CudaDeviceContractTest.class.getName()));
    assertTrue(result.output().contains("forked tests: "), result::output);
    assertEquals(1, result.code(), () -> mutation + " is not found\n" + result.output());
    System.out.printf("%s: %s%n", mutation, lastLine(result.output()));
  }

  private static String lastLine(String output) {
    List<String> lines = output.lines().filter(line -> line.startsWith("forked tests")).toList();
    return lines.get(lines.size() - 1);
  }

  private static void copyFolder(Path from, Path to) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(from)) {
      files = all.filter(Files::isRegularFile).collect(Collectors.toList());
    }
    for (Path file : files) {
      Path target = to.resolve(from.relativize(file));
      Files.createDirectories(target.getParent());
      Files.copy(file, target);
    }
  }
}
