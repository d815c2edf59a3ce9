package org.klif.data;

import com.google.common.base.Splitter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.klif.data.cache.CacheKey;
import org.klif.data.cache.CacheProgress;
import org.klif.data.cache.FrameCache;
import org.klif.data.cache.SourceSum;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;

/** Makes a set's recordings into frames (T, 2, H, W), once: the next time they are in a cache. */
final class EventFrames {
  /**
   * Part of each cache's key. To be raised with every change of readers, splits or frame rules that
   * makes other frames, labels or parts of the same files.
   */
  private static final String VERSION = "1";

  /**
   * Gives both parts.
   *
   * @param entry with the rule's number of frames
   * @param filter of the recordings ahead of their frames
   * @param caches folder of the caches
   * @throws org.klif.KlifException when a recording is damaged, or the cache cannot be written
   */
  static DatasetPair read(
      CatalogueEntry entry,
      Placement placement,
      FrameRule rule,
      EventFilter filter,
      Path caches,
      CacheProgress progress) {
    SampleShape sensor = entry.shape();
    SampleShape shape = entry.withFilter(filter).shape();
    int height = shape.height();
    int width = shape.width();
    FrameCache cache =
        FrameCache.open(
            caches,
            key(entry, placement, rule, filter, caches),
            Frames.values(rule, height, width),
            sink ->
                EventSets.forEach(
                    entry,
                    placement,
                    (path, events) ->
                        sink.put(
                            text(path),
                            out ->
                                Frames.accumulate(
                                    filter.apply(events, sensor.height(), sensor.width()),
                                    rule,
                                    height,
                                    width,
                                    out))),
            Runtime.getRuntime().availableProcessors(),
            progress);
    LabelledSamples<Integer> samples = new LabelledSamples<>(entry.classNames());
    for (int i = 0; i < cache.samples(); i++) {
      samples.add(path(cache.name(i)), i);
    }
    return samples.pair(
        entry.name(),
        placement.containers().get(0),
        (name, places, labels) ->
            new CachedFrames(name, entry.classNames(), shape, cache, places, labels));
  }

  private static CacheKey key(
      CatalogueEntry entry, Placement placement, FrameRule rule, EventFilter filter, Path caches) {
    Map<String, String> parts = new TreeMap<>();
    parts.put("version", VERSION);
    parts.put("set", entry.name());
    parts.put("shape", entry.shape().toString());
    parts.put("frames", rule.toString());
    parts.put("filter", filter.toString());
    for (int i = 0; i < placement.containers().size(); i++) {
      parts.put("source" + i, SourceSum.of(placement.containers().get(i), caches));
    }
    return CacheKey.of(parts);
  }

  /** A sample's name in the cache: {@code train/3/00042.bin}, with the label's number. */
  private static String text(SamplePath path) {
    return (path.test() ? "test/" : "train/") + path.label() + "/" + path.file();
  }

  private static SamplePath path(String text) {
    List<String> parts = Splitter.on('/').limit(3).splitToList(text);
    return new SamplePath(
        parts.get(0).equals("test"), Integer.parseInt(parts.get(1)), parts.get(2));
  }

  private EventFrames() {}
}
