package org.klif.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Iterator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.testing.CudaUnderTest;

/** The library on the CUDA device: its work is recorded, also in halves and again. */
@Tag("sim")
class CudaNetworkTest {
  @BeforeAll
  static void deviceIsThere() {
    CudaUnderTest.require();
  }

  private static SpikingNetwork network() {
    return network("float32");
  }

  private static SpikingNetwork network(String precision) {
    return SpikingNetwork.builder("c8k3 bn sn mp2 | fc40 bn sn | vote4")
        .images(1, 8, 8)
        .steps(2)
        .optimizer("adam", 0.01)
        .device(CudaUnderTest.name())
        .precision(precision)
        .seed(2)
        .build();
  }

  @Test
  void aLossOfOnesOwnTrainsAsTheOneThatIsThere() {
    try (SpikingNetwork builtIn = network();
        SpikingNetwork own = network();
        LabelledData digits = LabelledData.load("digits")) {
      Iterator<LabelledBatch> batches = digits.train().batches(32, 1, 1).iterator();
      for (int step = 0; step < 10; step++) {
        LabelledBatch batch = batches.next();
        builtIn.train(batch.images(), batch.labels());
        own.train(batch.images(), batch.labels(), SpikingNetworkTest::mse);
        if (step == 4) {
          // work is recorded again, also for what was trained before
          builtIn.freeze("0.");
          own.freeze("0.");
        }
      }
      for (String name : own.parameters()) {
        // the device rounds the loss and its gradient to float32 in another order than the program
        assertArrayEquals(builtIn.parameter(name), own.parameter(name), 1e-5f, name);
      }
      float[] sample = digits.test().sample(0);
      Prediction whole = own.predict(sample);
      try (SpikingStream stream = own.stream()) {
        stream.step(sample);
        assertArrayEquals(whole.rates(), stream.step(sample).rates());
      }
    }
  }

  /** A scaled loss has scaled gradients, and the step itself may change the scale. */
  @ParameterizedTest
  @ValueSource(strings = {"float32", "fp16"})
  void gradientsAreThoseOfTheLossItself(String precision) {
    try (SpikingNetwork network = network(precision);
        LabelledData digits = LabelledData.load("digits")) {
      Iterator<LabelledBatch> batches = digits.train().batches(32, 1, 1).iterator();
      int compared = 0;
      for (int step = 0; step < 6; step++) {
        LabelledBatch batch = batches.next();
        double norm =
            step % 2 == 0
                ? network.train(batch.images(), batch.labels()).gradientNorm()
                : network
                    .train(batch.images(), batch.labels(), SpikingNetworkTest::mse)
                    .gradientNorm();
        double sum = 0;
        for (String name : network.parameters()) {
          for (float value : network.gradient(name)) {
            sum += (double) value * value;
          }
        }
        if (norm > 0) { // a step that was not skipped
          // the device sums squares in float32, and in another order
          assertEquals(norm, Math.sqrt(sum), 1e-4 * norm);
          compared++;
        }
      }
      assertTrue(compared > 0, "all steps were skipped");
    }
  }

  @Test
  void networksCanBeOpenedOneAfterTheOther() {
    double first = Double.NaN;
    for (int i = 0; i < 30; i++) {
      try (SpikingNetwork network = network()) {
        double loss = network.train(new float[8 * 64], new int[8]).loss();
        assertEquals(i == 0 ? loss : first, loss);
        first = loss;
      }
    }
  }
}
