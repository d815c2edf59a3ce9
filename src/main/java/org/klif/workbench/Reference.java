package org.klif.workbench;

/**
 * What a case should give: the neuron file's step in double precision, differentiated by finite
 * differences (native/host/reference.h).
 */
@FunctionalInterface
public interface Reference {
  /** Whether detached numbers count as constants, as they should. */
  enum Detached {
    CONSTANT,
    DIFFERENTIATED
  }

  /** Computes a case. */
  Answer of(CheckCase one, CheckInputs inputs, Detached detached);

  /**
   * Results; arrays are (T, cells), (S, cells), (L, cells), states over time (T, S, cells). A
   * gradient is NaN where a kink or a branch lies within its differences.
   */
  final class Answer {
    final double[] spikes;
    final double[] arguments;
    final double[] states;
    final double[] gx;
    final double[] gInitial;
    final double[] gRaw;

    /** Smallest |u| of a cell's hard spikes. */
    final double[] nearest;

    Answer(int steps, int states, int learned, int cells) {
      spikes = new double[steps * cells];
      arguments = new double[steps * cells];
      this.states = new double[steps * states * cells];
      gx = new double[steps * cells];
      gInitial = new double[states * cells];
      gRaw = new double[Math.max(1, learned * cells)];
      nearest = new double[cells];
    }
  }
}
