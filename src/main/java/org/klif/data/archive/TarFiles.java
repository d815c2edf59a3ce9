package org.klif.data.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.klif.KlifException;

/** A tar, plain or compressed. One pass finds the entries; then a cursor moves forward. */
final class TarFiles extends SampleFiles {
  private final Path archive;

  /** Place of each file in the archive's order; null before the first pass. */
  private Map<String, Integer> places;

  private final List<Entry> inOrder = new ArrayList<>();
  private TarArchiveInputStream cursor;
  private TarContent content;

  /** Number of files the cursor has passed. */
  private int passed;

  TarFiles(Path archive) {
    this.archive = archive;
    rewind();
    if (next() == null) {
      close();
      throw new KlifException(
          archive + " is neither a zip nor a tar (plain, .gz or .xz) with files in it");
    }
    close();
  }

  @Override
  public List<Entry> entries() {
    index();
    return inOrder.stream().sorted(Comparator.comparing(Entry::name)).toList();
  }

  private void index() {
    if (places == null) {
      Map<String, Integer> found = new HashMap<>();
      inOrder.clear();
      rewind();
      for (Entry entry = next(); entry != null; entry = next()) {
        if (found.put(entry.name(), inOrder.size()) != null) {
          throw new KlifException("%s holds %s twice".formatted(archive, entry.name()));
        }
        if (found.size() > MOST_ENTRIES) {
          throw new KlifException(archive + " holds more than " + MOST_ENTRIES + " files");
        }
        inOrder.add(entry);
      }
      close();
      places = found;
    }
  }

  @Override
  public NamedInputStream open(Entry entry) {
    index();
    Integer place = places.get(entry.name());
    if (place == null) {
      throw new KlifException("%s holds no %s".formatted(archive, entry.name()));
    }
    if (cursor == null || passed > place) {
      rewind();
    }
    while (passed <= place) {
      if (next() == null) {
        throw new KlifException(archive + " changed while it was read");
      }
    }
    return content(entry);
  }

  @Override
  public void forEach(BiConsumer<Entry, InputStream> action) {
    rewind();
    for (Entry entry = next(); entry != null; entry = next()) {
      action.accept(entry, content(entry));
    }
    close();
  }

  /** What the cursor is at; closing it leaves the cursor open. */
  private NamedInputStream content(Entry entry) {
    return new NamedInputStream(
        new FilterInputStream(cursor) {
          @Override
          public void close() {
            // the archive goes on
          }
        },
        archive + ":" + entry.name());
  }

  private void rewind() {
    close();
    try {
      content = new TarContent(Compression.content(archive));
      cursor = new TarArchiveInputStream(content);
      passed = 0;
    } catch (IOException | RuntimeException e) {
      throw NamedInputStream.unreadable(archive.toString(), e);
    }
  }

  /** Moves the cursor to the next file; null at the end. */
  private Entry next() {
    try {
      TarArchiveEntry entry = cursor.getNextEntry();
      while (entry != null && (!isPlain(entry) || isClutter(entry.getName()))) {
        entry = cursor.getNextEntry();
      }
      if (entry == null) {
        if (!content.finish() && passed > 0) {
          throw new KlifException(
              archive
                  + " is cut short: the blocks that close a tar are absent; get the file again");
        }
        return null;
      }
      passed++;
      String name = checkName(archive, entry.getName());
      return new Entry(name.startsWith("./") ? name.substring(2) : name, entry.getSize());
    } catch (IOException | RuntimeException e) {
      throw NamedInputStream.unreadable(archive.toString(), e);
    }
  }

  /** Whether it is a file with content of its own: no folder, link or device. */
  private static boolean isPlain(TarArchiveEntry entry) {
    byte kind = entry.getLinkFlag();
    return (kind == TarConstants.LF_NORMAL || kind == TarConstants.LF_OLDNORM)
        && !entry.getName().endsWith("/");
  }

  @Override
  public void close() {
    TarArchiveInputStream open = cursor;
    cursor = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        throw NamedInputStream.unreadable(archive.toString(), e);
      }
    }
  }
}
