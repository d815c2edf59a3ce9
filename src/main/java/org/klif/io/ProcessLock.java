package org.klif.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A lock on an empty file, which the system takes back when the process ends in whatever way. The
 * file stays: removing it would let two processes lock two files of one name.
 */
public final class ProcessLock implements AutoCloseable {
  private static final long MILLIS_BETWEEN_TRIES = 50;

  private final FileChannel channel;

  private ProcessLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * The lock, unless another process or thread has it.
   *
   * @param file made if it is not there, in a folder that is
   * @throws IOException when the file cannot be written
   */
  @SuppressWarnings("MustBeClosedChecker")
  public static Optional<ProcessLock> tryAcquire(Path file) throws IOException {
    FileChannel channel = NoLinks.open(file);
    boolean locked = false;
    try {
      locked = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // another thread of this process has it
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    return locked ? Optional.of(new ProcessLock(channel)) : Optional.empty();
  }

  /** The lock, however long somebody else has it; says so once. */
  public static ProcessLock await(Path file, Runnable waiting)
      throws IOException, InterruptedException {
    Optional<ProcessLock> lock = tryAcquire(file);
    if (lock.isEmpty()) {
      waiting.run();
    }
    while (lock.isEmpty()) {
      Thread.sleep(MILLIS_BETWEEN_TRIES);
      lock = tryAcquire(file);
    }
    return lock.get();
  }

  /** Waits until nobody has a file locked; false when that takes longer. */
  public static boolean awaitFree(Path file, long mostSeconds)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    while (Files.exists(file)) {
      Optional<ProcessLock> lock = tryAcquire(file);
      if (lock.isPresent()) {
        lock.get().close();
        return true;
      }
      if ((System.nanoTime() - begin) / 1_000_000_000L > mostSeconds) {
        return false;
      }
      Thread.sleep(MILLIS_BETWEEN_TRIES);
    }
    return true;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // nothing was written through it
    }
  }
}
