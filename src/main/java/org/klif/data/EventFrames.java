package org.klif.data;

import com.google.common.base.Splitter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.klif.KlifException;
import org.klif.data.cache.CacheKey;
import org.klif.data.cache.CacheProgress;
import org.klif.data.cache.FrameCache;
import org.klif.data.cache.RecordCache;
import org.klif.data.cache.SampleSource;
import org.klif.data.cache.SourceSum;
import org.klif.data.events.EventPacking;
import org.klif.data.events.Events;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;
import org.klif.data.frames.RecordedSamples;
import org.klif.data.frames.Sensor;

/**
 * Makes a set's recordings into frames (T, C, H, W), once: the next time they are in a cache. Where
 * training changes the recordings in each epoch, they are kept too, in a cache of their own that
 * serves all frame rules.
 *
 * @param filter of the recordings ahead of their frames
 * @param caches folder of the caches
 */
record EventFrames(
    CatalogueEntry entry,
    Placement placement,
    EventFilter filter,
    Path caches,
    CacheProgress progress) {
  /**
   * Part of each cache's key. To be raised with every change of readers, splits or frame rules that
   * makes other frames, labels or parts of the same files, or another sum of them.
   */
  private static final String VERSION = "3";

  /**
   * Gives both parts.
   *
   * @param withRecordings the parts have recordings too
   * @throws KlifException when a recording is damaged, or a cache cannot be written
   */
  DatasetPair read(FrameRule rule, boolean withRecordings) {
    SampleShape shape = entry.withFrames(rule, filter).shape();
    Sensor sensor = filter.left(entry.sensor());
    Map<String, String> key = key();
    Optional<RecordCache> recordings =
        withRecordings ? Optional.of(recordings(key)) : Optional.empty();
    key.put("shape", shape.toString());
    key.put("frames", rule.toString());
    FrameCache cache =
        FrameCache.open(
            caches,
            CacheKey.of(key),
            shape.values(),
            frames(rule, sensor, recordings),
            Runtime.getRuntime().availableProcessors(),
            progress);
    LabelledSamples<Integer> samples = new LabelledSamples<>(entry.classNames());
    for (int i = 0; i < cache.samples(); i++) {
      samples.add(path(cache.name(i)), i);
    }
    Map<String, Integer> byName = new HashMap<>();
    recordings.ifPresent(
        all -> {
          for (int i = 0; i < all.samples(); i++) {
            byName.put(all.name(i), i);
          }
        });
    List<String> remarks = remarks(cache, rule);
    return samples.pair(
        entry.name(),
        placement.containers().get(0),
        (name, places, labels) ->
            new CachedFrames(
                name,
                entry.classNames(),
                shape,
                cache,
                places,
                labels,
                remarks,
                recordings.map(all -> part(all, cache, places, byName, sensor, rule))));
  }

  private static RecordedSamples part(
      RecordCache all,
      FrameCache frames,
      List<Integer> places,
      Map<String, Integer> byName,
      Sensor sensor,
      FrameRule rule) {
    return new CachedRecordings(
        all, places.stream().map(place -> byName.get(frames.name(place))).toList(), sensor, rule);
  }

  /**
   * What somebody must know who uses these frames.
   *
   * @throws KlifException when not one event is left in them
   */
  private List<String> remarks(FrameCache cache, FrameRule rule) {
    EventTally tally = new EventTally();
    for (int i = 0; i < cache.samples(); i++) {
      tally.add(cache.name(i), EventCounts.parse(cache.remark(i)));
    }
    if (tally.kept() == 0 && tally.events() > 0) {
      throw new KlifException(
          "the filter %s leaves no event of any recording of %s: give it other numbers, or leave it out"
              .formatted(filter, entry.name()));
    }
    return tally.sentences(entry.name(), filter, rule);
  }

  /** Packed recordings, filtered. */
  private RecordCache recordings(Map<String, String> key) {
    Consumer<RecordCache.Sink> source =
        sink -> {
          progress.begin(EventSets.count(entry, placement));
          EventSets.forEach(
              entry,
              placement,
              (path, events) -> sink.put(text(path), () -> packed(events, filtered(events))));
        };
    // the sensor's size is the set's, and the frames do not matter
    return RecordCache.open(
        caches, CacheKey.of(key), source, Runtime.getRuntime().availableProcessors(), progress);
  }

  private static RecordCache.Content packed(Events events, Events left) {
    EventCounts counts =
        new EventCounts(events.size(), events.disorder(), left.size(), left.size());
    return new RecordCache.Content(EventPacking.pack(left), counts.text());
  }

  private Events filtered(Events events) {
    return filter.apply(events, entry.shape().height(), entry.shape().width());
  }

  /** Frames of the recordings in the cache where there is one, else of the set's own files. */
  private SampleSource frames(FrameRule rule, Sensor sensor, Optional<RecordCache> recordings) {
    if (recordings.isPresent()) {
      RecordCache all = recordings.orElseThrow();
      return sink -> {
        progress.begin(all.samples());
        for (int i = 0; i < all.samples(); i++) {
          int place = i;
          sink.put(
              all.name(i),
              values -> {
                Events left = EventPacking.unpack(all.read(place));
                Frames.accumulate(left, rule, sensor, values);
                int framed = Frames.covered(left, rule);
                return EventCounts.parse(all.remark(place)).framed(framed).text();
              });
        }
      };
    }
    return sink -> {
      progress.begin(EventSets.count(entry, placement));
      EventSets.forEach(
          entry,
          placement,
          (path, events) ->
              sink.put(
                  text(path),
                  values -> {
                    Events left = filtered(events);
                    Frames.accumulate(left, rule, sensor, values);
                    return EventCounts.of(events, left, rule).text();
                  }));
    };
  }

  private Map<String, String> key() {
    Map<String, String> parts = new TreeMap<>();
    parts.put("version", VERSION);
    parts.put("set", entry.name());
    parts.put("filter", filter.toString());
    for (int i = 0; i < placement.containers().size(); i++) {
      parts.put("source" + i, SourceSum.of(placement.containers().get(i), caches));
    }
    return parts;
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
}
