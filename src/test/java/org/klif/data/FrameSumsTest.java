package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.klif.data.events.Aedat2Reader;
import org.klif.data.events.Aedat31Reader;
import org.klif.data.events.Events;
import org.klif.data.events.NmnistReader;
import org.klif.data.events.Recordings;
import org.klif.data.events.Recordings.Event;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;
import org.klif.data.frames.Sensor;

/**
 * Every event of a file is in exactly one frame (in shares that add up to 1, for the voxel grid),
 * whatever the order of its events and however far they are apart. {@code
 * -Dklif.frames.recordings=N} tries N random files.
 */
class FrameSumsTest {
  private static final int RECORDINGS = Integer.getInteger("klif.frames.recordings", 10_000);
  private static final int MOST_EVENTS = 120;
  private static final int SIDE = 5;

  @Test
  void everyEventIsInOneFrame() {
    for (int seed = 0; seed < RECORDINGS; seed++) {
      Random random = new Random(seed);
      List<Event> file = random(random);
      String what = "seed " + seed;
      Events read = read(file, random.nextInt(3), random);
      assertEquals(file.size(), read.size(), what);
      List<Event> ordered = ordered(read, what);
      int steps = List.of(1, 2, 3, 7, 10, 60).get(random.nextInt(6));
      long longest = 1L << random.nextInt(31);
      check(ordered, read, FrameRule.byCount(steps), what);
      check(ordered, read, FrameRule.parse("time(" + steps + ")"), what);
      long length = 1 + random.nextLong(longest);
      check(ordered, read, FrameRule.parse("duration(" + steps + "," + length + ")"), what);
      voxel(ordered, read, FrameRule.parse("voxel(" + steps + ")"), what);
      long decay = 1 + random.nextLong(longest);
      surface(read, FrameRule.parse("surface(" + steps + "," + decay + ")"), what);
    }
  }

  /** Sorted, nearly sorted and unsorted ones, close together and as far apart as files can say. */
  private static List<Event> random(Random random) {
    int size = 1 + random.nextInt(MOST_EVENTS);
    long largestStep = 1L << random.nextInt(56);
    long time = random.nextBoolean() ? 0 : random.nextLong(1L << (1 + random.nextInt(61)));
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      time = Math.min(Events.LATEST, time + random.nextLong(largestStep));
      events.add(new Event(random.nextInt(SIDE), random.nextInt(SIDE), random.nextInt(2), time));
    }
    switch (random.nextInt(5)) {
      case 0 -> Collections.shuffle(events, random);
      case 1 -> Collections.reverse(events);
      case 2 -> Collections.rotate(events, random.nextInt(size));
      case 3 -> Collections.swap(events, random.nextInt(size), random.nextInt(size));
      default -> {
        // as they are
      }
    }
    return events;
  }

  /** Written as a file of one of the formats, which keep the lowest bits of a time. */
  private static Events read(List<Event> events, int format, Random random) {
    return switch (format) {
      case 0 -> {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        for (Event e : events) {
          if (random.nextInt(20) == 0) {
            Recordings.nmnistEvent(file, 0, 240, 0, 0);
          }
          Recordings.nmnistEvent(file, e.x(), e.y(), e.polarity(), e.micros() % (1 << 23));
        }
        yield new NmnistReader().read(new ByteArrayInputStream(file.toByteArray()), "made");
      }
      case 1 ->
          new Aedat2Reader().read(new ByteArrayInputStream(Recordings.aedat2(events)), "made");
      default ->
          new Aedat31Reader().read(new ByteArrayInputStream(Recordings.aedat31(events, 7)), "made");
    };
  }

  private static List<Event> ordered(Events events, String what) {
    List<Event> list = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      list.add(new Event(events.x(i), events.y(i), events.polarity(i), events.micros(i)));
    }
    List<Event> sorted = new ArrayList<>(list);
    sorted.sort(Comparator.comparingLong(Event::micros));
    assertEquals(sorted, list, what);
    return list;
  }

  private static void check(List<Event> ordered, Events events, FrameRule rule, String what) {
    float[] expected = new float[Frames.values(rule, Sensor.camera(SIDE, SIDE))];
    int size = ordered.size();
    int steps = rule.steps();
    long start = ordered.get(0).micros();
    long each = (ordered.get(size - 1).micros() - start) / steps;
    int outside = 0;
    for (int i = 0; i < size; i++) {
      Event e = ordered.get(i);
      long since = Math.subtractExact(e.micros(), start);
      long frame =
          switch (rule.kind()) {
            case BY_COUNT ->
                size / steps == 0 ? steps - 1 : Math.min(steps - 1, i / (size / steps));
            case BY_TIME -> each == 0 ? steps - 1 : Math.min(steps - 1, since / each);
            default -> since / rule.micros();
          };
      if (frame < steps) {
        expected[at((int) frame, e)]++;
      } else {
        outside++;
      }
    }
    float[] actual = frames(events, rule);
    assertArrayEquals(expected, actual, what + ", " + rule);
    assertEquals(size - outside, sum(actual), what + ", " + rule);
    assertEquals(size - outside, Frames.covered(events, rule), what + ", " + rule);
    assertTrue(outside == 0 || rule.kind() == FrameRule.Kind.BY_DURATION, what + ", " + rule);
  }

  private static void voxel(List<Event> ordered, Events events, FrameRule rule, String what) {
    float[] actual = frames(events, rule);
    double[] perPixel = new double[2 * SIDE * SIDE];
    for (Event e : ordered) {
      perPixel[at(0, e)]++;
    }
    for (int p = 0; p < perPixel.length; p++) {
      double sum = 0;
      for (int j = 0; j < rule.steps(); j++) {
        float value = actual[j * perPixel.length + p];
        assertTrue(value >= 0, what);
        sum += value;
      }
      // an event's two shares are rounded to float32, and so is each of its additions, to below
      // 2^-24 of a value that the number of events bounds
      assertEquals(perPixel[p], sum, 4 * perPixel[p] * MOST_EVENTS * 0x1p-24, what);
    }
  }

  private static void surface(Events events, FrameRule rule, String what) {
    for (float value : frames(events, rule)) {
      assertTrue(value >= 0 && value <= 1, what);
    }
  }

  private static int at(int frame, Event e) {
    return ((frame * 2 + e.polarity()) * SIDE + e.y()) * SIDE + e.x();
  }

  private static float[] frames(Events events, FrameRule rule) {
    float[] out = new float[Frames.values(rule, Sensor.camera(SIDE, SIDE))];
    Frames.accumulate(events, rule, Sensor.camera(SIDE, SIDE), out);
    return out;
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }
}
