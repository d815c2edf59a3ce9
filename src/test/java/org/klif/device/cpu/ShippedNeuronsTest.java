package org.klif.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;
import org.klif.testing.HostCompiler;
import org.klif.testing.NeuronCase;
import org.klif.testing.NeuronRun;
import org.klif.testing.Shared;
import org.klif.testing.ShippedNeurons;
import org.klif.verify.GoldenVectors;

/**
 * klif.cuh, lif.cuh, plif.cuh and if.cuh through the derived backward pass, on the CPU, beside the
 * neurons written by hand.
 */
class ShippedNeuronsTest {
  /** Of each element, times max(1, its size): some ten float32 operations in another order. */
  private static final double TOLERANCE = 1e-6;

  /**
   * Of gradients of k and w and the batch norm's sums: sums over all neurons and T whose terms
   * cancel: with T = 64 and a reset by F / k the one by hand is 9e-7 from float64, the derived one
   * 5e-7, times 37 copies.
   */
  private static final double SUM_TOLERANCE = 5e-6;

  private Device cpu;

  @BeforeEach
  void open() {
    HostCompiler.require();
    cpu = new CpuDevice(2);
  }

  @AfterEach
  void close() {
    if (cpu != null) {
      assertEquals(0, cpu.liveBuffers());
      cpu.close();
    }
  }

  private static void compare(String what, float[] byHand, float[] derived) {
    double tolerance =
        what.equals("S")
            ? 0
            : List.of("gParameter", "normSums").contains(what) ? SUM_TOLERANCE : TOLERANCE;
    for (int i = 0; i < byHand.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(byHand[i]));
      int index = i;
      assertTrue(
          Math.abs(byHand[i] - derived[i]) <= allowed,
          () -> "%s[%d]: %s, by hand %s".formatted(what, index, derived[index], byHand[index]));
    }
  }

  @Test
  void goldenVectorsPassAndEqualTheNeuronsByHand() {
    List<String> failures = new ArrayList<>();
    GoldenVectors.Summary summary =
        GoldenVectors.run(
            Shared.require().resolve("golden"),
            ShippedNeurons.over(cpu, ShippedNeuronsTest::compare),
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
  static List<NeuronCase> cases() {
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
    NeuronRun.of(ShippedNeurons.over(cpu, ShippedNeuronsTest::compare), c, c.draw().inputs());
  }

  @Test
  void theNumberOfThreadsChangesNoBit() {
    for (NeuronCase c : cases().subList(8, 20)) {
      NeuronCase.Inputs in = c.draw().inputs();
      NeuronRun expected = NeuronRun.of(ShippedNeurons.over(cpu), c, in);
      try (Device one = new CpuDevice(1);
          Device three = new CpuDevice(3)) {
        NeuronRun.of(ShippedNeurons.over(one), c, in).assertSameBits(expected);
        NeuronRun.of(ShippedNeurons.over(three), c, in).assertSameBits(expected);
      }
    }
  }
}
