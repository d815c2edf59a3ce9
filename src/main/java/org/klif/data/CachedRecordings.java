package org.klif.data;

import java.util.List;
import org.klif.data.cache.RecordCache;
import org.klif.data.events.EventPacking;
import org.klif.data.events.Events;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.RecordedSamples;

/** The recordings of one part of a set, packed in a cache. */
final class CachedRecordings implements RecordedSamples {
  private final RecordCache cache;
  private final List<Integer> places;
  private final FrameRule rule;

  /**
   * Some recordings of a cache.
   *
   * @param places of the samples' recordings in the cache
   */
  CachedRecordings(RecordCache cache, List<Integer> places, FrameRule rule) {
    this.cache = cache;
    this.places = List.copyOf(places);
    this.rule = rule;
  }

  @Override
  public int size() {
    return places.size();
  }

  @Override
  public Events recording(int i) {
    return EventPacking.unpack(cache.read(places.get(i)));
  }

  @Override
  public FrameRule rule() {
    return rule;
  }
}
