package org.klif.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.klif.data.events.Disorder;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;

/** What became of the events of several recordings, in sums and in sentences. */
public final class EventTally {
  private long recordings;
  private long events;
  private long back;
  private long disordered;
  private String firstDisordered = "";
  private Disorder disorder = Disorder.NONE;
  private long kept;
  private long emptied;
  private String firstEmptied = "";
  private long framed;

  EventTally() {}

  /**
   * Adds a recording.
   *
   * @param name for people
   */
  void add(String name, EventCounts counts) {
    recordings++;
    events += counts.events();
    kept += counts.kept();
    framed += counts.framed();
    if (counts.disorder().events() > 0) {
      if (disordered == 0) {
        firstDisordered = name;
        disorder = counts.disorder();
      }
      disordered++;
      back += counts.disorder().events();
    }
    if (counts.kept() == 0) {
      firstEmptied = emptied == 0 ? name : firstEmptied;
      emptied++;
    }
  }

  /** Events of all recordings. */
  public long events() {
    return events;
  }

  /** Those that go back in time. */
  public long back() {
    return back;
  }

  /** Recordings with events that go back in time. */
  public long disordered() {
    return disordered;
  }

  /** Events that the filter left. */
  public long kept() {
    return kept;
  }

  /** Recordings of which the filter left nothing. */
  public long emptied() {
    return emptied;
  }

  /** Events in frames. */
  public long framed() {
    return framed;
  }

  /**
   * One sentence for each thing that somebody who uses these recordings must know; none where every
   * event is in order and in a frame.
   *
   * @param what the recordings belong to
   */
  List<String> sentences(String what, EventFilter filter, FrameRule rule) {
    List<String> sentences = new ArrayList<>();
    if (back > 0) {
      sentences.add(
          "%s: %s in time, first %s%s; frames are made of them in the order of time"
              .formatted(
                  what,
                  recordings == 1
                      ? "%,d of %,d events go back".formatted(back, events)
                      : "in %,d of %,d recordings events go back, %,d of %,d events"
                          .formatted(disordered, recordings, back, events),
                  disorder.where(),
                  firstDisordered.equals(what) ? "" : " of " + firstDisordered));
    }
    if (kept < events) {
      sentences.add(
          "%s: the filter %s leaves out %s%s"
              .formatted(what, filter, share(events - kept, events), emptiedText()));
    }
    if (framed < kept) {
      sentences.add(
          "%s: frames by %s leave out %s: what comes later than %,d microseconds after a recording's first event"
              .formatted(what, rule, share(kept - framed, kept), rule.steps() * rule.micros()));
    }
    return sentences;
  }

  private String emptiedText() {
    return emptied == 0
        ? ""
        : recordings == 1
            ? ": a black sample"
            : ", and every event of %,d of %,d recordings, first %s: black samples"
                .formatted(emptied, recordings, firstEmptied);
  }

  private static String share(long part, long all) {
    return String.format(
        Locale.ROOT, "%.2f %% of the events (%,d of %,d)", 100.0 * part / all, part, all);
  }
}
