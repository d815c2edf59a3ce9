package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;
import org.klif.verify.GoldenVectors;

/**
 * klif.cuh, lif.cuh, plif.cuh and if.cuh through the derived backward pass of a device, beside its
 * neurons written by hand.
 */
public abstract class ShippedNeuronsContract {
  /** Of each element, times max(1, its size): some ten float32 operations in another order. */
  private static final double TOLERANCE = 1e-6;

  private Device device;

  /** A new device of the implementation under test. */
  protected abstract Device open();

  /**
   * Of gradients of k and w and the batch norm's sums: sums over all neurons and T whose terms
   * cancel. Here for double-precision sums: with T = 64 and a reset by F / k the one by hand is
   * 9e-7 from float64, the derived one 5e-7, times 37 copies.
   */
  protected double sumTolerance() {
    return 5e-6;
  }

  /** Skips the tests where the device has no compiler for such neurons. */
  protected void requireCompiler() {
    HostCompiler.require();
  }

  @BeforeEach
  void openDevice() {
    requireCompiler();
    device = open();
  }

  @AfterEach
  void close() {
    if (device != null) {
      assertEquals(0, device.liveBuffers());
      device.close();
    }
  }

  /** Names of the golden vectors to run: by default all. */
  protected Pattern goldenVectors() {
    return Pattern.compile(".*");
  }

  private void compare(String what, float[] byHand, float[] derived) {
    double tolerance =
        what.equals("S")
            ? 0
            : List.of("gParameter", "normSums").contains(what) ? sumTolerance() : TOLERANCE;
    for (int i = 0; i < byHand.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(byHand[i]));
      int index = i;
      assertTrue(
          Math.abs(byHand[i] - derived[i]) <= allowed,
          () -> "%s[%d]: %s, by hand %s".formatted(what, index, derived[index], byHand[index]));
    }
  }

  @Test
  void goldenVectorsPassAndEqualTheNeuronsByHand(@TempDir Path folder) throws IOException {
    try (Stream<Path> files = Files.list(Shared.require().resolve("golden"))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".json") && goldenVectors().matcher(name).matches()) {
          Files.copy(file, folder.resolve(name));
        }
      }
    }
    List<String> failures = new ArrayList<>();
    GoldenVectors.Summary summary =
        GoldenVectors.run(
            folder,
            ShippedNeurons.over(device, this::compare),
            result -> {
              // ten times nearer to float64 than the vectors ask for; networks train for some steps
              boolean near = result.name().startsWith("net_") || result.largestError() <= TOLERANCE;
              if (!result.passed() || !near) {
                failures.add(result.line());
              }
            });
    assertEquals(List.of(), failures);
    assertEquals(0, summary.failed());
  }

  private static Neuron.Common hard(Surrogate.Kind kind) {
    return new Neuron.Common(1, new Reset.Hard(-0.25), false, Surrogate.of(kind));
  }

  private static Neuron.Common soft(Surrogate.Kind kind) {
    return new Neuron.Common(0.75, new Reset.Soft(), true, Surrogate.of(kind));
  }

  /** Each file with each surrogate and reset, in shapes around vectors, chunks and blocks. */
  public static List<NeuronCase> cases() {
    List<Neuron> neurons =
        List.of(
            new Neuron.Klif(hard(Surrogate.Kind.ATAN), 2, true, false, 1, false),
            new Neuron.Klif(hard(Surrogate.Kind.SIGMOID), 4, true, true, 1, true),
            new Neuron.Klif(soft(Surrogate.Kind.TRIANGLE), 2, false, false, 1, true),
            new Neuron.Klif(soft(Surrogate.Kind.ATAN), 2, true, true, 1, false, false),
            new Neuron.Lif(soft(Surrogate.Kind.RECTANGLE), 2, true),
            new Neuron.Plif(hard(Surrogate.Kind.GAUSSIAN), 0, true),
            new Neuron.If(hard(Surrogate.Kind.SOFTSIGN)));
    List<ActivationShape> shapes =
        List.of(
            new ActivationShape(1, false, 1, 1, 1, 1),
            new ActivationShape(2, false, 3, 7, 1, 1),
            new ActivationShape(8, true, 2, 33, 3, 5),
            new ActivationShape(64, false, 2, 5, 3, 3),
            new ActivationShape(4, false, 2, 24, 10, 14));
    List<NeuronCase> cases = new ArrayList<>();
    for (Neuron neuron : neurons) {
      for (int i = 0; i < shapes.size(); i++) {
        for (boolean normalized : new boolean[] {false, true}) {
          cases.add(
              new NeuronCase(
                  neuron, shapes.get(i), normalized, null, false, 1.2, i % 2 == 0, 7 + i));
        }
      }
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheNeuronByHand(NeuronCase c) {
    NeuronRun.of(ShippedNeurons.over(device, this::compare), c, c.draw().inputs());
  }
}
