package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

/** Downloads from servers on this machine, with every fault a real one may have. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DownloaderTest {
  private static final String IMAGES = TinySet.TRAIN_IMAGES;
  private static final DebianPackage.Commands NO_COMMANDS =
      (folder, command) -> {
        throw new IOException(command.get(0) + " is not on this machine");
      };

  @TempDir Path folder;
  private final TinySet tiny = new TinySet();
  private final List<String> notes = new ArrayList<>();
  private long firstBytes = -1;
  private StallGuard.Pace pace =
      new StallGuard.Pace(Duration.ofSeconds(1), Duration.ofSeconds(60), 0);
  private FileServer server;

  private final DownloadProgress progress =
      new DownloadProgress() {
        @Override
        public void bytes(String file, long done, long total) {
          assertTrue(done <= total);
          if (file.equals(IMAGES) && firstBytes < 0) {
            firstBytes = done;
          }
        }

        @Override
        public void note(String line) {
          notes.add(line);
        }
      };

  @BeforeEach
  void start() {
    server = new FileServer(tiny.files());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void allFilesArriveAndASecondTimeNothingIsFetched() throws IOException {
    DataStore store = store(server.address());
    assertEquals(folder.resolve("tiny"), store.get("tiny", progress).orElseThrow());
    assertComplete();
    assertEquals(4, server.requests().size());
    assertTrue(store.check("tiny").stream().allMatch(FileCheck::ok));
    try (DatasetPair pair = store.load("tiny")) {
      assertEquals(300, pair.train().size());
    }
    store.get("tiny", progress);
    assertEquals(4, server.requests().size());
    assertEquals(IMAGES + " is there already", notes.get(0));
  }

  @Test
  void sourcesAreTriedInOrder() throws IOException {
    try (FileServer first = new FileServer(Map.of());
        FileServer third = new FileServer(tiny.files())) {
      // The first has nothing; nobody listens on port 1; the third is never needed.
      get(first.address(), "http://127.0.0.1:1/", server.address(), third.address());
      assertComplete();
      assertEquals(4, first.requests().size());
      assertEquals(4, server.requests().size());
      assertEquals(0, third.requests().size());
      assertTrue(notes.get(0).endsWith(": HTTP status 404"), notes.get(0));
      assertTrue(notes.get(1).endsWith("http://127.0.0.1:1/: cannot connect"), notes.get(1));
      assertEquals(8, notes.size());
    }
  }

  @Test
  void allSourcesAndTheirReasonsAreListed() throws IOException {
    server.put(IMAGES, changed(tiny.file(IMAGES)));
    try (FileServer empty = new FileServer(Map.of())) {
      KlifException e =
          assertThrows(
              KlifException.class,
              () -> get(empty.address(), server.address(), "debian:dataset-tiny"));
      List<String> lines = e.getMessage().lines().toList();
      assertEquals(5, lines.size(), e.getMessage());
      assertEquals("cannot fetch train-images.gz of tiny:", lines.get(0));
      assertEquals("  " + empty.address() + ": HTTP status 404", lines.get(1));
      assertTrue(lines.get(2).startsWith("  " + server.address() + ": wrong checksum: "));
      assertEquals("  debian:dataset-tiny: apt-get is not on this machine", lines.get(3));
      assertTrue(lines.get(4).contains("put the files of tiny into " + folder.resolve("tiny")));
    }
    assertEquals(List.of(), left());
  }

  @Test
  void anUnknownHostIsCalledSo() {
    // RFC 2606 keeps ".invalid" free: it never resolves.
    KlifException e = assertThrows(KlifException.class, () -> get("http://data.invalid/"));
    assertTrue(e.getMessage().contains("http://data.invalid/: unknown host"), e.getMessage());
  }

  @Test
  void aWrongChecksumLeavesNothing() throws IOException {
    server.put(IMAGES, changed(tiny.file(IMAGES)));
    KlifException e = assertThrows(KlifException.class, () -> get(server.address()));
    assertTrue(e.getMessage().contains("wrong checksum"), e.getMessage());
    assertEquals(List.of(), left());
  }

  @Test
  void anInterruptedDownloadIsContinued() throws IOException {
    breakOff(100_000);
    KlifException e = assertThrows(KlifException.class, () -> get(server.address()));
    assertTrue(
        e.getMessage().contains("of %d bytes are kept in".formatted(tiny.file(IMAGES).length)),
        e.getMessage());
    assertEquals(List.of(IMAGES + ".part"), left());
    long kept = Files.size(folder.resolve("tiny").resolve(IMAGES + ".part"));
    assertTrue(kept > 0 && kept <= 100_000, kept + " bytes");
    get(server.address());
    assertComplete();
    assertEquals(IMAGES + " bytes=" + kept + "-", server.requests().get(1));
    assertEquals(4 + 1, server.requests().size());
  }

  @Test
  void anInterruptedDownloadIsContinuedAtTheNextSource() throws IOException {
    breakOff(100_000);
    try (FileServer second = new FileServer(tiny.files())) {
      get(server.address(), second.address());
      assertComplete();
      assertTrue(second.requests().get(0).startsWith(IMAGES + " bytes="));
    }
  }

  @Test
  void aServerWithoutRangesStartsAgain() throws IOException {
    writePart(Arrays.copyOf(tiny.file(IMAGES), 50_000));
    server.failOnce(
        IMAGES,
        exchange -> {
          exchange.sendResponseHeaders(200, tiny.file(IMAGES).length);
          exchange.getResponseBody().write(tiny.file(IMAGES));
        });
    get(server.address());
    assertComplete();
  }

  @Test
  void aWrongBeginningIsFetchedAgain() throws IOException {
    byte[] wrong = new byte[50_000];
    writePart(wrong);
    get(server.address());
    assertComplete();
    assertEquals(List.of(IMAGES + " bytes=50000-", IMAGES), server.requests().subList(0, 2));
    assertEquals(50_000, firstBytes);
  }

  @Test
  void aRangeThatIsRefusedStartsAgain() throws IOException {
    writePart(Arrays.copyOf(tiny.file(IMAGES), 50_000));
    server.failOnce(IMAGES, exchange -> exchange.sendResponseHeaders(416, -1));
    get(server.address());
    assertComplete();
  }

  @Test
  void aFinishedPartNeedsNoSource() throws IOException {
    writePart(tiny.file(IMAGES));
    get(server.address());
    assertComplete();
    assertEquals(3, server.requests().size());
  }

  @Test
  void anotherLengthIsRefusedBeforeItIsWritten() throws IOException {
    server.put(IMAGES, "<html>please log in</html>".getBytes(StandardCharsets.US_ASCII));
    KlifException e = assertThrows(KlifException.class, () -> get(server.address()));
    assertTrue(e.getMessage().contains("it offers 26 bytes instead of"), e.getMessage());
    assertEquals(List.of(), left());
    // Without a Content-Length the surplus is noticed on the way.
    server.failOnce(
        IMAGES,
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(new byte[1_000_000]);
        });
    e = assertThrows(KlifException.class, () -> get(server.address()));
    assertTrue(e.getMessage().contains("it sends more than"), e.getMessage());
    assertEquals(List.of(), left());
  }

  @Test
  void aSilentServerIsGivenUp() {
    CountDownLatch end = new CountDownLatch(1);
    server.failOnce(
        IMAGES,
        exchange -> {
          exchange.sendResponseHeaders(200, tiny.file(IMAGES).length);
          exchange.getResponseBody().write(tiny.file(IMAGES), 0, 1000);
          exchange.getResponseBody().flush();
          await(end);
        });
    try {
      KlifException e = assertThrows(KlifException.class, () -> get(server.address()));
      assertTrue(e.getMessage().contains("nothing arrived for 1 s"), e.getMessage());
    } finally {
      end.countDown();
    }
  }

  @Test
  void aServerOfAFewBytesASecondIsGivenUp() throws IOException {
    pace = new StallGuard.Pace(Duration.ofSeconds(40), Duration.ofSeconds(1), 50_000);
    byte[] bytes = tiny.file(IMAGES);
    server.failOnce(
        IMAGES,
        exchange -> {
          exchange.sendResponseHeaders(200, bytes.length);
          // one byte now and then, until the other side hangs up
          for (byte b : bytes) {
            exchange.getResponseBody().write(b);
            exchange.getResponseBody().flush();
            pause();
          }
        });
    try (FileServer second = new FileServer(tiny.files())) {
      get(server.address(), second.address());
      assertTrue(
          notes
              .get(0)
              .matches(
                  ".* only [0-9,]+ bytes arrived in 1 s, and less than 50,000 are not waited for"),
          notes.get(0));
      assertComplete();
      assertTrue(second.requests().get(0).startsWith(IMAGES + " bytes="), "what came is kept");
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the server ends", e);
    }
  }

  @Test
  void twoDownloadsDoNotMixTheirBytes() throws IOException {
    Files.createDirectories(folder.resolve("tiny"));
    try (PartFile other = PartFile.open(folder.resolve("tiny").resolve(IMAGES))) {
      assertEquals(0, other.size());
      KlifException e = assertThrows(KlifException.class, () -> get(server.address()));
      assertTrue(e.getMessage().contains("another download is writing"), e.getMessage());
    }
    get(server.address());
    assertComplete();
  }

  @Test
  void aFolderThatCannotBeMadeIsNamed() throws IOException {
    Files.writeString(folder.resolve("tiny"), "a file, not a folder");
    KlifException e = assertThrows(KlifException.class, () -> get(server.address()));
    assertTrue(e.getMessage().startsWith("cannot write " + folder.resolve("tiny")));
    assertTrue(e.getMessage().contains("KLIF_DATA"), e.getMessage());
  }

  @Test
  void filesOfADebianPackageHaveAnotherGzipHeader() throws IOException {
    List<String> commandsRun = new ArrayList<>();
    DebianPackage.Commands commands =
        (place, command) -> {
          commandsRun.add(String.join(" ", command.subList(0, 2)));
          if (command.get(0).equals("apt-get")) {
            Files.write(place.resolve("dataset-tiny_1_all.deb"), new byte[] {1});
            return;
          }
          Path target = place.resolve("unpacked").resolve("usr").resolve("share");
          for (String name : tiny.files().keySet()) {
            byte[] bytes = tiny.file(name).clone();
            bytes[4]++; // the time in the gzip header
            IdxFiles.write(target.resolve(name), bytes);
          }
        };
    DataStore store = store(commands, "debian:dataset-tiny");
    store.get("tiny", progress);
    assertEquals(List.of("apt-get download", "dpkg-deb -x"), commandsRun);
    for (FileCheck check : store.check("tiny")) {
      assertTrue(check.ok() && check.detail().startsWith("content sha256"), check.detail());
    }
    assertEquals(tiny.files().keySet().stream().sorted().toList(), left());
    assertEquals(300, store.load("tiny").train().size());
  }

  @Test
  void theReasonOfAFailedProcessIsItsLastLine() {
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                DebianPackage.process(
                    folder, List.of("sh", "-c", "echo first; echo E: no such package; exit 3")));
    assertEquals("sh: E: no such package", e.getMessage());
    e =
        assertThrows(
            IOException.class,
            () ->
                DebianPackage.process(
                    folder, List.of("sh", "-c", "printf 'E: no folder n\\374ne\\n'; exit 3")));
    assertEquals("sh: E: no folder n\ufffdne", e.getMessage());
    e =
        assertThrows(
            IOException.class,
            () -> DebianPackage.process(folder, List.of("no-such-program-anywhere")));
    assertEquals("no-such-program-anywhere is not on this machine", e.getMessage());
  }

  private void breakOff(int length) {
    server.failOnce(
        IMAGES,
        exchange -> {
          exchange.sendResponseHeaders(200, tiny.file(IMAGES).length);
          exchange.getResponseBody().write(tiny.file(IMAGES), 0, length);
          exchange.getResponseBody().flush();
          throw new IOException("cut off by the test");
        });
  }

  private void get(String... sources) {
    store(sources).get("tiny", progress);
  }

  private DataStore store(String... sources) {
    return store(NO_COMMANDS, sources);
  }

  private DataStore store(DebianPackage.Commands commands, String... sources) {
    return new DataStore(
        new Catalogue(List.of(tiny.entry(sources))),
        Optional.empty(),
        folder,
        new Downloader(pace, commands, Map.of()));
  }

  private void assertComplete() throws IOException {
    for (String name : tiny.files().keySet()) {
      assertArrayEquals(
          tiny.file(name), Files.readAllBytes(folder.resolve("tiny").resolve(name)), name);
    }
    assertEquals(tiny.files().keySet().stream().sorted().toList(), left());
  }

  /** Names of everything in the set's folder. */
  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("tiny"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void writePart(byte[] bytes) {
    IdxFiles.write(folder.resolve("tiny").resolve(IMAGES + ".part"), bytes);
  }

  private static byte[] changed(byte[] bytes) {
    byte[] other = bytes.clone();
    other[1000] ^= 1;
    return other;
  }

  private static void await(CountDownLatch latch) {
    try {
      assertFalse(Thread.interrupted());
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
