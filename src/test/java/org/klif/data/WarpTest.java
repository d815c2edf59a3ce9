package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;
import org.klif.data.random.SampleRandom;

/** The quick paths of {@link Warp} have the bits of its definition. */
class WarpTest {
  @Test
  void everyBitOfTheDefinition() {
    for (SampleShape shape :
        new SampleShape[] {SampleShape.image(3, 9, 7), SampleShape.sequence(2, 2, 6, 8)}) {
      float[] sample = new float[shape.values()];
      float[] scratch = new float[shape.values()];
      for (int i = 0; i < 300; i++) {
        SampleRandom random = new SampleRandom(6, i);
        for (int p = 0; p < sample.length; p++) {
          sample[p] = (float) random.nextDouble(-1, 1);
        }
        Warp warp =
            i == 0
                ? new Warp(1, 0, 0, 1, 2, -3)
                : new Warp(
                    (float) random.nextDouble(-2, 2),
                    (float) random.nextDouble(-2, 2),
                    (float) random.nextDouble(-2, 2),
                    (float) random.nextDouble(-2, 2),
                    random.nextDouble(-9, 9),
                    random.nextDouble(-9, 9));
        float[] expected = defined(warp, sample, shape);
        warp.apply(sample, scratch, shape);
        assertArrayEquals(expected, sample);
      }
    }
  }

  private static float[] defined(Warp warp, float[] sample, SampleShape shape) {
    int height = shape.height();
    int width = shape.width();
    float[] out = new float[sample.length];
    for (int i = 0; i < sample.length; i++) {
      int plane = i / (height * width);
      float centreX = (width - 1) / 2f;
      float centreY = (height - 1) / 2f;
      float dx = (float) (i % width - centreX - warp.shiftX());
      float dy = (float) (i / width % height - centreY - warp.shiftY());
      float x = warp.xx() * dx + warp.xy() * dy + centreX;
      float y = warp.yy() * dy + warp.yx() * dx + centreY;
      int left = (int) Math.floor(x);
      int top = (int) Math.floor(y);
      float fx = x - left;
      float fy = y - top;
      float upper =
          pixel(sample, plane, height, width, left, top) * (1 - fx)
              + pixel(sample, plane, height, width, left + 1, top) * fx;
      float lower =
          pixel(sample, plane, height, width, left, top + 1) * (1 - fx)
              + pixel(sample, plane, height, width, left + 1, top + 1) * fx;
      out[i] = upper * (1 - fy) + lower * fy;
    }
    return out;
  }

  private static float pixel(float[] image, int plane, int height, int width, int x, int y) {
    return x < 0 || y < 0 || x >= width || y >= height
        ? 0
        : image[(plane * height + y) * width + x];
  }
}
