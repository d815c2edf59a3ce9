package org.klif.data.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.klif.KlifException;

/** A zip; its directory is read when it is opened. */
final class ZipFiles extends SampleFiles {
  private final Path archive;
  private final ZipFile zip;
  private final Map<String, ZipArchiveEntry> byName = new LinkedHashMap<>();
  private final List<Entry> inOrder = new ArrayList<>();

  ZipFiles(Path archive) {
    this.archive = archive;
    try {
      zip = ZipFile.builder().setPath(archive).setIgnoreLocalFileHeader(true).get();
    } catch (IOException | RuntimeException e) {
      throw NamedInputStream.unreadable(archive.toString(), e);
    }
    try {
      for (ZipArchiveEntry entry : Collections.list(zip.getEntriesInPhysicalOrder())) {
        add(entry);
      }
    } catch (KlifException e) {
      close();
      throw e;
    }
  }

  /** Whether a file begins as a zip does. */
  static boolean isZip(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(4);
      return start.length == 4
          && start[0] == 'P'
          && start[1] == 'K'
          && ((start[2] == 3 && start[3] == 4) || (start[2] == 5 && start[3] == 6));
    } catch (IOException e) {
      throw NamedInputStream.unreadable(file.toString(), e);
    }
  }

  private void add(ZipArchiveEntry entry) {
    if (entry.isDirectory() || isClutter(entry.getName())) {
      return;
    }
    checkName(archive, entry.getName());
    if (byName.put(entry.getName(), entry) != null) {
      throw new KlifException("%s holds %s twice".formatted(archive, entry.getName()));
    }
    if (byName.size() > MOST_ENTRIES) {
      throw new KlifException(archive + " holds more than " + MOST_ENTRIES + " files");
    }
    inOrder.add(new Entry(entry.getName(), entry.getSize()));
  }

  @Override
  public List<Entry> entries() {
    return inOrder.stream().sorted(Comparator.comparing(Entry::name)).toList();
  }

  @Override
  public NamedInputStream open(Entry entry) {
    ZipArchiveEntry found = byName.get(entry.name());
    if (found == null) {
      throw new KlifException("%s holds no %s".formatted(archive, entry.name()));
    }
    String name = archive + ":" + entry.name();
    try {
      return new NamedInputStream(
          new CheckedContent(zip.getInputStream(found), found.getSize(), found.getCrc()), name);
    } catch (IOException | RuntimeException e) {
      throw NamedInputStream.unreadable(name, e);
    }
  }

  @Override
  public void forEach(BiConsumer<Entry, InputStream> action) {
    for (Entry entry : inOrder) {
      try (NamedInputStream in = open(entry)) {
        action.accept(entry, in);
      }
    }
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      throw NamedInputStream.unreadable(archive.toString(), e);
    }
  }
}
