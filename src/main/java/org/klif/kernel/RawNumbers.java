package org.klif.kernel;

import org.klif.neuron.NeuronModel;

/** Learned parameters: from the value that a step sees to the raw number that is trained. */
final class RawNumbers {
  /** The inverse of a constraint. */
  static double raw(NeuronModel.Constraint constraint, double value) {
    return switch (constraint) {
      case NONE -> value;
      case SIGMOID -> Math.log(value / (1 - value));
      // log(e^value - 1), without its overflow
      case SOFTPLUS -> value + Math.log(-Math.expm1(-value));
    };
  }

  /** The file's first values of a layer. */
  static float[] initial(NeuronModel model, int channels) {
    float[] raw = new float[model.stretch(channels)];
    for (int l = 0; l < model.learned().size(); l++) {
      NeuronModel.Learned learned = model.learned().get(l);
      int offset = model.offset(l, channels);
      for (int c = 0; c < learned.size(channels); c++) {
        raw[offset + c] = (float) raw(learned.constraint(), learned.initial());
      }
    }
    return raw;
  }

  private RawNumbers() {}
}
