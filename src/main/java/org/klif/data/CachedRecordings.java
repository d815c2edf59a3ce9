package org.klif.data;

import java.util.List;
import org.klif.data.cache.RecordCache;
import org.klif.data.events.EventPacking;
import org.klif.data.events.Events;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.RecordedSamples;
import org.klif.data.frames.Sensor;

/**
 * The recordings of one part of a set, packed in a cache.
 *
 * @param places of the samples' recordings in the cache
 */
record CachedRecordings(RecordCache cache, List<Integer> places, Sensor sensor, FrameRule rule)
    implements RecordedSamples {
  CachedRecordings {
    places = List.copyOf(places);
  }

  @Override
  public int size() {
    return places.size();
  }

  @Override
  public Events recording(int i) {
    return EventPacking.unpack(cache.read(places.get(i)));
  }
}
