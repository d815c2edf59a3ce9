package org.klif.data.frames;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.klif.data.events.Events;
import org.klif.data.random.SampleRandom;

/** Recordings for tests. */
final class Recordings {
  private Recordings() {}

  /** Events of polarity 1 on the one pixel of a sensor. */
  static Events at(long... times) {
    Events.Builder events = Events.builder("test");
    for (long time : times) {
      events.accept(0, 0, 1, time);
    }
    return events.build();
  }

  /** Events from words {@code x,y,polarity,micros}. */
  static Events of(String... words) {
    Events.Builder events = Events.builder("test");
    for (String word : words) {
      long[] n = Arrays.stream(word.split(",", -1)).mapToLong(Long::parseLong).toArray();
      events.accept((int) n[0], (int) n[1], (int) n[2], n[3]);
    }
    return events.build();
  }

  /** Random events in the order of time, some of them at the same time. */
  static Events random(long seed, int size, int height, int width, int longestGap) {
    SampleRandom random = new SampleRandom(seed);
    Events.Builder events = Events.builder("test");
    long time = random.nextInt(1000);
    for (int i = 0; i < size; i++) {
      events.accept(random.nextInt(width), random.nextInt(height), random.nextInt(2), time);
      time += random.nextInt(longestGap + 1);
    }
    return events.build();
  }

  /** The words of {@link #of}. */
  static List<String> words(Events events) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      words.add(
          "%d,%d,%d,%d".formatted(events.x(i), events.y(i), events.polarity(i), events.micros(i)));
    }
    return words;
  }
}
