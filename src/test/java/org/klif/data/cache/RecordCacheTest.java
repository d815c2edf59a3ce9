package org.klif.data.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

/** What {@link FrameCacheTest} does not show: bytes of any length. */
class RecordCacheTest {
  private static final CacheKey KEY = CacheKey.of(Map.of("reader", "test"));
  private static final int SAMPLES = 30;

  @TempDir Path folder;

  private static byte[] bytes(int sample) {
    byte[] bytes = new byte[sample * 37 % 101];
    new Random(sample).nextBytes(bytes);
    return bytes;
  }

  private static void put(RecordCache.Sink sink) {
    for (int i = 0; i < SAMPLES; i++) {
      int sample = i;
      // what lies ahead of the position does not belong to the sample
      sink.put(
          "sample " + i,
          () -> {
            ByteBuffer buffer = ByteBuffer.allocate(200).position(7);
            buffer.put(bytes(sample)).limit(buffer.position()).position(7);
            return new RecordCache.Content(buffer, "remark " + sample);
          });
    }
  }

  private RecordCache open(Consumer<RecordCache.Sink> source) {
    return RecordCache.open(folder, KEY, source, 2, CacheProgress.none());
  }

  @Test
  void givesBackWhatWasPut() {
    Consumer<RecordCache.Sink> never =
        sink -> {
          throw new AssertionError("the cache is there already");
        };
    open(RecordCacheTest::put).close();
    try (RecordCache cache = open(never)) {
      assertEquals(SAMPLES, cache.samples());
      for (int i = 0; i < SAMPLES; i++) {
        assertEquals("sample " + i, cache.name(i));
        assertEquals("remark " + i, cache.remark(i));
        ByteBuffer buffer = cache.read(i);
        byte[] read = new byte[buffer.remaining()];
        buffer.get(read);
        assertArrayEquals(bytes(i), read);
      }
      assertThrows(ReadOnlyBufferException.class, () -> cache.read(1).put(0, (byte) 1));
      assertThrows(IndexOutOfBoundsException.class, () -> cache.read(SAMPLES));
    }
  }

  @Test
  void changedBytesAreFound() throws IOException {
    Path file = folder.resolve(KEY.fileName(".records"));
    open(RecordCacheTest::put).close();
    byte[] content = Files.readAllBytes(file);
    content[40] ^= 1;
    Files.delete(file);
    Files.write(file, content);
    try (RecordCache cache = open(RecordCacheTest::put)) {
      KlifException e = assertThrows(KlifException.class, () -> cache.read(1));
      assertTrue(e.getMessage().contains("has a wrong checksum"), e.getMessage());
    }
  }

  @Test
  void framesOfTheSameKeyAreAnotherFile() throws IOException {
    open(RecordCacheTest::put).close();
    SampleSource source =
        sink ->
            sink.put(
                "a",
                values -> {
                  values[0] = 3;
                  return "";
                });
    try (FrameCache frames = FrameCache.open(folder, KEY, 5, source, 1, CacheProgress.none())) {
      float[] read = new float[5];
      frames.read(0, read, 0);
      assertArrayEquals(new float[] {3, 0, 0, 0, 0}, read);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(4, files.count(), "two caches and their locks");
    }
  }
}
