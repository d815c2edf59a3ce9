package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.testing.ForkedTests;
import org.klif.testing.Mutation;
import org.klif.testing.Shared;

/**
 * The tests find mistakes in what networks, losses and neurons from files are made of: each planted
 * one makes one of them fail. With -Dklif.mutations=all (src/test/mutations/run), apart from those
 * of the sample.
 */
class NetworkMutationTest {
  private static final boolean ALL = System.getProperty("klif.mutations", "sample").equals("all");
  private static final String LIST = "networks.txt";
  private static final int LONGEST = 200;

  /** On the CPU; from the fastest to the slowest. */
  private static final List<String> TESTS =
      List.of(
          "org.klif.nn.NetworkSpecTest",
          "org.klif.data.MixingTest",
          "org.klif.verify.ReferenceNetworkTest",
          "org.klif.verify.GoldenNetworkTextTest",
          "org.klif.verify.GoldenFileNeuronTest",
          "org.klif.nn.NetworkTest");

  @TempDir Path folder;

  static List<Mutation> mutations() throws IOException {
    return Mutation.all(LIST).stream().filter(m -> ALL || m.sample()).toList();
  }

  @Test
  void everyMutationStillFitsItsFile() throws IOException {
    for (Mutation mutation : Mutation.all(LIST)) {
      mutation.mutated();
    }
  }

  @ParameterizedTest
  @MethodSource("mutations")
  void aTestFails(Mutation mutation) throws Exception {
    Shared.require();
    ForkedTests.Result result = ForkedTests.run(folder, Map.of(), mutation.classes(folder), TESTS);
    assertEquals(1, result.code(), () -> mutation + " is not found\n" + result.output());
    String found = "%s: %s%n".formatted(mutation, found(result.output()));
    System.out.print(found);
    String file = System.getProperty("klif.found");
    if (file != null) {
      Files.writeString(Path.of(file), found, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  /** Which test, and the beginning of what it says. */
  private static String found(String output) {
    String all =
        output
            .lines()
            .filter(line -> line.startsWith("forked tests: "))
            .reduce((first, last) -> last)
            .orElseThrow()
            .substring("forked tests: ".length())
            .replaceAll("\\s+", " ")
            .replace("org.opentest4j.AssertionFailedError: ", "");
    return all.substring(0, Math.min(LONGEST, all.length()));
  }
}
