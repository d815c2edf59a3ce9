package org.klif.data.frames;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.data.events.Events;

/** Frames against cases worked out by hand and against SpikingJelly's rule written out plainly. */
class FramesTest {
  /** What events of polarity 1 on one pixel add to each frame. */
  private static float[] onePixel(String rule, long... times) {
    FrameRule parsed = FrameRule.parse(rule);
    float[] out = new float[parsed.steps() * 2];
    Arrays.fill(out, Float.NaN); // what was there before must not matter
    Frames.accumulate(Recordings.at(times), parsed, Sensor.camera(1, 1), out);
    float[] frames = new float[parsed.steps()];
    for (int j = 0; j < frames.length; j++) {
      assertEquals(0, out[2 * j], "polarity 0 has no event");
      frames[j] = out[2 * j + 1];
    }
    return frames;
  }

  @ParameterizedTest(name = "{0} of {1}: {2}")
  @CsvSource({
    // By count: d = 7 / 3 = 2, the last frame takes 3.
    "count(3), 0 1 2 3 4 5 6, 2 2 3",
    // d = 6 / 3 = 2, no rest.
    "count(3), 0 1 2 3 4 5, 2 2 2",
    // d = 3 / 4 = 0: all events are the rest.
    "count(4), 0 1 2, 0 0 0 3",
    "count(1), 5 6 7, 3",
    // Times do not matter.
    "count(2), 9 9 9 9, 2 2",
    // By time: d = 10 / 2 = 5.
    "time(2), 0 1 2 10, 3 1",
    // An event at a border belongs to the later frame.
    "time(2), 0 5 10, 1 2",
    // d = 10 / 3 = 3: [0,3) [3,6) [6,...].
    "time(3), 0 1 2 3 4 5 6 7 8 9 10, 3 3 5",
    // The same, begun later; 10^12 microseconds are 11 days.
    "time(3), 1000000000000 1000000000001 1000000000002 1000000000003 1000000000010, 3 1 1",
    // Nothing in [13,16), where SpikingJelly fails.
    "time(3), 10 11 12 20, 3 0 1",
    // d = 11 / 3 = 3; nothing in [6,9), the rest is the last frame's.
    "time(3), 0 4 11, 1 1 1",
    // d = 2 / 4 = 0: all events are the rest.
    "time(4), 0 1 2, 0 0 0 3",
    "time(3), 7, 0 0 1",
    // Events that go back in time are put in order: d = 10 / 2 = 5; [0,5) has 0 and 2.
    "time(2), 0 7 2 10, 2 2",
    "count(2), 9 1 2 3, 2 2",
    "voxel(2), 10 0, 1 1",
    "'duration(2,5)', 12 3 8, 1 2",
    "'surface(2,10)', 20 0 10, 0.36787945 1",
    // The longest time there is, 2^62 - 1: d = 2^61 - 1.
    "time(2), 0 2305843009213693950 4611686018427387903, 2 1",
    "voxel(3), 4611686018427387903 0, 1 0 1",
    // By duration: [5,15) [15,25) [25,35); 40 comes too late.
    "'duration(3,10)', 5 14 15 24 40, 2 2 0",
    // Padding.
    "'duration(4,10)', 0 5, 2 0 0 0",
    "'duration(2,1)', 3 3 4 5, 2 1",
    // Voxel grid: s = 2 * (0, 25, 100) / 100 = 0, 0.5, 2.
    "voxel(3), 0 25 100, 1.5 0.5 1",
    // s = 1 * (0, 25, 100) / 100 = 0, 0.25, 1.
    "voxel(2), 0 25 100, 1.75 1.25",
    "voxel(1), 0 25 100, 3",
    "voxel(2), 4 4, 2 0",
    // Surface: d = 10; at 10 the last event is that of 0; at 20 it is that of 20. exp(-1) =
    // 0.36787945
    "'surface(2,10)', 0 10 20, 0.36787945 1",
    // d = 10: at 10, 20, 30 since 0, 0, 30; exp(-0.5) = 0.60653067, exp(-1) = 0.36787945
    "'surface(3,20)', 0 30, 0.60653067 0.36787945 1",
  })
  void handComputed(String rule, String times, String frames) {
    long[] t = Arrays.stream(times.split(" ", -1)).mapToLong(Long::parseLong).toArray();
    String[] words = frames.split(" ", -1);
    float[] expected = new float[words.length];
    for (int j = 0; j < words.length; j++) {
      expected[j] = Float.parseFloat(words[j]);
    }
    // Every value is a float32 that the few operations give exactly.
    assertArrayEquals(expected, onePixel(rule, t));
  }

  @Test
  void pixelsAndPolarities() {
    Events events = Recordings.of("2,1,0,0", "0,1,1,1", "2,1,0,2", "1,0,1,3");
    float[] out = new float[2 * 2 * 2 * 3];
    Frames.accumulate(events, FrameRule.byCount(2), Sensor.camera(2, 3), out);
    float[] expected = {
      0, 0, 0, 0, 0, 1, /* polarity 1 */ 0, 0, 0, 1, 0, 0, // frame 0
      0, 0, 0, 0, 0, 1, /* polarity 1 */ 0, 1, 0, 0, 0, 0, // frame 1
    };
    assertArrayEquals(expected, out);
  }

