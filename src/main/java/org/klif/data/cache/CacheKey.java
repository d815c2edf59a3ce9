package org.klif.data.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.hash.Hashing;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a cache's content depends on: the reader's version, every option and the sum of the source
 * ({@link SourceSum}). Two caches have the same content when their keys are equal, so nothing that
 * changes the content may be left out.
 *
 * @param parts name and value of each, in the order of names
 */
public record CacheKey(SortedMap<String, String> parts) {
  /** Checks and copies the parts. */
  public CacheKey {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("a cache's key needs at least one part");
    }
    parts.forEach(
        (name, value) -> {
          if (!name.matches("[A-Za-z0-9._-]+") || value.contains("\n")) {
            throw new IllegalArgumentException("no part of a key: " + name + "=" + value);
          }
        });
    parts = Collections.unmodifiableSortedMap(new TreeMap<>(parts));
  }

  /** The key of these parts. */
  public static CacheKey of(Map<String, String> parts) {
    return new CacheKey(new TreeMap<>(parts));
  }

  /** One line {@code name=value} a part. */
  String text() {
    StringBuilder text = new StringBuilder();
    parts.forEach((name, value) -> text.append(name).append('=').append(value).append('\n'));
    return text.toString();
  }

  /** The file of a {@link FrameCache}. */
  String fileName() {
    return fileName(".frames");
  }

  /** A cache's file: the first half of the text's SHA-256, and an ending. */
  String fileName(String ending) {
    return Hashing.sha256().hashString(text(), UTF_8).toString().substring(0, 32) + ending;
  }
}
