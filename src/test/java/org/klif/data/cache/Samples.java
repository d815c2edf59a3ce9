package org.klif.data.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.Map;
import org.klif.data.random.SampleRandom;

/** Made-up samples: number i has the packing that i % 5 names. */
final class Samples {
  /** Odd, so that bits and nibbles do not fill their last byte. */
  static final int VALUES = 1003;

  static final CacheKey KEY = CacheKey.of(Map.of("reader", "test 1", "frames", "count(3)"));

  private Samples() {}

  /** A source of so many, named by {@link #name}. */
  static SampleSource source(int samples) {
    return sink -> {
      for (int i = 0; i < samples; i++) {
        put(sink, i);
      }
    };
  }

  static void put(SampleSource.Sink sink, int sample) {
    sink.put(
        name(sample),
        values -> {
          fill(sample, values);
          return "";
        });
  }

  static String name(int sample) {
    return "train/é/" + sample;
  }

  static void fill(int sample, float[] values) {
    SampleRandom random = new SampleRandom(9, sample);
    int[] largest = {1, 15, 255, 65_535, 1};
    for (int v = 0; v < values.length; v++) {
      values[v] =
          sample % 5 == 4
              ? (float) random.nextDouble(-1, 1)
              : random.nextInt(largest[sample % 5] + 1);
    }
    if (sample % 5 != 4) {
      values[sample % values.length] = largest[sample % 5];
    }
  }

  /** Reads them all, with the values of {@link #fill} for their names expected. */
  static void verify(FrameCache cache) {
    float[] expected = new float[cache.values()];
    float[] read = new float[cache.values() + 3];
    for (int i = 0; i < cache.samples(); i++) {
      int sample = Integer.parseInt(cache.name(i).substring("train/é/".length()));
      fill(sample, expected);
      read[0] = -1;
      read[1] = -1;
      read[read.length - 1] = -1;
      cache.read(i, read, 2);
      assertArrayEquals(expected, Arrays.copyOfRange(read, 2, 2 + expected.length));
      assertArrayEquals(
          new float[] {-1, -1, -1}, new float[] {read[0], read[1], read[read.length - 1]});
    }
  }
}
