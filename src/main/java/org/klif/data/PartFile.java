package org.klif.data;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.klif.KlifException;
import org.klif.io.NoLinks;

/**
 * A file on its way: {@code NAME.part} beside its final place, locked against a second process.
 * What an interrupted download has brought stays there, to be continued; when a write fails (a full
 * disk), it is removed.
 *
 * <p>Failures of this machine's disk are {@link KlifException}s, so they are not mistaken for a
 * source's IOException.
 */
final class PartFile implements AutoCloseable {
  private final Path target;
  private final Path part;
  private final FileChannel channel;
  private boolean gone;

  private PartFile(Path target, Path part, FileChannel channel) {
    this.target = target;
    this.part = part;
    this.channel = channel;
  }

  /**
   * Opens or creates the part of {@code target}.
   *
   * @throws KlifException when the folder cannot be written, or another process is at work on the
   *     same file
   */
  @SuppressWarnings("MustBeClosedChecker")
  static PartFile open(Path target) {
    Path part = target.resolveSibling(target.getFileName() + ".part");
    FileChannel channel;
    try {
      channel = NoLinks.open(part);
    } catch (IOException e) {
      throw cannotWrite(part, e);
    }
    try {
      // The file may have been finished and renamed between opening and locking.
      if (channel.tryLock() != null && Files.exists(part)) {
        return new PartFile(target, part, channel);
      }
    } catch (OverlappingFileLockException e) {
      // This process holds it: the same refusal as for another process.
    } catch (IOException e) {
      closeQuietly(channel);
      throw cannotWrite(part, e);
    }
    closeQuietly(channel);
    throw new KlifException("another download is writing " + part + "; wait for it to end");
  }

  /** The file being written. */
  Path path() {
    return part;
  }

  /** Bytes there so far. */
  long size() {
    try {
      return channel.size();
    } catch (IOException e) {
      throw cannotWrite(part, e);
    }
  }

  /** Adds bytes at the end. */
  void append(byte[] bytes, int length) {
    try {
      channel.position(channel.size());
      Channels.newOutputStream(channel).write(bytes, 0, length);
    } catch (IOException e) {
      discard();
      throw cannotWrite(part, e);
    }
  }

  /** Throws away what is there, to begin again. */
  void restart() {
    try {
      channel.truncate(0);
    } catch (IOException e) {
      throw cannotWrite(part, e);
    }
  }

  /** Removes the part; only {@link #close} may follow. */
  void discard() {
    try {
      gone = true;
      Files.deleteIfExists(part);
    } catch (IOException e) {
      throw cannotWrite(part, e);
    }
  }

  /** Makes the part the final file; only {@link #close} may follow. */
  void publish() {
    try {
      channel.force(true);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      gone = true;
    } catch (IOException e) {
      discard();
      throw cannotWrite(target, e);
    }
  }

  /** Leaves the part for a later attempt, unless it is empty. */
  @Override
  public void close() {
    if (!gone && size() == 0) {
      discard();
    }
    closeQuietly(channel);
  }

  /** A failure to write, with the remedy. */
  static KlifException cannotWrite(Path file, IOException cause) {
    return new KlifException(
        "cannot write %s: %s; make room there, or choose another folder, with KLIF_DATA for instance"
            .formatted(file, HttpSource.reason(cause)),
        cause);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was lost: all writes have succeeded or were reported.
    }
  }
}
