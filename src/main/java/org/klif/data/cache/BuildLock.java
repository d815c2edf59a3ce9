package org.klif.data.cache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import org.klif.KlifException;
import org.klif.io.NoLinks;

/**
 * The right to build one cache: a lock on the empty file {@code NAME.lock} beside it, which the
 * system takes back when the process ends in whatever way. The file stays, since removing it would
 * let two processes lock two files of one name.
 */
final class BuildLock implements AutoCloseable {
  private static final long MILLIS_BETWEEN_TRIES = 50;

  private final FileChannel channel;

  private BuildLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Waits for the lock, however long another process or thread builds. */
  @SuppressWarnings("MustBeClosedChecker")
  static BuildLock acquire(Path file, CacheProgress progress) {
    Path path = file.resolveSibling(file.getFileName() + ".lock");
    FileChannel channel;
    try {
      channel = NoLinks.open(path);
    } catch (IOException e) {
      throw CacheFile.cannotWrite(path, e);
    }
    boolean locked = false;
    try {
      locked = tryLock(channel);
      if (!locked) {
        progress.note("another run is building the cache " + file + "; waiting for it");
      }
      while (!locked) {
        Thread.sleep(MILLIS_BETWEEN_TRIES);
        locked = tryLock(channel);
      }
      return new BuildLock(channel);
    } catch (IOException e) {
      throw CacheFile.cannotWrite(path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KlifException("interrupted while waiting for the cache " + file, e);
    } finally {
      if (!locked) {
        closeQuietly(channel);
      }
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // Another thread of this process holds it.
      return false;
    }
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was written through it.
    }
  }
}
