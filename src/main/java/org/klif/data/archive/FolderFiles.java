package org.klif.data.archive;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.klif.KlifException;

/** A folder with all it holds. */
final class FolderFiles extends SampleFiles {
  private final Path folder;
  private List<Entry> entries;

  FolderFiles(Path folder) {
    this.folder = folder;
  }

  @Override
  public List<Entry> entries() {
    if (entries == null) {
      try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
        entries =
            files
                .filter(Files::isRegularFile)
                .map(this::entry)
                .filter(e -> !isClutter(e.name()))
                .limit(MOST_ENTRIES + 1L)
                .sorted(Comparator.comparing(Entry::name))
                .toList();
      } catch (IOException | UncheckedIOException e) {
        throw NamedInputStream.unreadable(folder.toString(), e);
      }
      if (entries.size() > MOST_ENTRIES) {
        throw new KlifException(folder + " holds more than " + MOST_ENTRIES + " files");
      }
    }
    return entries;
  }

  private Entry entry(Path file) {
    try {
      String name = folder.relativize(file).toString();
      return new Entry(name.replace(file.getFileSystem().getSeparator(), "/"), Files.size(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public NamedInputStream open(Entry entry) {
    Path file = folder.resolve(entry.name());
    try {
      return new NamedInputStream(
          new BufferedInputStream(Files.newInputStream(file)), file.toString());
    } catch (IOException e) {
      throw NamedInputStream.unreadable(file.toString(), e);
    }
  }

  @Override
  public void forEach(BiConsumer<Entry, InputStream> action) {
    for (Entry entry : entries()) {
      try (NamedInputStream in = open(entry)) {
        action.accept(entry, in);
      }
    }
  }

  @Override
  public void close() {}
}
