package org.klif.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.klif.KlifException;

/**
 * Writes a file whole or not at all: a new file of a random name in the same folder, then a rename.
 * No link is followed, since a folder may be a stranger's: one in the file's place is replaced.
 *
 * <p>A process that is killed leaves its new file, NAME.(16 hexadecimal digits).tmp. It is removed
 * when NAME is next written: the writer holds a lock on it, which the system takes back.
 */
public final class AtomicFile {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String ENDING = ".tmp";

  /** A file is locked a moment after it was made. */
  private static final Duration UNLOCKED_YET = Duration.ofSeconds(10);

  private static final FileAttribute<?> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** Writes the bytes of a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes all bytes, from the first to the last. */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /** Writes a file by its name. */
  @FunctionalInterface
  public interface Maker {
    /** Writes the file of that name, where an empty one is. */
    void make(Path file) throws IOException;
  }

  /**
   * Replaces {@code file} by {@code bytes}. A reader sees the old content or the new, never a part.
   *
   * @throws KlifException when the file cannot be written; the old file is then untouched
   */
  public static void write(Path file, byte[] bytes) {
    write(file, content(bytes));
  }

  /** As {@link #write(Path, byte[])}, in UTF-8. */
  public static void write(Path file, String text) {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Replaces {@code file} by what {@code content} writes, without holding all of it in memory.
   *
   * @throws KlifException when the file cannot be written; the old file is then untouched
   */
  public static void write(Path file, Content content) {
    replace(file, (channel, name) -> content.writeTo(channel));
  }

  /**
   * Replaces {@code file} by what {@code maker} makes, for writers that take a name only.
   *
   * @throws KlifException when the file cannot be written; the old file is then untouched
   */
  public static void make(Path file, Maker maker) {
    replace(file, (channel, name) -> maker.make(name));
  }

  /** As {@link #write(Path, byte[])}; only the user can read and write the file. */
  static void writePrivate(Path file, byte[] bytes) {
    replace(file, (channel, name) -> content(bytes).writeTo(channel), PRIVATE);
  }

  /** Fills the new file, which is open and has that name. */
  private interface Filling {
    void fill(FileChannel channel, Path name) throws IOException;
  }

  private static Content content(byte[] bytes) {
    return channel -> Channels.newOutputStream(channel).write(bytes);
  }

  private static void replace(Path file, Filling filling, FileAttribute<?>... attributes) {
    Path temporary =
        file.resolveSibling("%s.%016x%s".formatted(file.getFileName(), RANDOM.nextLong(), ENDING));
    try {
      removeAbandoned(file);
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              attributes)) {
        lock(channel);
        filling.fill(channel, temporary);
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      KlifException failure = new KlifException("Cannot write " + file + ": " + reason(e), e);
      delete(temporary, failure);
      throw failure;
    } catch (RuntimeException e) {
      delete(temporary, e);
      throw e;
    }
  }

  private static void lock(FileChannel channel) {
    try {
      channel.tryLock(); // given back when the channel is closed
    } catch (IOException e) {
      // a file system without locks: what a killed process leaves there stays
      return;
    }
  }

  private static void removeAbandoned(Path file) {
    Pattern name =
        Pattern.compile(
            Pattern.quote(file.getFileName().toString()) + "\\.[0-9a-f]{16}\\" + ENDING);
    FileTime before = FileTime.from(Instant.now().minus(UNLOCKED_YET));
    try (Stream<Path> all = Files.list(file.toAbsolutePath().getParent())) {
      for (Path one :
          all.filter(p -> name.matcher(p.getFileName().toString()).matches()).toList()) {
        if (Files.isRegularFile(one, LinkOption.NOFOLLOW_LINKS)
            && Files.getLastModifiedTime(one).compareTo(before) < 0) {
          removeUnlocked(one);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      // the next writing tries again; whether the folder can be written shows in a moment
      return;
    }
  }

  private static void removeUnlocked(Path file) {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      if (channel.tryLock() != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | OverlappingFileLockException e) {
      // somebody is still writing it, or it is another user's: no reason not to write
      return;
    }
  }

  private static void delete(Path temporary, RuntimeException failure) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** The cause of a failed file operation in a few words, without the path again. */
  public static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NotDirectoryException) {
      return "not a folder";
    }
    if (e instanceof CharacterCodingException) {
      return "it is not text in UTF-8";
    }
    if (e instanceof FileSystemException f) {
      // its message begins with the path
      return f.getReason() == null ? f.getClass().getSimpleName() : f.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private AtomicFile() {}
}
