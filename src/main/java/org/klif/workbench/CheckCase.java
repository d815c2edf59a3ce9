package org.klif.workbench;

import java.util.ArrayList;
import java.util.List;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;

/**
 * A layer whose passes are compared with the reference.
 *
 * @param name for the table
 * @param smooth the spike is the surrogate's primitive
 * @param numbers where the learned parameters lie
 * @param warm steps that are run first, so that the sequence begins in states that the neuron
 *     reaches; 0 for the file's initial values
 * @param seed of all random numbers
 */
public record CheckCase(
    String name,
    Neuron.Custom neuron,
    ActivationShape shape,
    boolean normalized,
    boolean smooth,
    Numbers numbers,
    int warm,
    long seed) {

  /** Values of learned parameters. */
  enum Numbers {
    /** The file's. */
    INITIAL,
    /** Around the file's, another in each channel. */
    AROUND,
    /** At the bounds, or far out on both sides of the file's. */
    BOUNDS
  }

  /** A neuron with a built-in surrogate instead of its own. */
  static Neuron.Custom withSurrogate(Neuron.Custom neuron, Surrogate.Kind kind) {
    Neuron.Common common = neuron.common();
    return new Neuron.Custom(
        new Neuron.Common(
            common.threshold(), common.reset(), common.detachReset(), Surrogate.of(kind)),
        neuron.model(),
        neuron.values(),
        null);
  }

  /** What the device plans. */
  NeuronUnit.Spec spec() {
    return new NeuronUnit.Spec(neuron, shape, normalized, null, smooth);
  }

  /** Neurons of the layer. */
  int cells() {
    return shape.batch() * shape.features();
  }

  private static ActivationShape shape(int steps, boolean constant, int... sizes) {
    return new ActivationShape(steps, constant, sizes[0], sizes[1], sizes[2], sizes[3]);
  }

  private CheckCase(
      String name, Neuron.Custom neuron, ActivationShape shape, Numbers numbers, int warm) {
    this(name, neuron, shape, false, false, numbers, warm, name.hashCode());
  }

  private CheckCase with(boolean nowNormalized, boolean nowSmooth) {
    String text = name + (nowNormalized ? ", normalized" : "") + (nowSmooth ? ", smooth" : "");
    return new CheckCase(
        text, neuron, shape, nowNormalized, nowSmooth, numbers, warm, text.hashCode());
  }

  private static String text(ActivationShape shape) {
    return "T %d, %dx%dx%dx%d%s"
        .formatted(
            shape.steps(),
            shape.batch(),
            shape.channels(),
            shape.height(),
            shape.width(),
            shape.constant() ? ", constant input" : "");
  }

  private static CheckCase of(
      Neuron.Custom neuron, ActivationShape shape, Numbers numbers, int warm) {
    String where =
        switch (numbers) {
          case INITIAL -> "";
          case AROUND -> ", spread values";
          case BOUNDS -> ", extreme values";
        };
    return new CheckCase(text(shape) + where, neuron, shape, numbers, warm);
  }

  /**
   * The grid: T from 1 to 64, shapes from one neuron to odd sizes, values of the parameters, and
   * each surrogate, with hard and with smooth spikes.
   *
   * @param neuron with the surrogate that the shapes are checked with
   * @param reduced fewer of them, for a quick look
   */
  static List<CheckCase> grid(Neuron.Custom neuron, boolean reduced) {
    List<CheckCase> cases = new ArrayList<>();
    cases.add(of(neuron, shape(1, false, 1, 1, 1, 1), Numbers.INITIAL, 0));
    cases.add(of(neuron, shape(5, false, 2, 5, 3, 3), Numbers.AROUND, 3));
    cases.add(of(neuron, shape(5, false, 2, 5, 3, 3), Numbers.AROUND, 3).with(true, false));
    cases.add(of(neuron, shape(4, true, 3, 7, 1, 1), Numbers.AROUND, 0).with(true, false));
    cases.add(of(neuron, shape(5, false, 2, 5, 3, 3), Numbers.AROUND, 3).with(false, true));
    if (!reduced) {
      cases.add(of(neuron, shape(2, false, 1, 37, 1, 1), Numbers.INITIAL, 2));
      cases.add(of(neuron, shape(4, true, 3, 7, 1, 1), Numbers.AROUND, 0));
      cases.add(of(neuron, shape(16, false, 2, 3, 5, 1), Numbers.BOUNDS, 2));
      cases.add(of(neuron, shape(64, false, 1, 33, 1, 1), Numbers.INITIAL, 0));
      cases.add(of(neuron, shape(64, false, 1, 33, 1, 1), Numbers.AROUND, 5));
    }
    if (!reduced && neuron.surrogate() == null) {
      for (Surrogate.Kind kind : Surrogate.Kind.values()) {
        Neuron.Custom other = withSurrogate(neuron, kind);
        ActivationShape shape = shape(8, false, 2, 5, 2, 2);
        for (boolean smooth : new boolean[] {false, true}) {
          String name = "T 8, 2x5x2x2, surrogate " + kind.token();
          cases.add(new CheckCase(name, other, shape, Numbers.AROUND, 3).with(false, smooth));
        }
      }
    }
    return cases;
  }
}
