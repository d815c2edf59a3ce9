package org.klif.data.frames;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.UsageException;
import org.klif.data.events.Events;

/** Scaled frames against values that PyTorch computed (src/test/python/frame_resize_values.py). */
class ResizeTest {
  /** Two planes in one call, the second twice the first: their values must not mix. */
  @ParameterizedTest
  @CsvSource({
    "128, 128, 48, 48, 10802.3623, 0:1.388889 1:4.583333 576:3.027770 768:4.083333 1152:6.194437 2302:5.249992 2303:8.694436",
    "34, 34, 20, 12, 1047.3375, 0:1.991667 1:2.912500 60:7.729170 80:5.837496 120:6.087499 238:7.825001 239:5.525014",
    "5, 7, 8, 9, 328.8403, 0:0.000000 1:2.000000 18:6.750000 24:3.256946 36:5.187500 70:6.666666 71:4.000000",
    "3, 3, 1, 6, 22.0000, 0:7.000000 1:5.250000 2:1.750000 3:1.000000 4:3.000000 5:4.000000"
  })
  void scalesAsPyTorchDoes(
      int height, int width, int outHeight, int outWidth, double sum, String values) {
    float[] planes = new float[2 * height * width];
    for (int i = 0; i < height * width; i++) {
      int y = i / width;
      int x = i % width;
      planes[i] = (7 * y + 3 * x + y * x) % 11;
      planes[height * width + i] = 2 * planes[i];
    }
    int count = outHeight * outWidth;
    float[] out = new float[2 * count];
    new Resize(height, width, outHeight, outWidth).apply(2, planes, out);
    // six decimals are printed; float32 sums of values up to 10 may differ by a bit, 1e-6
    double printed = 2e-6;
    for (String one : Splitter.on(' ').split(values)) {
      int place = Integer.parseInt(one.substring(0, one.indexOf(':')));
      double expected = Double.parseDouble(one.substring(one.indexOf(':') + 1));
      assertEquals(expected, out[place], printed, one);
      assertEquals(2 * expected, out[count + place], 2 * printed, one);
    }
    double total = 0;
    for (int i = 0; i < count; i++) {
      total += out[i];
    }
    // printed with four decimals
    assertEquals(sum, total, 1e-4 + count * 1e-6);
  }

  @Test
  void aRuleScalesTheFramesItMakes() {
    Events events = Recordings.of("0,0,0,0", "3,1,1,5", "3,1,1,6", "2,0,0,9");
    FrameRule plain = FrameRule.parse("time(2)");
    FrameRule rule = FrameRule.parse("time(2) resize(1,2)");
    Sensor sensor = Sensor.camera(2, 4);
    assertEquals(new Sensor(2, 1, 2), rule.frame(sensor));
    float[] whole = new float[Frames.values(plain, sensor)];
    Frames.accumulate(events, plain, sensor, whole);
    float[] scaled = new float[Frames.values(rule, sensor)];
    Frames.accumulate(events, rule, sensor, scaled);
    // by a factor of 2 each place lies in the middle of four pixels
    float[] means = new float[8];
    for (int i = 0; i < whole.length; i++) {
      means[i / 8 * 2 + i % 4 / 2] += whole[i] / 4;
    }
    assertArrayEquals(means, scaled);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "count(10) resize(48); count(10) resize(48)",
        "duration(4,500)  resize( 30 , 40 ); duration(4,500) resize(30,40)",
        "voxel(5) resize(7,7); voxel(5) resize(7)"
      })
  void theTextFormComesBack(String text, String expected) {
    assertEquals(expected, FrameRule.parse(text).toString());
    assertEquals(FrameRule.parse(text), FrameRule.parse(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "count(10) resize; resize takes 1 numbers, not 0",
        "count(10) resize(1,2,3); resize takes 1 numbers, not 3",
        "count(10) resize(0); resize needs at least 1 row and column, not 0",
        "count(10) resize(5000); resize needs 1..4096 rows and columns, not 5000 and 5000",
        "count(10) resize(-1,3); resize needs 1..4096 rows and columns, not -1 and 3",
        "resize(48); \"resize\" is unknown",
        "count(10) count(3); only resize may stand behind count",
        "count(10) resize(4) resize(2); only resize may stand behind count"
      })
  void whatIsWrongIsSaid(String text, String problem) {
    UsageException e = assertThrows(UsageException.class, () -> FrameRule.parse(text));
    String start = "frames \"%s\": %s; known".formatted(text, problem);
    assertTrue(e.getMessage().startsWith(start), e.getMessage());
  }
}
