package org.klif.reproduce;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.PriorityQueue;

/**
 * Which runs are done now, and which are left for another time.
 *
 * @param now in the order of their start
 * @param leftOut what does not fit, in the order of the table
 */
record Plan(List<Entry> now, List<Entry> leftOut) {
  /** Less than this is not worth starting a run for. */
  static final double SHORTEST_PART_SECONDS = 15;

  /** How much of a run is done. */
  enum Share {
    /** To its end. */
    WHOLE,
    /** As far as the time goes; it goes on from there next time. */
    PART
  }

  /**
   * A run that is not finished.
   *
   * @param experiment which
   * @param seconds that it still takes; empty when nothing is known of it
   * @param share that is done now; for one that is left out, PART when some was done before
   */
  record Entry(Experiment experiment, OptionalDouble seconds, Share share) {
    Entry as(Share other) {
      return new Entry(experiment, seconds, other);
    }
  }

  Plan {
    now = List.copyOf(now);
    leftOut = List.copyOf(leftOut);
  }

  /** Everything, when time does not matter. */
  static Plan all(List<Entry> open) {
    return new Plan(open.stream().map(entry -> entry.as(Share.WHOLE)).toList(), List.of());
  }

  /**
   * What fits: runs in their order, each on the worker that is free first; one that would not be
   * done in time is passed over for shorter ones behind it. The time that a worker has left is
   * spent on a run that does not fit: it is interrupted and goes on next time.
   *
   * @param open runs that are not finished, the most wanted first
   * @param budget seconds from now
   * @param workers that run at once
   */
  static Plan within(List<Entry> open, double budget, int workers) {
    PriorityQueue<Double> busyUntil = new PriorityQueue<>();
    for (int i = 0; i < workers; i++) {
      busyUntil.add(0.0);
    }
    List<Entry> now = new ArrayList<>();
    List<Entry> left = new ArrayList<>();
    for (Entry entry : open) {
      double free = busyUntil.element();
      if (entry.seconds().isPresent() && free + entry.seconds().getAsDouble() <= budget) {
        busyUntil.remove();
        busyUntil.add(free + entry.seconds().getAsDouble());
        now.add(entry.as(Share.WHOLE));
      } else {
        left.add(entry);
      }
    }
    // a run that was begun is finished ahead of one that was not
    List<Entry> parts =
        left.stream().sorted(Comparator.comparing(e -> e.share() == Share.PART ? 0 : 1)).toList();
    for (Entry entry : parts) {
      if (!busyUntil.isEmpty() && budget - busyUntil.element() >= SHORTEST_PART_SECONDS) {
        busyUntil.remove();
        now.add(entry.as(Share.PART));
        left.remove(entry);
      }
    }
    return new Plan(now, left);
  }
}
