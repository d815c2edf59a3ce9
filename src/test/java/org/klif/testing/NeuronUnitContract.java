package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;

/** Every option of every neuron model against the reference. */
interface NeuronUnitContract extends TestedDevice {
  /** Around the widths of vector registers, warps and blocks. */
  List<Integer> SIZES = List.of(1, 2, 7, 31, 32, 33, 127, 256, 257, 1000, 4099);

  /** Numbers of time steps. */
  List<Integer> STEPS = List.of(1, 2, 8, 17);

  /** The resets. */
  List<Reset> RESETS = List.of(new Reset.Hard(0), new Reset.Hard(-0.3), new Reset.Soft());

  /** Each model with each surrogate, numbered. */
  static List<Arguments> models() {
    List<Arguments> all = new ArrayList<>();
    for (String model : NeuronOptions.MODELS) {
      for (Surrogate.Kind kind : Surrogate.Kind.values()) {
        all.add(Arguments.of(model, kind, all.size()));
      }
    }
    return all;
  }

  private static List<Neuron> neurons(String model, Surrogate surrogate) {
    List<Neuron> all = new ArrayList<>();
    List<Boolean> both = List.of(true, false);
    for (Reset reset : RESETS) {
      for (boolean detach : both) {
        // thresholds that float32 has and has not
        Neuron.Common common =
            new Neuron.Common(reset instanceof Reset.Soft ? 0.9 : 1, reset, detach, surrogate);
        if (model.equals("if")) {
          all.add(new Neuron.If(common));
          continue;
        }
        for (boolean decay : both) {
          if (model.equals("lif")) {
            all.add(new Neuron.Lif(common, 2.5, decay));
          } else if (model.equals("plif")) {
            all.add(new Neuron.Plif(common, -0.4, decay));
          } else {
            for (boolean scaleReset : both) {
              for (boolean perChannel : both) {
                all.add(new Neuron.Klif(common, 2, decay, scaleReset, 1, perChannel));
              }
              // per channel or not, in turn
              boolean perChannel = all.size() % 2 == 0;
              all.add(new Neuron.Klif(common, 2, decay, scaleReset, 1, perChannel, false));
            }
          }
        }
      }
    }
    return all;
  }

  /**
   * All combinations of reset, detaching, input decay, reset scaling, k and T; sizes, shapes,
   * constant input and given states go round with coprime periods, so that they meet all options.
   */
  @ParameterizedTest
  @MethodSource("org.klif.testing.NeuronUnitContract#models")
  default void agreesWithTheReference(String model, Surrogate.Kind kind, int first) {
    Surrogate surrogate = new Surrogate(kind, 0.9 * kind.defaultAlpha());
    int number = 31 * first;
    for (Neuron neuron : neurons(model, surrogate)) {
      for (int steps : STEPS) {
        int size = SIZES.get(number % SIZES.size());
        boolean constant = number % 5 < 2;
        boolean wide = number % 7 < 4;
        ActivationShape shape =
            new ActivationShape(steps, constant, wide ? 1 : size, wide ? size : 1, 1, 1);
        NeuronCase c = NeuronCase.of(neuron, shape, number % 3 > 0, number);
        NeuronCase.Drawn drawn = c.draw();
        NeuronRun.of(device(), c, drawn.inputs()).check(c, drawn.expected());
        Closeness.assertSame(
            c + ": S without a trace",
            drawn.expected().spikes(),
            NeuronRun.spikesOnly(device(), c, drawn.inputs()));
        number++;
      }
    }
  }

  /** Each size with each model and surrogate; the options go round. */
  @ParameterizedTest
  @MethodSource("org.klif.testing.NeuronUnitContract#models")
  default void everySizeAgrees(String model, Surrogate.Kind kind, int first) {
    List<Neuron> neurons = neurons(model, Surrogate.of(kind));
    int number = 7 * first;
    for (int size : SIZES) {
      Neuron neuron = neurons.get(number % neurons.size());
      ActivationShape shape = new ActivationShape(4, number % 2 == 0, size, 1, 1, 1);
      NeuronCase c = NeuronCase.of(neuron, shape, number % 3 > 0, 1000 + number);
      NeuronCase.Drawn drawn = c.draw();
      NeuronRun.of(device(), c, drawn.inputs()).check(c, drawn.expected());
      number += 5;
    }
  }

  /** A negative k fires where H is negative. */
  @Test
  default void aNegativeKFiresBelowZero() {
    for (boolean scaleReset : List.of(true, false)) {
      for (Reset reset : RESETS) {
        for (boolean relu : List.of(true, false)) {
          Neuron.Common common =
              new Neuron.Common(1, reset, false, Surrogate.of(Surrogate.Kind.ATAN));
          Neuron neuron = new Neuron.Klif(common, 2, true, scaleReset, 1, true, relu);
          ActivationShape shape = new ActivationShape(6, false, 9, 5, 1, 1);
          NeuronCase c = new NeuronCase(neuron, shape, false, null, false, -1.1, true, 5);
          NeuronCase.Drawn drawn = c.draw();
          NeuronRun.of(device(), c, drawn.inputs()).check(c, drawn.expected());
        }
      }
    }
  }

