package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.neuron.Neuron;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;

/** The reference's gradients against central differences of its smooth forward pass. */
class ReferenceNeuronTest {
  private static final int STEPS = 4;
  private static final int SIZE = 6;

  @ParameterizedTest
  @EnumSource(Surrogate.Kind.class)
  void gradientsAreDifferences(Surrogate.Kind kind) {
    for (Reset reset : new Reset[] {new Reset.Hard(0), new Reset.Hard(-0.3), new Reset.Soft()}) {
      Neuron.Common common = new Neuron.Common(1, reset, false, Surrogate.of(kind));
      for (boolean decay : new boolean[] {true, false}) {
        for (boolean scale : new boolean[] {true, false}) {
          check(new Neuron.Klif(common, 2, decay, scale, 1, true), 1.3, 0.8);
          check(new Neuron.Klif(common, 2, decay, scale, 1, false), -1.2);
          check(new Neuron.Klif(common, 2, decay, scale, 1, true, false), 1.3, 0.8);
          check(new Neuron.Klif(common, 2, decay, scale, 1, false, false), -1.2);
        }
        check(new Neuron.Lif(common, 2.5, decay));
        check(new Neuron.Plif(common, 0, decay), 0.4);
      }
      check(new Neuron.If(common));
    }
  }

  private static void check(Neuron neuron, double... parameter) {
    Random random = new Random(1);
    double[] gS = random.doubles(STEPS * SIZE, -1, 1).toArray();
    double[] gLast = random.doubles(SIZE, -1, 1).toArray();
    double[] x = random.doubles(STEPS * SIZE, -1, 3).toArray();
    double[] initial = random.doubles(SIZE, -0.5, 0.9).toArray();
    ReferenceNeuron reference = run(neuron, x, initial, parameter);
    ReferenceNeuron.Gradients g = reference.backward(gS, gLast);
    compare(neuron + " x", x, g.x(), () -> loss(neuron, x, initial, parameter, gS, gLast));
    compare(
        neuron + " initial",
        initial,
        g.initial(),
        () -> loss(neuron, x, initial, parameter, gS, gLast));
    compare(
        neuron + " parameter",
        parameter,
        g.parameter(),
        () -> loss(neuron, x, initial, parameter, gS, gLast));
  }

  private static void compare(String what, double[] at, double[] gradient, DoubleSupplier loss) {
    double h = 1e-5;
    for (int i = 0; i < gradient.length; i++) {
      double middle = at[i];
      at[i] = middle + h;
      double above = loss.getAsDouble();
      at[i] = middle - h;
      double below = loss.getAsDouble();
      at[i] = middle;
      // h^2 times a third derivative below 100, where no kink lies within h
      assertEquals(gradient[i], (above - below) / (2 * h), 2e-7, what + " " + i);
    }
  }

  private static ReferenceNeuron run(
      Neuron neuron, double[] x, double[] initial, double[] parameter) {
    ReferenceNeuron reference = new ReferenceNeuron(neuron, true, STEPS, SIZE, 2, parameter);
    System.arraycopy(x, 0, reference.x, 0, x.length);
    System.arraycopy(initial, 0, reference.initial, 0, SIZE);
    reference.forward();
    return reference;
  }

  private static double loss(
      Neuron neuron,
      double[] x,
      double[] initial,
      double[] parameter,
      double[] gS,
      double[] gLast) {
    ReferenceNeuron reference = run(neuron, x, initial, parameter);
    double loss = 0;
    for (int i = 0; i < gS.length; i++) {
      loss += gS[i] * reference.s[i];
    }
    double[] last = reference.last();
    for (int i = 0; i < SIZE; i++) {
      loss += gLast[i] * last[i];
    }
    return loss;
  }
}
