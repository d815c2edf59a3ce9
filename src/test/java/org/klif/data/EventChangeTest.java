package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.data.events.Events;
import org.klif.data.frames.EventAugmentation;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;
import org.klif.data.frames.Sensor;
import org.klif.data.random.SampleRandom;

/** Changed frames are, to the bit, the frames of changed events. */
class EventChangeTest {
  private static final int HEIGHT = 5;
  private static final int WIDTH = 7;

  @ParameterizedTest
  @ValueSource(strings = {"flip", "roll(2)", "roll(20)", "polarity", "polarity roll(3) flip"})
  void equalsTheChangeOfTheEvents(String text) {
    EventAugmentation change = EventAugmentation.parse(text);
    Events events = events();
    for (String rule :
        new String[] {"count(3)", "time(3)", "duration(3,300)", "voxel(3)", "surface(3,50)"}) {
      FrameRule frames = FrameRule.parse(rule);
      for (int sample = 0; sample < 20; sample++) {
        float[] expected =
            frames(change.apply(events, HEIGHT, WIDTH, new SampleRandom(1, sample)), frames);
        float[] actual = frames(events, frames);
        new EventChange(change)
            .apply(
                actual,
                new float[actual.length],
                SampleShape.sequence(3, 2, HEIGHT, WIDTH),
                new SampleRandom(1, sample));
        assertArrayEquals(expected, actual, text + " of " + rule);
      }
    }
  }

  @Test
  void whatNeedsTheEventsIsRefused() {
    for (String text :
        new String[] {
          "cutout(3)", "rotate(10)", "flip drop(0.1)", "window(5)", "nda(1,1,1,1)", "jitter(5)"
        }) {
      EventAugmentation change = EventAugmentation.parse(text);
      assertFalse(EventChange.isExact(change), text);
      assertThrows(IllegalArgumentException.class, () -> new EventChange(change), text);
    }
  }

  private static float[] frames(Events events, FrameRule rule) {
    float[] out = new float[Frames.values(rule, Sensor.camera(HEIGHT, WIDTH))];
    Frames.accumulate(events, rule, Sensor.camera(HEIGHT, WIDTH), out);
    return out;
  }

  private static Events events() {
    Random random = new Random(4);
    Events.Builder builder = Events.builder("test");
    long micros = 0;
    for (int i = 0; i < 200; i++) {
      micros += random.nextInt(9);
      builder.accept(random.nextInt(WIDTH), random.nextInt(HEIGHT), random.nextInt(2), micros);
    }
    return builder.build();
  }
}
