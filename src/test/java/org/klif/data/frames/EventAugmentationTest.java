package org.klif.data.frames;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.UsageException;
import org.klif.data.events.Events;
import org.klif.data.random.SampleRandom;

class EventAugmentationTest {
  private static final int HEIGHT = 9;
  private static final int WIDTH = 11;
  private static final Events EVENTS = Recordings.random(5, 400, HEIGHT, WIDTH, 20);

  private static Events changed(String text, long... coordinates) {
    return EventAugmentation.parse(text)
        .apply(EVENTS, HEIGHT, WIDTH, new SampleRandom(7, coordinates));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "flip",
        "roll(5)",
        "rotate(30)",
        "rotate(22.5)",
        "shear(20)",
        "cutout(4)",
        "nda(5,15,15,4)",
        "jitter(100)",
        "polarity",
        "drop(0.3)",
        "droptime(0.3)",
        "window(1000)",
        "flip roll(2) jitter(50) drop(0.1)",
      })
  void changesFollowFromSeedEpochAndSample(String text) {
    assertEquals(text, EventAugmentation.parse(text).toString());
    Set<List<String>> results = new HashSet<>();
    for (long epoch = 0; epoch < 20; epoch++) {
      Events changed = changed(text, epoch, 3);
      List<String> words = Recordings.words(changed);
      assertEquals(words, Recordings.words(changed(text, epoch, 3)));
      results.add(words);
      assertTrue(changed.size() <= EVENTS.size());
      for (int i = 0; i < changed.size(); i++) {
        assertTrue(changed.x(i) < WIDTH && changed.y(i) < HEIGHT);
        assertTrue(i == 0 || changed.micros(i) >= changed.micros(i - 1), "in the order of time");
      }
    }
    assertTrue(results.size() > 1, "epochs differ");
    Events none = Recordings.at();
    assertEquals(
        0, EventAugmentation.parse(text).apply(none, HEIGHT, WIDTH, new SampleRandom(1)).size());
  }

  @Test
  void flipMirrorsHalfOfTheTime() {
    int mirrored = 0;
    for (long sample = 0; sample < 1000; sample++) {
      Events changed = changed("flip", 0, sample);
      boolean isMirrored = changed != EVENTS;
      mirrored += isMirrored ? 1 : 0;
      assertEquals(isMirrored ? WIDTH - 1 - EVENTS.x(17) : EVENTS.x(17), changed.x(17));
      assertEquals(EVENTS.y(17), changed.y(17));
    }
    // Five standard deviations of a fair coin; the seed is fixed.
    assertEquals(500, mirrored, 80);
  }

  @Test
  void rollMovesAllEventsAlikeAndLosesNone() {
    Set<String> moves = new HashSet<>();
    for (long sample = 0; sample < 500; sample++) {
      Events changed = changed("roll(2)", 0, sample);
      assertEquals(EVENTS.size(), changed.size());
      int right = Math.floorMod(changed.x(0) - EVENTS.x(0), WIDTH);
      int down = Math.floorMod(changed.y(0) - EVENTS.y(0), HEIGHT);
      for (int i = 0; i < EVENTS.size(); i++) {
        assertEquals((EVENTS.x(i) + right) % WIDTH, changed.x(i));
        assertEquals((EVENTS.y(i) + down) % HEIGHT, changed.y(i));
      }
      moves.add(right + "," + down);
    }
    assertEquals(25, moves.size(), "-2..2 in both directions");
  }

  @Test
  void smallTurnsKeepTheCentreAndShearsTheMiddleRow() {
    Events centre = Recordings.of("5,4,0,1", "0,4,0,2", "10,4,1,3");
    for (long sample = 0; sample < 50; sample++) {
      SampleRandom random = new SampleRandom(1, sample);
      Events turned = EventAugmentation.parse("rotate(180)").apply(centre, 9, 11, random);
      assertEquals("5,4,0,1", Recordings.words(turned).get(0));
      Events sheared = EventAugmentation.parse("shear(40)").apply(centre, 9, 11, random);
      assertEquals(Recordings.words(centre), Recordings.words(sheared));
    }
  }

  @Test
  void turnsKeepDistancesAndOrientation() {
    // 40 pixels to the right of the centre of a large sensor, and 40 above it
    Events arms = Recordings.of("90,50,0,1", "50,10,0,2");
    for (long sample = 0; sample < 50; sample++) {
      SampleRandom random = new SampleRandom(2, sample);
      Events turned = EventAugmentation.parse("rotate(60)").apply(arms, 101, 101, random);
      double right = Math.toDegrees(Math.atan2(turned.y(0) - 50, turned.x(0) - 50));
      double up = Math.toDegrees(Math.atan2(turned.y(1) - 50, turned.x(1) - 50));
      // Rounding to a pixel moves an event by up to 0.71, which is 1 degree of a circle of 40.
      assertEquals(40, Math.hypot(turned.x(0) - 50, turned.y(0) - 50), 0.71);
      assertEquals(40, Math.hypot(turned.x(1) - 50, turned.y(1) - 50), 0.71);
      assertEquals(right - 90, up, 2.1);
      assertTrue(Math.abs(right) <= 61);
    }
  }

  @Test
  void cutoutReachesAllCorners() {
    Events corners = Recordings.of("0,0,0,1", "10,0,0,2", "0,8,0,3", "10,8,0,4", "5,4,0,5");
    Set<String> dropped = new HashSet<>();
    for (long sample = 0; sample < 500; sample++) {
      List<String> words = new ArrayList<>(Recordings.words(corners));
      SampleRandom random = new SampleRandom(2, sample);
      Events left = EventAugmentation.parse("cutout(2)").apply(corners, 9, 11, random);
      words.removeAll(Recordings.words(left));
      dropped.addAll(words);
    }
    assertEquals(5, dropped.size());
  }

  @Test
  void cutoutDropsOneSquare() {
    for (long sample = 0; sample < 50; sample++) {
      List<String> left = Recordings.words(changed("cutout(4)", 0, sample));
      int minX = WIDTH;
      int maxX = -1;
      int minY = HEIGHT;
      int maxY = -1;
      for (int i = 0; i < EVENTS.size(); i++) {
        if (!left.contains(Recordings.words(EVENTS.slice(i, i + 1)).get(0))) {
          minX = Math.min(minX, EVENTS.x(i));
          maxX = Math.max(maxX, EVENTS.x(i));
          minY = Math.min(minY, EVENTS.y(i));
          maxY = Math.max(maxY, EVENTS.y(i));
        }
      }
      assertTrue(maxX - minX < 4 && maxY - minY < 4);
      for (String word : left) {
        Events event = Recordings.of(word);
        assertTrue(
            event.x(0) < minX || event.x(0) > maxX || event.y(0) < minY || event.y(0) > maxY);
      }
    }
  }

  @Test
  void jitterMovesByAtMostItsTime() {
    Events changed = changed("jitter(100)", 0, 0);
    assertEquals(EVENTS.size(), changed.size());
    List<String> places = new ArrayList<>();
    List<String> movedPlaces = new ArrayList<>();
    for (int i = 0; i < EVENTS.size(); i++) {
      places.add(EVENTS.x(i) + "," + EVENTS.y(i) + "," + EVENTS.polarity(i));
      movedPlaces.add(changed.x(i) + "," + changed.y(i) + "," + changed.polarity(i));
      // What is sorted is moved by at most as much as its parts.
      assertTrue(Math.abs(changed.micros(i) - EVENTS.micros(i)) <= 100);
    }
    assertNotEquals(places, movedPlaces);
    assertEquals(places.stream().sorted().toList(), movedPlaces.stream().sorted().toList());
    Events early = Recordings.at(0, 1, 2);
    Events moved = EventAugmentation.parse("jitter(50)").apply(early, 1, 1, new SampleRandom(3, 1));
    assertEquals(0, moved.micros(0), "no time is below 0");
  }

  @Test
  void polarityExchangesAllOrNone() {
    Set<Integer> exchanged = new HashSet<>();
    for (long sample = 0; sample < 40; sample++) {
      Events changed = changed("polarity", 0, sample);
      int differ = 0;
      for (int i = 0; i < EVENTS.size(); i++) {
        differ += EVENTS.polarity(i) ^ changed.polarity(i);
      }
      exchanged.add(differ);
    }
    assertEquals(Set.of(0, EVENTS.size()), exchanged);
  }

  @Test
  void dropsTheirShare() {
    double kept = 0;
    for (long sample = 0; sample < 100; sample++) {
      kept += changed("drop(0.3)", 0, sample).size();
    }
    // 40,000 events: five standard deviations of the share are 0.0115.
    assertEquals(0.7, kept / (100.0 * EVENTS.size()), 0.0115);
  }

  @Test
  void stretchesOfTime() {
    long start = EVENTS.micros(0);
    long end = EVENTS.micros(EVENTS.size() - 1);
    for (long sample = 0; sample < 100; sample++) {
      Events window = changed("window(1000)", 0, sample);
      long last = window.micros(window.size() - 1);
      assertTrue(last - window.micros(0) < 1000);
      assertEquals(
          Recordings.words(EVENTS.window(window.micros(0), last + 1)), Recordings.words(window));
      Events dropped = changed("droptime(0.25)", 0, sample);
      long longest = Math.max(dropped.micros(0) - start, end - dropped.micros(dropped.size() - 1));
      for (int i = 1; i < dropped.size(); i++) {
        longest = Math.max(longest, dropped.micros(i) - dropped.micros(i - 1));
      }
      // The gap is that of the stretch and at most one gap between events, 20, on each side.
      assertEquals((end - start + 1) * 0.25, (double) longest, 41);
    }
    assertSame(EVENTS, changed("window(2000000000)", 0, 0));
  }

  @Test
  void jitterKeepsTheOrderOfEventsOfOneTime() {
    Events same = Recordings.of("0,0,0,5", "1,0,0,5", "2,0,0,5", "3,0,0,5", "4,0,0,5", "5,0,0,5");
    Set<List<String>> orders = new HashSet<>();
    for (long sample = 0; sample < 50; sample++) {
      Events moved =
          EventAugmentation.parse("jitter(1)").apply(same, 9, 11, new SampleRandom(3, sample));
      for (int i = 1; i < moved.size(); i++) {
        boolean isSame = moved.micros(i) == moved.micros(i - 1);
        assertTrue(!isSame || moved.x(i) > moved.x(i - 1));
      }
      orders.add(Recordings.words(moved));
    }
    assertTrue(orders.size() > 10);
  }

  @Test
  void noneIsNone() {
    assertTrue(EventAugmentation.parse("none").isNone());
    assertEquals("none", EventAugmentation.none().toString());
    assertSame(EVENTS, changed("none", 0, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "flop",
        "flip(1)",
        "roll",
        "roll(0)",
        "roll(1.5)",
        "rotate(0)",
        "rotate(181)",
        "shear(90)",
        "cutout(0)",
        "nda(5,15,15)",
        "nda(5,15,15,0)",
        "jitter(0)",
        "jitter(3000000000)",
        "drop(0)",
        "drop(1)",
        "droptime(NaN)",
        "window(0)",
        "cutmix(0)",
        "cutmix(0.51)",
        "flip roll("
      })
  void wrongTextsAreExplained(String text) {
    UsageException e = assertThrows(UsageException.class, () -> EventAugmentation.parse(text));
    assertTrue(
        e.getMessage().startsWith("event augmentation \"" + text + "\": ")
            && e.getMessage().endsWith("; known: " + EventAugmentation.KNOWN),
        e.getMessage());
  }
}