  @Test
  void surfacesKeepWhatCameBefore() {
    Events events = Recordings.of("0,0,0,0", "1,0,1,20");
    float[] out = new float[2 * 2 * 2];
    Frames.accumulate(events, FrameRule.parse("surface(2,10)"), Sensor.camera(1, 2), out);
    float[] expected = {(float) StrictMath.exp(-1), 0, 0, 0, (float) StrictMath.exp(-2), 0, 0, 1};
    assertArrayEquals(expected, out);
  }

  @ParameterizedTest
  @ValueSource(strings = {"count(3)", "time(3)", "duration(3,5)", "voxel(3)", "surface(3,5)"})
  void withoutEventsAllIsZero(String rule) {
    assertArrayEquals(new float[3], onePixel(rule));
  }

  @Test
  void anEventOutsideIsRefused() {
    KlifException e =
        assertThrows(
            KlifException.class,
            () ->
                Frames.accumulate(
                    Recordings.of("0,0,0,0", "4,1,0,1"),
                    FrameRule.byCount(1),
                    Sensor.camera(3, 4),
                    new float[24]));
    assertEquals(
        "event 1 lies at x=4, y=1, outside of frames of 4 columns and 3 rows", e.getMessage());
  }

  /** The published rule as its text has it: masks over all events, one frame after the other. */
  private static float[] plainly(Events events, FrameRule rule, int height, int width) {
    int n = events.size();
    int steps = rule.steps();
    float[] out = new float[Frames.values(rule, Sensor.camera(height, width))];
    long each = (events.micros(n - 1) - events.micros(0)) / steps;
    for (int j = 0; j < steps; j++) {
      int from = n;
      int to = 0;
      if (rule.kind() == FrameRule.Kind.BY_COUNT) {
        from = n / steps * j;
        to = from + n / steps;
      } else {
        long start = each * j + events.micros(0);
        for (int i = 0; i < n; i++) {
          if (events.micros(i) >= start && events.micros(i) < start + each) {
            from = Math.min(from, i);
            to = i + 1;
          }
        }
      }
      to = j == steps - 1 ? n : to;
      for (int i = from; i < to; i++) {
        out[((j * 2 + events.polarity(i)) * height + events.y(i)) * width + events.x(i)]++;
      }
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(strings = {"count(1)", "count(7)", "count(10)", "time(1)", "time(7)", "time(10)"})
  void randomRecordingsFollowThePublishedRule(String text) {
    FrameRule rule = FrameRule.parse(text);
    for (long seed = 0; seed < 50; seed++) {
      // Long enough that no frame is empty, which the published rule does not allow.
      Events events = Recordings.random(seed, 900 + (int) seed, 5, 6, 3);
      float[] out = new float[Frames.values(rule, Sensor.camera(5, 6))];
      Frames.accumulate(events, rule, Sensor.camera(5, 6), out);
      assertArrayEquals(plainly(events, rule, 5, 6), out, "seed " + seed);
      assertEquals(events.size(), sum(out), "every event is in one frame");
    }
  }

  @Test
  void sumsOfTheOtherRules() {
    for (long seed = 0; seed < 20; seed++) {
      Events events = Recordings.random(seed, 500, 5, 6, 9);
      FrameRule duration = FrameRule.parse("duration(4,300)");
      float[] out = new float[Frames.values(duration, Sensor.camera(5, 6))];
      Frames.accumulate(events, duration, Sensor.camera(5, 6), out);
      long start = events.micros(0);
      assertEquals(events.window(start, start + 1200).size(), sum(out));
      FrameRule voxel = FrameRule.parse("voxel(4)");
      out = new float[Frames.values(voxel, Sensor.camera(5, 6))];
      Frames.accumulate(events, voxel, Sensor.camera(5, 6), out);
      // The two shares of an event add up to 1 but for the rounding of float32: below 2^-23 for
      // each of about 1,000 additions to values of up to 8.
      assertEquals(events.size(), sum(out), 1e-3);
    }
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"count(10)", "time(1)", "duration(20,50000)", "voxel(5)", "surface(10,20000)"})
  void rulesHaveATextForm(String text) {
    assertEquals(text, FrameRule.parse(text).toString());
    assertEquals(text, FrameRule.parse(" " + text.replace(",", " , ") + " ").toString());
  }

  @ParameterizedTest
  @CsvSource({
    "'', \"\" is not understood",
    "count, 'count takes 1 numbers, not 0'",
    "'count(1,2)', 'count takes 1 numbers, not 2'",
    "count(0), 'count needs 1..10000 frames, not 0'",
    "count(1.5), 'count needs whole numbers, not 1.5'",
    "count(x), \"(x)\" is not a list of numbers",
    "'duration(3,0)', 'duration needs a time of at least 1 microsecond, not 0'",
    "frames(3), \"frames\" is unknown",
    "count(3) time(3), only resize may stand behind count",
    "count(NaN), 'count needs whole numbers, not NaN'",
  })
  void wrongRulesAreExplained(String text, String why) {
    UsageException e = assertThrows(UsageException.class, () -> FrameRule.parse(text));
    assertEquals(
        "frames \"%s\": %s; known: count(T), time(T), duration(T,microseconds), voxel(T), surface(T,microseconds), and resize(side) or resize(rows,columns) behind it"
            .formatted(text, why),
        e.getMessage());
  }
}
