package org.klif.data;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.klif.data.cache.FrameCache;
import org.klif.data.frames.RecordedSamples;

/** One part of a set of event recordings, whose frames are in a cache. */
final class CachedFrames implements Dataset {
  private final String name;
  private final List<String> classNames;
  private final SampleShape shape;
  private final FrameCache cache;

  /** Where the samples are in the cache. */
  private final List<Integer> places;

  private final byte[] labels;
  private final List<String> remarks;
  private final Optional<RecordedSamples> recordings;

  CachedFrames(
      String name,
      List<String> classNames,
      SampleShape shape,
      FrameCache cache,
      List<Integer> places,
      byte[] labels,
      List<String> remarks,
      Optional<RecordedSamples> recordings) {
    this.name = name;
    this.classNames = List.copyOf(classNames);
    this.shape = shape;
    this.cache = cache;
    this.places = List.copyOf(places);
    this.labels = labels;
    this.remarks = List.copyOf(remarks);
    this.recordings = recordings;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public SampleShape shape() {
    return shape;
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

  @Override
  public List<String> remarks() {
    return remarks;
  }

  @Override
  public Optional<RecordedSamples> recordings() {
    return recordings;
  }

  /** Both parts share the cache, and closing it twice is harmless. */
  @Override
  public void close() {
    cache.close();
  }
}
