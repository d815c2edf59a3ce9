package org.klif.data.frames;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.data.events.Events;

class EventFilterTest {
  private static List<String> filtered(String filter, int height, int width, String... words) {
    Events events = Recordings.of(words);
    return Recordings.words(EventFilter.parse(filter).apply(events, height, width));
  }

  @Test
  void denoiseKeepsWhatANeighbourSupports() {
    assertEquals(
        List.of("1,1,1,10", "2,3,0,50"),
        filtered(
            "denoise(10)",
            4,
            4,
            "0,0,0,0", // nothing came before it
            "1,1,1,10", // stays: (0,0), at a corner and of the other polarity, was 10 before
            "1,1,0,12", // its own pixel does not count, and (0,0) was 12 before
            "3,1,0,20", // two columns from (1,1)
            "3,2,0,39", // 19 after (3,1)
            "3,3,0,50", // 11 after (3,2)
            "2,3,0,50")); // stays: (3,3), itself dropped, was at the same time
  }

  @Test
  void denoiseEqualsItsDefinition() {
    for (long seed = 0; seed < 30; seed++) {
      Events events = Recordings.random(seed, 400, 7, 5, 4);
      List<String> words = Recordings.words(events);
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < events.size(); i++) {
        boolean supported = false;
        for (int k = 0; k < i; k++) {
          int dx = Math.abs(events.x(k) - events.x(i));
          int dy = Math.abs(events.y(k) - events.y(i));
          supported |= Math.max(dx, dy) == 1 && events.micros(i) - events.micros(k) <= 5;
        }
        if (supported) {
          expected.add(words.get(i));
        }
      }
      assertTrue(!expected.isEmpty() && expected.size() < words.size(), "the case says something");
      assertEquals(expected, Recordings.words(EventFilter.parse("denoise(5)").apply(events, 7, 5)));
    }
  }

  @Test
  void downsampleAddsUpSquares() {
    assertEquals(
        List.of("0,0,0,1", "0,0,1,2", "1,0,0,3", "2,1,1,4"),
        filtered("downsample(2)", 3, 5, "0,0,0,1", "1,1,1,2", "2,0,0,3", "4,2,1,4"));
    EventFilter filter = EventFilter.parse("downsample(2)");
    assertEquals(64, filter.side(128));
    assertEquals(3, filter.side(5));
    for (long seed = 0; seed < 10; seed++) {
      Events events = Recordings.random(seed, 200, 5, 7, 3);
      assertEquals(200, filter.apply(events, 5, 7).size(), "no event is lost");
    }
  }

  @Test
  void chainsPassOnTheSmallerSensor() {
    EventFilter chain = EventFilter.parse("downsample(2) denoise(10) downsample(3)");
    assertEquals("downsample(2) denoise(10) downsample(3)", chain.toString());
    assertEquals(6, chain.side(34));
    assertEquals(
        List.of("1,0,1,9"),
        Recordings.words(chain.apply(Recordings.of("5,0,0,5", "6,0,1,9"), 34, 34)));
    assertEquals("none", EventFilter.parse("none").toString());
    assertEquals(EventFilter.none(), EventFilter.parse("none"));
  }

  @Test
  void eventsOutsideAreRefused() {
    KlifException e =
        assertThrows(KlifException.class, () -> filtered("denoise(1)", 2, 2, "0,2,0,0"));
    assertEquals(
        "event 0 lies at x=0, y=2, outside of a sensor of 2 columns and 2 rows", e.getMessage());
  }

  @Test
  void wrongFiltersAreExplained() {
    for (String wrong :
        List.of("", "denoise", "denoise(0)", "downsample(1)", "blur(2)", "none(1)")) {
      UsageException e = assertThrows(UsageException.class, () -> EventFilter.parse(wrong));
      assertTrue(
          e.getMessage().startsWith("filter \"" + wrong + "\": ")
              && e.getMessage()
                  .endsWith("; known: none, denoise(microseconds), downsample(factor)"),
          e.getMessage());
    }
  }
}
