package org.klif.data.archive;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import org.klif.KlifException;

/**
 * The files in a folder, a zip or a tar (plain, gzip or xz; told from its content), none of them
 * unpacked to disk. May be used by one thread at a time.
 *
 * <p>{@link #open} at random is quick in a folder and a zip. A tar is read from its beginning to
 * the entry; entries opened in the archive's order, which {@link #forEach} has, cost one pass in
 * all.
 */
public abstract sealed class SampleFiles implements AutoCloseable
    permits FolderFiles, ZipFiles, TarFiles {
  /** More entries than this are refused: 2^20. CIFAR-10 as JPEGs has 60,000, N-MNIST 70,000. */
  static final int MOST_ENTRIES = 1 << 20;

  /**
   * One file.
   *
   * @param name its path in the folder or archive, with {@code /} between parts
   * @param size in bytes, as the folder or archive says; nothing to allocate by
   */
  public record Entry(String name, long size) {}

  /** For the three kinds. */
  SampleFiles() {}

  /**
   * Opens a folder or an archive.
   *
   * @throws KlifException when it is neither, or cannot be read
   */
  public static SampleFiles open(Path place) {
    if (Files.isDirectory(place)) {
      return new FolderFiles(place);
    }
    return ZipFiles.isZip(place) ? new ZipFiles(place) : new TarFiles(place);
  }

  /** Whether {@link #entries} of such a folder or archive needs no pass over its content. */
  public static boolean isListedQuickly(Path place) {
    return Files.isDirectory(place) || ZipFiles.isZip(place);
  }

  /**
   * All files, sorted by name; what systems add on their own ({@code __MACOSX/}, {@code ._*}) is
   * left out.
   *
   * @throws KlifException when the archive is damaged or a name is there twice
   */
  public abstract List<Entry> entries();

  /**
   * The content of one of {@link #entries()}. Valid until the next call of open, forEach or close;
   * reading it throws {@link KlifException}s that name archive and entry.
   */
  public abstract NamedInputStream open(Entry entry);

  /** Every file with its content, in the archive's order: one pass. */
  public abstract void forEach(BiConsumer<Entry, InputStream> action);

  @Override
  public abstract void close();

  /**
   * Checks a name before it gets into messages.
   *
   * @throws KlifException when it holds control characters
   */
  static String checkName(Path archive, String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
        throw new KlifException(
            archive + " is damaged: a file in it has a name with control characters");
      }
    }
    return name;
  }

  /** Whether a name is that of a file which systems add on their own. */
  static boolean isClutter(String name) {
    return name.startsWith("__MACOSX/")
        || name.substring(name.lastIndexOf('/') + 1).startsWith("._");
  }
}
