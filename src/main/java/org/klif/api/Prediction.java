package org.klif.api;

/**
 * What a network says of one sample.
 *
 * @param label class with the first largest rate
 * @param rates mean output over the time steps so far, one a class
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
public record Prediction(int label, float[] rates) {
  static Prediction of(float[] rates) {
    int largest = 0;
    for (int c = 1; c < rates.length; c++) {
      if (rates[c] > rates[largest]) {
        largest = c;
      }
    }
    return new Prediction(largest, rates);
  }
}
