package org.klif.neuron;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.neuron.file.NeuronFile;

class StepOperationsTest {
  /** Counted by hand in the files. */
  @ParameterizedTest
  @CsvSource({
    // + - /; spike - - *; * +; * -
    "alif, 11, 132",
    // * +; where > + - /; where >= max -; spike -; * -
    "cubalif, 15, 210"
  })
  void ofFilesThatComeWithKlif(String name, int forward, int backward) {
    assertEquals(forward, StepOperations.forward(NeuronFile.shipped(name)));
    assertEquals(backward, StepOperations.backward(NeuronFile.shipped(name)));
  }
}
