package org.klif.data;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.klif.data.cache.FrameCache;
import org.klif.data.frames.RecordedSamples;

/**
 * One part of a set of event recordings, whose frames are in a cache.
 *
 * @param places where the samples are in the cache
 * @param labels one a sample
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record CachedFrames(
    String name,
    List<String> classNames,
    SampleShape shape,
    FrameCache cache,
    List<Integer> places,
    byte[] labels,
    List<String> remarks,
    Optional<RecordedSamples> recordings)
    implements Dataset {
  /** Takes over the labels. */
  CachedFrames {
    classNames = List.copyOf(classNames);
    places = List.copyOf(places);
    remarks = List.copyOf(remarks);
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int label(int i) {
    return labels[i] & 255;
  }

  @Override
  public void read(int i, float[] destination, int offset) {
    Objects.checkFromIndexSize(offset, shape.values(), destination.length);
    cache.read(places.get(i), destination, offset);
  }

  /** Both parts share the cache, and closing it twice is harmless. */
  @Override
  public void close() {
    cache.close();
  }
}
