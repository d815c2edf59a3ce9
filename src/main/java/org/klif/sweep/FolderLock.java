package org.klif.sweep;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.io.NoLinks;

/**
 * A lock on a file, which the system takes back when the process ends in whatever way. The file
 * stays: removing it would let two processes lock two files of one name.
 */
final class FolderLock implements AutoCloseable {
  private static final long MILLIS_BETWEEN_TRIES = 50;

  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Locks a file, or says what to do when somebody else has it. */
  static FolderLock acquire(Path file, String inUse) {
    try {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      FileChannel channel = NoLinks.open(file);
      if (!tryLock(channel)) {
        channel.close();
        throw new KlifException(inUse);
      }
      return new FolderLock(channel);
    } catch (IOException e) {
      throw new KlifException("Cannot write " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Waits until nobody has a file locked.
   *
   * @throws KlifException when that takes longer
   */
  static void awaitFree(Path file, long mostSeconds, String inUse) throws InterruptedException {
    long begin = System.nanoTime();
    while (Files.exists(file)) {
      try (FileChannel channel = NoLinks.open(file)) {
        if (tryLock(channel)) {
          return;
        }
      } catch (IOException e) {
        throw new KlifException("Cannot write " + file + ": " + AtomicFile.reason(e), e);
      }
      if ((System.nanoTime() - begin) / 1_000_000_000L > mostSeconds) {
        throw new KlifException(inUse);
      }
      Thread.sleep(MILLIS_BETWEEN_TRIES);
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // another thread of this process has it
      return false;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // nothing was written through it
      return;
    }
  }
}
