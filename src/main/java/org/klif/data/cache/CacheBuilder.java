package org.klif.data.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.klif.KlifException;

/**
 * Writes a cache as {@code NAME.tmp} and renames it when it is whole. Samples are made in several
 * threads and written in the order in which the source puts them, so the same source gives the same
 * bytes. Needs the {@link BuildLock}: what a killed process left in the temporary file is written
 * over.
 */
final class CacheBuilder implements AutoCloseable {
  private static final int SAMPLES_ON_THEIR_WAY_PER_THREAD = 4;

  private final Path file;
  private final Path temporary;
  private final FileChannel channel;
  private final ByteBuffer header;
  private final ByteBuffer index;
  private final int samples;
  private final int values;
  private final BitSet seen = new BitSet();
  private final Deque<Future<Packed>> pending = new ArrayDeque<>();
  private long end;
  private int written;

  /** One sample, ready to be written. */
  private record Packed(int sample, Packing packing, ByteBuffer bytes) {}

  CacheBuilder(Path file, CacheKey key, int samples, int values) {
    this.file = file;
    this.samples = samples;
    this.values = values;
    temporary = file.resolveSibling(file.getFileName() + ".tmp");
    header = CacheFile.header(key, samples, values);
    index =
        ByteBuffer.allocate(Math.multiplyExact(samples, CacheFile.INDEX_ENTRY))
            .order(ByteOrder.LITTLE_ENDIAN);
    try {
      channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw FrameCache.cannotWrite(temporary, e);
    }
  }

  /** Builds the file and moves it to its place. */
  void build(SampleSource source, int threads, CacheProgress progress) {
    ExecutorService pool =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "cache");
              thread.setDaemon(true);
              return thread;
            });
    try {
      write(header.duplicate());
      source.produce(
          (sample, fill) -> {
            put(sample, fill, pool);
            while (pending.size() > threads * SAMPLES_ON_THEIR_WAY_PER_THREAD) {
              writeOldest(progress);
            }
          });
      while (!pending.isEmpty()) {
        writeOldest(progress);
      }
      if (written != samples) {
        throw new IllegalStateException(
            "the source has %d samples instead of %d".formatted(written, samples));
      }
      finish();
    } finally {
      pool.shutdownNow();
    }
  }

  private void put(int sample, Consumer<float[]> fill, ExecutorService pool) {
    Objects.checkIndex(sample, samples);
    if (seen.get(sample)) {
      throw new IllegalStateException("sample " + sample + " comes twice");
    }
    seen.set(sample);
    Callable<Packed> work =
        () -> {
          float[] frames = new float[values];
          fill.accept(frames);
          Packing packing = Packing.of(frames);
          return new Packed(sample, packing, packing.pack(frames));
        };
    pending.add(pool.submit(work));
  }

  private void writeOldest(CacheProgress progress) {
    Packed packed = result(pending.remove());
    index
        .position(packed.sample() * CacheFile.INDEX_ENTRY)
        .putLong(end)
        .putInt(packed.bytes().limit())
        .putInt(packed.packing().code())
        .putInt(Sums.crc(packed.bytes()))
        .putInt(0);
    write(packed.bytes());
    written++;
    progress.samples(written, samples);
  }

  private Packed result(Future<Packed> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KlifException cause) {
        throw cause;
      }
      throw new IllegalStateException("a sample could not be made", e.getCause());
    }
  }

  private void write(ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        end += channel.write(bytes);
      }
    } catch (ClosedByInterruptException e) {
      throw interrupted(e);
    } catch (IOException e) {
      throw FrameCache.cannotWrite(temporary, e);
    }
  }

  private KlifException interrupted(Exception cause) {
    return new KlifException("interrupted while building the cache " + file, cause);
  }

  private void finish() {
    index.clear();
    long indexOffset = end;
    ByteBuffer footer =
        ByteBuffer.allocate(CacheFile.FOOTER)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(indexOffset)
            .putInt(CacheFile.crc(header, index, indexOffset))
            .putInt(CacheFile.END)
            .flip();
    write(index.duplicate());
    write(footer);
    try {
      channel.force(true);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (ClosedByInterruptException e) {
      throw interrupted(e);
    } catch (IOException e) {
      throw FrameCache.cannotWrite(file, e);
    }
  }

  /** Removes what was not finished. */
  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw FrameCache.cannotWrite(temporary, e);
    }
  }
}
