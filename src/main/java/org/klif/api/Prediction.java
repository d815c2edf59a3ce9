package org.klif.api;

import org.klif.train.Evaluator;

/**
 * What a network says of one sample.
 *
 * @param label class with the first largest rate
 * @param rates mean output over the time steps so far, one a class
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
public record Prediction(int label, float[] rates) {
  static Prediction of(float[] rates) {
    return new Prediction(Evaluator.largest(rates, 0, rates.length), rates);
  }
}
