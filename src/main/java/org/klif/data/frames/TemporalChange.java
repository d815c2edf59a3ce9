package org.klif.data.frames;

import org.klif.data.events.Events;
import org.klif.data.random.SampleRandom;

/** A random change of when events are, of their polarity, or of which there are. */
public sealed interface TemporalChange extends EventAugmentation {
  /**
   * Moves each event by its own whole number of microseconds in -micros..micros, uniform, not below
   * time 0, and orders the events by their new times.
   *
   * @param micros at least 1
   */
  record Jitter(int micros) implements TemporalChange {
    /** Checks the time. */
    public Jitter {
      if (micros < 1 || micros > 1_000_000_000) {
        throw new IllegalArgumentException(
            "jitter needs 1..1000000000 microseconds, not " + micros);
      }
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      EventCopy copy = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        int move = random.nextInt(2 * micros + 1) - micros;
        long time = Math.min(Events.LATEST, Math.max(0, events.micros(i) + move));
        copy.add(events.x(i), events.y(i), events.polarity(i), time);
      }
      return copy.build();
    }

    @Override
    public String toString() {
      return "jitter(" + micros + ")";
    }
  }

  /** Exchanges the two polarities of all events with probability 1/2. */
  record Polarity() implements TemporalChange {
    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      if (random.nextDouble() >= 0.5) {
        return events;
      }
      EventCopy copy = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        copy.add(events.x(i), events.y(i), 1 - events.polarity(i), events.micros(i));
      }
      return copy.build();
    }

    @Override
    public String toString() {
      return "polarity";
    }
  }

  /**
   * Drops each event with a probability, independently of the others.
   *
   * @param share the probability, above 0 and below 1
   */
  record Drop(double share) implements TemporalChange {
    /** Checks the share. */
    public Drop {
      requireShare("drop", share);
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      EventCopy copy = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        if (random.nextDouble() >= share) {
          copy.add(events, i);
        }
      }
      return copy.build();
    }

    @Override
    public String toString() {
      return "drop(" + Call.text(share) + ")";
    }
  }

  /**
   * Drops the events of a stretch of time: a share of the recording's duration that begins anywhere
   * in it, uniformly, so that it ends within it.
   *
   * @param share above 0 and below 1
   */
  record DropTime(double share) implements TemporalChange {
    /** Checks the share. */
    public DropTime {
      requireShare("droptime", share);
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      double place = random.nextDouble();
      if (events.size() == 0) {
        return events;
      }
      long start = events.micros(0);
      double duration = events.micros(events.size() - 1) - start + 1.0;
      long from = start + (long) (place * (1 - share) * duration);
      long to = from + (long) (share * duration);
      EventCopy copy = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        if (events.micros(i) < from || events.micros(i) >= to) {
          copy.add(events, i);
        }
      }
      return copy.build();
    }

    @Override
    public String toString() {
      return "droptime(" + Call.text(share) + ")";
    }
  }

  /**
   * Keeps a random window of time: one that begins at any whole microsecond such that it ends
   * within the recording, uniformly; all of a recording that is not longer.
   *
   * @param micros length of the window, at least 1
   */
  record Window(int micros) implements TemporalChange {
    /** Checks the time. */
    public Window {
      if (micros < 1) {
        throw new IllegalArgumentException("window needs at least 1 microsecond, not " + micros);
      }
    }

    @Override
    public Events apply(Events events, int height, int width, SampleRandom random) {
      double place = random.nextDouble();
      if (events.size() == 0) {
        return events;
      }
      long start = events.micros(0);
      long spare = events.micros(events.size() - 1) - start + 1 - micros;
      if (spare <= 0) {
        return events;
      }
      long from = start + (long) (place * (spare + 1));
      return events.window(from, from + micros);
    }

    @Override
    public String toString() {
      return "window(" + micros + ")";
    }
  }

  private static void requireShare(String name, double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(name + "'s share must be between 0 and 1, not " + share);
    }
  }
}
