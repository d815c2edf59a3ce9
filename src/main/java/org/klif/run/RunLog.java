package org.klif.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import org.klif.KlifException;
import org.klif.Printable;
import org.klif.io.AtomicFile;
import org.klif.io.NoLinks;

/**
 * log.txt of a run folder: what was printed, with the time. While it is open it is locked, so that
 * two processes cannot train in one folder; the system unlocks it when a process is killed.
 */
public final class RunLog implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;

  private RunLog(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Opens the log for more lines. */
  public static RunLog open(RunFolder folder) {
    Path file = folder.log();
    try {
      FileChannel channel = NoLinks.open(file, StandardOpenOption.APPEND);
      try {
        FileLock lock = channel.tryLock();
        if (lock == null) {
          throw inUse(folder);
        }
      } catch (OverlappingFileLockException e) {
        channel.close();
        throw inUse(folder);
      } catch (KlifException | IOException e) {
        channel.close();
        throw e;
      }
      return new RunLog(file, channel);
    } catch (IOException e) {
      throw new KlifException("Cannot write " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static KlifException inUse(RunFolder folder) {
    return new KlifException(
        "another process is training in %s; wait for it, or choose another folder"
            .formatted(folder.path()));
  }

  /** Adds lines. */
  public void write(String lines) {
    String time =
        LocalDateTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS).toString();
    StringBuilder text = new StringBuilder();
    lines
        .lines()
        .forEach(line -> text.append(time).append("  ").append(Printable.line(line)).append('\n'));
    ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new KlifException("Cannot write " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