  /** Smooth spikes, for gradient checks. */
  @ParameterizedTest
  @MethodSource("org.klif.testing.NeuronUnitContract#models")
  default void smoothSpikesAgree(String model, Surrogate.Kind kind) {
    int number = 0;
    for (Neuron neuron : neurons(model, Surrogate.of(kind))) {
      ActivationShape shape = new ActivationShape(5, number % 2 == 0, 4, 33, 1, 1);
      NeuronCase c = new NeuronCase(neuron, shape, false, null, true, 1.1, true, number++);
      NeuronCase.Drawn drawn = c.draw();
      NeuronRun.of(device(), c, drawn.inputs()).check(c, drawn.expected());
    }
  }

  /** With k = 1 and without its ReLU a KLIF is an LIF: the same float32 steps, the same bits. */
  @Test
  default void aKlifWithoutReluAndWithKOneIsAnLif() {
    for (Reset reset : RESETS) {
      for (Pooling.Kind pooling : NeuronCase.poolings()) {
        Neuron.Common common =
            new Neuron.Common(1, reset, false, Surrogate.of(Surrogate.Kind.SIGMOID));
        Neuron klif = new Neuron.Klif(common, 2.5, true, false, 1, false, false);
        Neuron lif = new Neuron.Lif(common, 2.5, true);
        // several blocks, and on a GPU 16 bytes a thread
        ActivationShape shape = new ActivationShape(5, false, 4, 24, 10, 14);
        NeuronCase ofKlif = new NeuronCase(klif, shape, true, pooling, false, 1, true, 7);
        NeuronCase ofLif = new NeuronCase(lif, shape, true, pooling, false, 1, true, 7);
        NeuronCase.Inputs in = ofKlif.draw().inputs();
        NeuronRun one = NeuronRun.of(device(), ofKlif, in);
        NeuronRun other = NeuronRun.of(device(), ofLif, in.withoutParameter());
        assertArrayEquals(other.spikes(), one.spikes());
        assertArrayEquals(other.charged(), one.charged());
        assertArrayEquals(other.potential(), one.potential());
        assertArrayEquals(other.gx(), one.gx());
        assertArrayEquals(other.gInitial(), one.gInitial());
        assertArrayEquals(other.normSums(), one.normSums());
        float lowest = 0;
        for (float f : one.charged()) {
          lowest = Math.min(lowest, f);
        }
        assertTrue(lowest < -0.1, "potentials below 0 stay: " + lowest);
      }
    }
  }

  /**
   * F equal to the threshold spikes; F = 0 and below passes no gradient through KLIF's ReLU, and
   * does without it.
   */
  @Test
  default void edgesAreAsDefined() {
    Neuron.Common common =
        new Neuron.Common(1, new Reset.Hard(0), false, Surrogate.of(Surrogate.Kind.ATAN));
    NeuronRun run = atTheEdges(new Neuron.Klif(common, 2, true, false, 1, false));
    float below = Math.nextDown(2f);
    assertArrayEquals(new float[] {1, 0, 0, 0}, run.spikes());
    assertArrayEquals(new float[] {1, below / 2, 0, 0}, run.charged());
    assertArrayEquals(new float[] {0, below / 2, 0, 0}, run.last());
    // sg(0) = alpha/2 = 1, divided by tau; the second element's u is -6e-8
    Closeness.assertClose("gx", new double[] {0.5, 0.5, 0, 0}, run.gx());
    Closeness.assertClose("dk", new double[] {2}, run.gParameter());

    NeuronRun without = atTheEdges(new Neuron.Klif(common, 2, true, false, 1, false, false));
    assertArrayEquals(new float[] {1, 0, 0, 0}, without.spikes());
    assertArrayEquals(new float[] {1, below / 2, 0, -0.5f}, without.charged());
    assertArrayEquals(new float[] {0, below / 2, 0, -0.5f}, without.last());
    // sg(-1) = 1/(1 + pi^2), sg(-1.5) = 1/(1 + (1.5 pi)^2)
    double zero = 1 / (1 + Math.PI * Math.PI);
    double negative = 1 / (1 + 2.25 * Math.PI * Math.PI);
    Closeness.assertClose("gx", new double[] {0.5, 0.5, zero / 2, negative / 2}, without.gx());
    Closeness.assertClose("dk", new double[] {2 - negative / 2}, without.gParameter());
  }

  private NeuronRun atTheEdges(Neuron klif) {
    NeuronCase c =
        new NeuronCase(
            klif, new ActivationShape(1, false, 1, 4, 1, 1), false, null, false, 1, false, 0);
    float below = Math.nextDown(2f);
    NeuronCase.Inputs in =
        new NeuronCase.Inputs(
            new float[] {2, below, 0, -1},
            null,
            null,
            null,
            null,
            new float[] {1},
            null,
            new float[] {1, 1, 1, 1},
            null);
    return NeuronRun.of(device(), c, in);
  }
}
