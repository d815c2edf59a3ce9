package org.klif.data.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FrameCacheTest {
  private static final int SAMPLES = 43;
  private static final SampleSource NEVER =
      sink -> {
        throw new AssertionError("the cache is there already");
      };

  @TempDir Path folder;
  private final List<String> notes = new ArrayList<>();
  private final List<Integer> progress = new ArrayList<>();

  private FrameCache open(SampleSource source, int threads) {
    return FrameCache.open(
        folder,
        Samples.KEY,
        Samples.VALUES,
        source,
        threads,
        new CacheProgress() {
          @Override
          public void samples(int done) {
            progress.add(done);
          }

          @Override
          public void note(String line) {
            notes.add(line);
          }
        });
  }

  private FrameCache open(SampleSource source) {
    return open(source, 2);
  }

  private static SampleSource source(int samples) {
    return Samples.source(samples);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void isBuiltOnceAndReadAgain() {
    try (FrameCache cache = open(source(SAMPLES))) {
      Samples.verify(cache);
      assertEquals(Stream.iterate(1, i -> i + 1).limit(SAMPLES).toList(), progress);
      assertThrows(
          IndexOutOfBoundsException.class, () -> cache.read(SAMPLES, new float[Samples.VALUES], 0));
      assertThrows(
          IndexOutOfBoundsException.class, () -> cache.read(0, new float[Samples.VALUES], 1));
    }
    try (FrameCache cache = open(NEVER)) {
      Samples.verify(cache);
    }
    assertEquals(List.of(), notes);
  }

  @Test
  void isAsSmallAsItsPackings() throws IOException {
    // 5 samples: 126 + 502 + 1003 + 2006 + 4012 bytes, index 5 * (28 + name), header 16 + key,
    // footer 24
    try (FrameCache cache = open(source(5), 1)) {
      int key = "frames=count(3)\nreader=test 1\n".length();
      int name = "train/é/0".getBytes(UTF_8).length;
      assertEquals(
          126 + 502 + 1003 + 2006 + 4012 + 5 * (28 + name) + 16 + key + 24,
          Files.size(cache.file()));
    }
  }

  @Test
  void samplesThatReachFromOneMappingIntoTheNext() {
    Path file;
    try (FrameCache cache = open(source(SAMPLES))) {
      file = cache.file();
    }
    for (long mapping : new long[] {100, 1000, 4096, 50_000}) {
      CacheFile cache = CacheFile.open(file, Samples.KEY, Samples.VALUES, mapping);
      float[] expected = new float[Samples.VALUES];
      float[] read = new float[Samples.VALUES];
      for (int i = 0; i < SAMPLES; i++) {
        Samples.fill(i, expected);
        cache.read(i, read, 0);
        assertArrayEquals(expected, read);
      }
    }
  }

  @Test
  void noSamplesAreACacheToo() {
    try (FrameCache cache = open(source(0), 1)) {
      assertEquals(0, cache.samples());
    }
    open(NEVER, 1).close();
  }

  @Test
  void packingsKeepEveryBit() {
    float[][] cases = {
      {0, 1, 1, 0, 0, 0, 0, 1, 1},
      {0, 15, 7},
      {16, 0, 255},
      {256, 65_535, 0},
      {65_536, 1},
      {-1, 0},
      {0.5f, 0},
      {-0f, 1},
      {Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE},
      {1e30f}
    };
    Packing[] expected = {
      Packing.BITS,
      Packing.NIBBLES,
      Packing.BYTES,
      Packing.SHORTS,
      Packing.FLOATS,
      Packing.FLOATS,
      Packing.FLOATS,
      Packing.FLOATS,
      Packing.FLOATS,
      Packing.FLOATS
    };
    for (int c = 0; c < cases.length; c++) {
      assertSame(expected[c], Packing.of(cases[c]));
      float[] unpacked = new float[cases[c].length];
      expected[c].unpack(expected[c].pack(cases[c]), unpacked.length, unpacked, 0);
      for (int i = 0; i < unpacked.length; i++) {
        assertEquals(Float.floatToRawIntBits(cases[c][i]), Float.floatToRawIntBits(unpacked[i]));
      }
    }
    for (Packing packing : Packing.values()) {
      assertSame(packing, Packing.ofCode(packing.code()));
    }
  }

  @Test
  void everyPartOfTheKeyMatters() {
    CacheKey key = CacheKey.of(Map.of("reader", "1", "frames", "count(3)"));
    assertEquals(
        key.fileName(), CacheKey.of(Map.of("frames", "count(3)", "reader", "1")).fileName());
    for (Map<String, String> other :
        List.of(
            Map.of("reader", "2", "frames", "count(3)"),
            Map.of("reader", "1", "frames", "count(4)"),
            Map.of("reader", "1"),
            Map.of("reader", "1", "frames", "count(3)", "filter", "none"))) {
      assertNotEquals(key.fileName(), CacheKey.of(other).fileName());
    }
    assertThrows(IllegalArgumentException.class, () -> CacheKey.of(Map.of()));
    assertThrows(IllegalArgumentException.class, () -> CacheKey.of(Map.of("a=b", "c")));
    assertThrows(IllegalArgumentException.class, () -> CacheKey.of(Map.of("a", "b\nc=d")));
  }

  @Test
  void theSameBytesWithAnyNumberOfThreads() throws IOException {
    byte[][] bytes = new byte[2][];
    for (int i = 0; i < 2; i++) {
      try (FrameCache cache = open(source(SAMPLES), 1 + 2 * i)) {
        bytes[i] = Files.readAllBytes(cache.file());
        Files.delete(cache.file());
      }
    }
    assertArrayEquals(bytes[0], bytes[1]);
  }

  @Test
  void samplesMayComeInAnyOrder() {
    List<Integer> order = new ArrayList<>(Stream.iterate(0, i -> i + 1).limit(SAMPLES).toList());
    Collections.reverse(order);
    SampleSource backwards = sink -> order.forEach(i -> Samples.put(sink, i));
    try (FrameCache cache = open(backwards)) {
      assertEquals(Samples.name(SAMPLES - 1), cache.name(0));
      assertEquals(Samples.name(0), cache.name(SAMPLES - 1));
      Samples.verify(cache);
    }
  }

  @Test
  void aChangedByteOfASampleIsFoundWhenItIsRead() throws IOException {
    int found = 0;
    FrameCache cache = open(source(SAMPLES));
    byte[] whole = Files.readAllBytes(cache.file());
    int index = whole.length - 24 - 35 * SAMPLES;
    for (int at = 60; at < index; at += 1009) {
      byte[] changed = whole.clone();
      changed[at] ^= 4;
      // A new file: a mapped one must not change.
      Files.delete(cache.file());
      Files.write(cache.file(), changed);
      FrameCache damaged = open(NEVER);
      KlifException e = assertThrows(KlifException.class, () -> Samples.verify(damaged));
      assertTrue(
          e.getMessage()
              .matches(
                  "sample train/é/\\d+ of the cache .*\\.frames has a wrong checksum: the file was"
                      + " changed after it was written; delete it, and it is built again"),
          e.getMessage());
      found++;
    }
    assertTrue(found > 20);
  }

  @Test
  void aDamagedHeaderOrIndexIsBuiltAgain() throws IOException {
    FrameCache cache = open(source(SAMPLES));
    byte[] whole = Files.readAllBytes(cache.file());
    List<Integer> places = new ArrayList<>(List.of(0, 8, 12, 16, 45));
    for (int at = whole.length - 24 - 30 * SAMPLES; at < whole.length; at += 41) {
      places.add(at);
    }
    for (int back = 1; back <= 24; back++) {
      places.add(whole.length - back);
    }
    for (int at : places) {
      byte[] changed = whole.clone();
      changed[at] ^= 1;
      rebuilt(cache.file(), changed, whole);
    }
    for (int length : new int[] {0, 1, 19, 100, whole.length / 2, whole.length - 1}) {
      rebuilt(cache.file(), Arrays.copyOf(whole, length), whole);
    }
    rebuilt(cache.file(), Arrays.copyOf(whole, whole.length + 1), whole);
  }

  private void rebuilt(Path file, byte[] content, byte[] whole) throws IOException {
    Files.delete(file);
    Files.write(file, content);
    notes.clear();
    try (FrameCache cache = open(source(SAMPLES))) {
      Samples.verify(cache);
    }
    assertEquals(1, notes.size());
    assertTrue(
        notes.get(0).matches("the cache .*\\.frames is damaged: .*; it is built again"),
        notes.get(0));
    assertArrayEquals(whole, Files.readAllBytes(file));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 20, 42})
  void aSourceThatFailsLeavesNothing(int bad) throws IOException {
    SampleSource failing =
        sink -> {
          for (int i = 0; i < SAMPLES; i++) {
            String name = "sample " + i;
            boolean fails = i == bad;
            sink.put(
                name,
                values -> {
                  if (fails) {
                    throw new KlifException(name + " is cut short");
                  }
                  return "";
                });
          }
        };
    KlifException e = assertThrows(KlifException.class, () -> open(failing));
    assertEquals("sample " + bad + " is cut short", e.getMessage());
    assertEquals(List.of(Samples.KEY.fileName() + ".lock"), files());
    try (FrameCache cache = open(source(SAMPLES))) {
      Samples.verify(cache);
    }
  }

  @Test
  void namesAreUnique() throws IOException {
    SampleSource twice =
        sink -> {
          Samples.put(sink, 3);
          Samples.put(sink, 3);
        };
    KlifException e = assertThrows(KlifException.class, () -> open(twice));
    assertEquals("sample train/é/3 is there twice", e.getMessage());
    assertEquals(List.of(Samples.KEY.fileName() + ".lock"), files());
  }

  @Test
  void anInterruptedBuildLeavesNothing() throws IOException {
    SampleSource interrupting =
        sink -> {
          Thread.currentThread().interrupt();
          source(SAMPLES).produce(sink);
        };
    KlifException e = assertThrows(KlifException.class, () -> open(interrupting));
    assertTrue(Thread.interrupted(), "the thread stays interrupted");
    assertTrue(e.getMessage().startsWith("interrupted while building the cache "), e.getMessage());
    assertFalse(Files.exists(folder.resolve(Samples.KEY.fileName())));
    assertEquals(List.of(Samples.KEY.fileName() + ".lock"), files());
  }

  @Test
  void threadsOfOneProcessBuildItOnce() throws Exception {
    AtomicInteger builds = new AtomicInteger();
    SampleSource counting =
        sink -> {
          builds.incrementAndGet();
          source(SAMPLES).produce(sink);
        };
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        futures.add(
            pool.submit(
                () -> {
                  try (FrameCache cache =
                      FrameCache.open(
                          folder, Samples.KEY, Samples.VALUES, counting, 1, CacheProgress.none())) {
                    Samples.verify(cache);
                  }
                }));
      }
      for (Future<?> future : futures) {
        future.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertEquals(1, builds.get());
  }

  @Test
  void aFolderThatCannotBeMadeIsOneSentence() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    KlifException e =
        assertThrows(
            KlifException.class,
            () ->
                FrameCache.open(
                    file.resolve("caches"),
                    Samples.KEY,
                    Samples.VALUES,
                    source(1),
                    1,
                    CacheProgress.none()));
    assertTrue(e.getMessage().startsWith("cannot write the cache " + file), e.getMessage());
  }
}
