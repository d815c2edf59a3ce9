package org.klif.data;

import com.google.common.base.Splitter;
import java.util.List;
import org.klif.data.events.Disorder;
import org.klif.data.events.Events;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;

/**
 * What became of one recording's events on their way into frames.
 *
 * @param events of the recording
 * @param disorder how many of them go back in time
 * @param kept those that the filter left
 * @param framed those of them that are in the frames
 */
record EventCounts(int events, Disorder disorder, int kept, int framed) {
  /** Of a recording, filtered and made into frames by a rule. */
  static EventCounts of(Events recording, Events filtered, FrameRule rule) {
    return new EventCounts(
        recording.size(), recording.disorder(), filtered.size(), Frames.covered(filtered, rule));
  }

  /** A text that a cache keeps beside the frames; {@link #parse} reads it. */
  String text() {
    return "%d %d %d %d %d %d %d"
        .formatted(
            events,
            disorder.events(),
            disorder.first(),
            disorder.from(),
            disorder.to(),
            kept,
            framed);
  }

  /** The counts of a text. */
  static EventCounts parse(String text) {
    List<Long> n = Splitter.on(' ').splitToStream(text).map(Long::valueOf).toList();
    return new EventCounts(
        n.get(0).intValue(),
        new Disorder(n.get(1), n.get(2), n.get(3), n.get(4)),
        n.get(5).intValue(),
        n.get(6).intValue());
  }

  /** With other frames of the same recording. */
  EventCounts framed(int other) {
    return new EventCounts(events, disorder, kept, other);
  }
}
