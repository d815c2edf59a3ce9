package org.klif.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.klif.KlifException;

/**
 * Files that grow and folders below one that a user named: a stranger may have put links in their
 * places, or pipes, at which a writer would wait for ever. Neither is followed.
 */
public final class NoLinks {
  private NoLinks() {}

  /**
   * Opens a file to write in it; it is made if it is not there.
   *
   * @param options more of them, as APPEND
   * @throws IOException with a reason when something else than a file is in its place
   */
  @SuppressWarnings("MustBeClosedChecker")
  public static FileChannel open(Path file, StandardOpenOption... options) throws IOException {
    if (Files.isSymbolicLink(file)) {
      throw new FileSystemException(
          file.toString(), null, "it is a link, which Klif does not write through; remove it");
    }
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(file.toString(), null, "it is no file; remove it");
    }
    Set<OpenOption> all = new HashSet<>(List.of(options));
    all.addAll(
        List.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
    return FileChannel.open(file, all);
  }

  /** Makes a file where there is none, not even a link. */
  @SuppressWarnings("MustBeClosedChecker")
  public static FileChannel create(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /**
   * Makes a folder inside of another one, if it is not there.
   *
   * @throws KlifException when it cannot be made, or a link is in its place
   */
  public static Path folder(Path folder) {
    if (Files.isSymbolicLink(folder)) {
      throw new KlifException(
          "Cannot write into %s: it is a link, which Klif does not write through; remove it"
              .formatted(folder));
    }
    try {
      return Files.createDirectories(folder);
    } catch (FileAlreadyExistsException e) {
      throw new KlifException("Cannot create " + folder + ": it is no folder", e);
    } catch (IOException e) {
      throw new KlifException("Cannot create " + folder + ": " + AtomicFile.reason(e), e);
    }
  }
}
