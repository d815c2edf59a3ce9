package org.klif.data.cache;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.klif.KlifException;
import org.klif.io.NoLinks;

/**
 * Writes a cache as {@code NAME.tmp} and renames it when it is whole. Samples are made in several
 * threads and written in the order in which the source puts them, so the same source gives the same
 * bytes. Needs the lock: what a killed process left under the temporary name is removed, and a link
 * there not followed.
 */
final class CacheBuilder implements AutoCloseable {
  private static final int SAMPLES_ON_THEIR_WAY_PER_THREAD = 4;

  private final Path file;
  private final Path temporary;
  private final FileChannel channel;
  private final ByteBuffer header;
  private final Set<String> names = new HashSet<>();
  private final List<CacheEntry> entries = new ArrayList<>();
  private final Deque<Future<Packed>> pending = new ArrayDeque<>();
  private long end;

  /** Puts every sample. */
  @FunctionalInterface
  interface Source {
    void produce(Sink sink);
  }

  /** Takes samples. */
  @FunctionalInterface
  interface Sink {
    /** Takes one sample, whose content another thread makes; waits when many are on their way. */
    void put(String name, Supplier<Content> content);
  }

  /** What a sample consists of. */
  record Content(Packing packing, ByteBuffer bytes, String remark) {}

  /** One sample, ready to be written. */
  private record Packed(String name, Content content) {}

  CacheBuilder(Path file, CacheKey key, int values) {
    this.file = file;
    temporary = file.resolveSibling(file.getFileName() + ".tmp");
    header = CacheFile.header(key, values);
    try {
      Files.deleteIfExists(temporary);
      channel = NoLinks.create(temporary);
    } catch (IOException e) {
      throw CacheFile.cannotWrite(temporary, e);
    }
  }

  /** Builds the file and moves it to its place. */
  void build(Source source, int threads, CacheProgress progress) {
    ExecutorService pool =
        Executors.newFixedThreadPool(
            threads, new ThreadFactoryBuilder().setNameFormat("cache").setDaemon(true).build());
    try {
      write(header.duplicate());
      source.produce(
          (name, content) -> {
            put(name, content, pool);
            while (pending.size() > threads * SAMPLES_ON_THEIR_WAY_PER_THREAD) {
              writeOldest();
              progress.samples(entries.size());
            }
          });
      while (!pending.isEmpty()) {
        writeOldest();
        progress.samples(entries.size());
      }
      finish();
    } finally {
      pool.shutdownNow();
    }
  }

  private void put(String name, Supplier<Content> content, ExecutorService pool) {
    if (!names.add(name)) {
      throw new KlifException("sample " + name + " is there twice");
    }
    Callable<Packed> work = () -> new Packed(name, content.get());
    pending.add(pool.submit(work));
  }

  private void writeOldest() {
    Packed packed = result(pending.remove());
    Content content = packed.content();
    ByteBuffer bytes = content.bytes();
    entries.add(
        new CacheEntry(
            end,
            bytes.limit(),
            content.packing(),
            CacheFile.crc(bytes),
            packed.name(),
            content.remark()));
    write(bytes);
  }

  private Packed result(Future<Packed> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(e);
    } catch (ExecutionException e) {
      Throwables.throwIfInstanceOf(e.getCause(), KlifException.class);
      // not enough memory, say, which is no fault of the program
      Throwables.throwIfInstanceOf(e.getCause(), Error.class);
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
      throw CacheFile.cannotWrite(temporary, e);
    }
  }

  private KlifException interrupted(Exception cause) {
    return new KlifException("interrupted while building the cache " + file, cause);
  }

  private void finish() {
    long indexOffset = end;
    ByteBuffer index =
        ByteBuffer.allocate(entries.stream().mapToInt(CacheEntry::size).sum())
            .order(ByteOrder.LITTLE_ENDIAN);
    entries.forEach(entry -> entry.put(index));
    index.flip();
    write(index.duplicate());
    write(CacheFile.footer(header, index, indexOffset, entries.size()));
    try {
      channel.force(true);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (ClosedByInterruptException e) {
      throw interrupted(e);
    } catch (IOException e) {
      throw CacheFile.cannotWrite(file, e);
    }
  }

  /** Removes what was not finished. */
  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw CacheFile.cannotWrite(temporary, e);
    }
  }
}
