package org.klif.data;

import org.klif.KlifException;
import org.klif.data.events.Events;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;

/** Makes a set's recordings into frames (T, 2, H, W) in memory. */
final class EventFrames {
  /** What the program itself needs beside the frames. */
  private static final double SHARE_OF_MEMORY = 0.8;

  /**
   * Reads both parts.
   *
   * @param entry with the rule's number of frames
   * @throws KlifException when a recording is damaged, or the frames of the whole set would not fit
   */
  static DatasetPair read(CatalogueEntry entry, Placement placement, FrameRule rule) {
    SampleShape shape = entry.shape();
    LabelledSamples<FrameSequences.Packed> samples = new LabelledSamples<>(entry.classNames());
    float[] frames = new float[Frames.values(rule, shape.height(), shape.width())];
    long room = (long) (SHARE_OF_MEMORY * Runtime.getRuntime().maxMemory());
    long[] taken = {0};
    EventSets.forEach(
        entry,
        placement,
        (path, events) -> {
          taken[0] += frames.length;
          if (taken[0] > room) {
            throw new KlifException(
                "the frames of %s do not fit into Java's memory of %d MiB: give it more with JAVA_TOOL_OPTIONS=-Xmx..., or take a smaller T"
                    .formatted(entry.name(), Runtime.getRuntime().maxMemory() >> 20));
          }
          samples.add(path, packed(events, rule, shape, frames));
        });
    return samples.pair(
        entry.name(),
        placement.containers().get(0),
        (name, values, labels) ->
            new FrameSequences(name, entry.classNames(), shape, values, labels));
  }

  private static FrameSequences.Packed packed(
      Events events, FrameRule rule, SampleShape shape, float[] frames) {
    Frames.accumulate(events, rule, shape.height(), shape.width(), frames);
    return FrameSequences.Packed.of(frames);
  }

  private EventFrames() {}
}
