package org.klif.data.frames;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.klif.data.random.SampleRandom;

class EncoderTest {
  private static float[] encode(Encoder encoder, int steps, long seed, float... image) {
    float[] out = new float[steps * image.length];
    Arrays.fill(out, Float.NaN);
    encoder.encode(image, 1, steps, new SampleRandom(seed), out);
    return out;
  }

  @Test
  void directRepeats() {
    assertArrayEquals(
        new float[] {0.5f, -2, 0.5f, -2, 0.5f, -2}, encode(Encoder.DIRECT, 3, 1, 0.5f, -2));
  }

  @Test
  void latencyFiresOnceTheBrightestFirst() {
    // T = 5: 4 * (1 - value) = 0, 4, 2, 0.5 (to 0, the even one), 1.5 (to 2)
    float[] image = {1, 0, 0.5f, 0.875f, 0.625f};
    float[] expected = {
      1, 0, 0, 1, 0,
      0, 0, 0, 0, 0,
      0, 0, 1, 0, 1,
      0, 0, 0, 0, 0,
      0, 1, 0, 0, 0
    };
    assertArrayEquals(expected, encode(Encoder.LATENCY, 5, 1, image));
    assertArrayEquals(new float[] {1, 1}, encode(Encoder.LATENCY, 1, 1, 0, 1));
  }

  @Test
  void poissonFiresAtTheRateOfTheValue() {
    float[] image = {0, 0.25f, 0.9f, 1};
    int steps = 20_000;
    float[] out = encode(Encoder.POISSON, steps, 3, image);
    for (int p = 0; p < image.length; p++) {
      int spikes = 0;
      for (int t = 0; t < steps; t++) {
        float value = out[t * image.length + p];
        assertTrue(value == 0 || value == 1);
        spikes += (int) value;
      }
      // Five standard deviations of a binomial; the seed is fixed, so this passes always or never.
      double deviation = Math.sqrt(steps * image[p] * (1 - image[p]));
      assertEquals(steps * (double) image[p], spikes, 5 * deviation);
    }
    assertArrayEquals(out, encode(Encoder.POISSON, steps, 3, image));
    assertTrue(!Arrays.equals(out, encode(Encoder.POISSON, steps, 4, image)));
  }

  @Test
  void valuesThatAreNoRatesAreRefused() {
    for (Encoder encoder : new Encoder[] {Encoder.POISSON, Encoder.LATENCY}) {
      for (float value : new float[] {-0.1f, 1.1f, Float.NaN}) {
        assertThrows(IllegalArgumentException.class, () -> encode(encoder, 2, 1, value));
      }
    }
  }

  /** Two channels of two rows and three columns; each number says channel, row and column. */
  @Test
  void columnsComeOneAfterAnother() {
    float[] image = {100, 101, 102, 110, 111, 112, 200, 201, 202, 210, 211, 212};
    float[] out = new float[12];
    Encoder.COLUMNS.encode(image, 3, 3, new SampleRandom(1), out);
    float[] expected = {100, 110, 200, 210, 101, 111, 201, 211, 102, 112, 202, 212};
    assertArrayEquals(expected, out);
    assertThrows(
        IllegalArgumentException.class,
        () -> Encoder.COLUMNS.encode(image, 3, 2, new SampleRandom(1), out));
  }
}
