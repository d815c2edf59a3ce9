package org.klif.data.frames;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.klif.data.events.Events;
import org.klif.data.random.SampleRandom;

class CutMixTest {
  private static final int HEIGHT = 12;
  private static final int WIDTH = 20;

  /** An event at every pixel and both polarities, all of one recording at its own time. */
  private static Events full(int time) {
    Events.Builder events = Events.builder("test");
    IntStream.range(0, HEIGHT * WIDTH)
        .forEach(i -> events.accept(i % WIDTH, i / WIDTH, time & 1, time + i));
    return events.build();
  }

  private static RecordedSamples recordings(Events... all) {
    return new RecordedSamples() {
      @Override
      public int size() {
        return all.length;
      }

      @Override
      public Events recording(int i) {
        return all[i];
      }

      @Override
      public Sensor sensor() {
        return Sensor.camera(4, 4);
      }

      @Override
      public FrameRule rule() {
        return FrameRule.byCount(1);
      }
    };
  }

  @Test
  void aRectangleComesFromAnotherRecording() {
    Events own = full(1000);
    RecordedSamples others = recordings(own, full(51), full(9001));
    EventAugmentation mix = EventAugmentation.parse("cutmix(0.5)");
    assertEquals("cutmix(0.5)", mix.toString());
    int mixed = 0;
    Set<Integer> sizes = new HashSet<>();
    for (long sample = 0; sample < 400; sample++) {
      Events changed = mix.apply(own, others, HEIGHT, WIDTH, new SampleRandom(4, sample));
      assertEquals(
          Recordings.words(changed),
          Recordings.words(mix.apply(own, others, HEIGHT, WIDTH, new SampleRandom(4, sample))));
      // every pixel has one event, at the time that both recordings have it, and in order
      assertEquals(HEIGHT * WIDTH, changed.size());
      int minX = WIDTH;
      int maxX = -1;
      int minY = HEIGHT;
      int maxY = -1;
      int foreign = 0;
      for (int i = 0; i < changed.size(); i++) {
        assertEquals(1000 + i, changed.micros(i));
        assertEquals(i % WIDTH, changed.x(i));
        assertEquals(i / WIDTH, changed.y(i));
        if (changed.polarity(i) == 1) {
          foreign++;
          minX = Math.min(minX, changed.x(i));
          maxX = Math.max(maxX, changed.x(i));
          minY = Math.min(minY, changed.y(i));
          maxY = Math.max(maxY, changed.y(i));
        }
      }
      if (foreign > 0) {
        assertEquals((maxX - minX + 1) * (maxY - minY + 1), foreign, "a rectangle");
        assertTrue(2 * foreign <= HEIGHT * WIDTH, "the label stays that of the larger part");
        mixed++;
        sizes.add(foreign);
      }
    }
    // half of the times, of these a third with the recording itself, and a few of no pixel
    assertEquals(400 / 3.0, mixed, 40);
    assertTrue(sizes.size() > 15);
  }

  @Test
  void shorterAndEmptyRecordings() {
    Events own = full(1000);
    Events none = own.slice(0, 0);
    EventAugmentation mix = EventAugmentation.parse("flip cutmix(0.3)");
    for (long sample = 0; sample < 50; sample++) {
      Events less = mix.apply(own, recordings(none), HEIGHT, WIDTH, new SampleRandom(5, sample));
      assertTrue(less.size() <= own.size());
      Events other = mix.apply(none, recordings(own), HEIGHT, WIDTH, new SampleRandom(5, sample));
      assertTrue(other.size() <= 0.3 * own.size());
    }
    assertSame(own, new CutMix(0.5).apply(own, HEIGHT, WIDTH, new SampleRandom(1)), "no others");
  }
}
