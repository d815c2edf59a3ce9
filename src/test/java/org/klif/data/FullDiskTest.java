package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

/**
 * A disk that is full before or during a download: a tmpfs of 512 kB, which only root can mount.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FullDiskTest {
  private static final int KILOBYTES = 512;

  @TempDir Path folder;
  private final TinySet tiny = new TinySet();
  private Path disk;
  private boolean mounted;

  @BeforeEach
  void mount() throws IOException, InterruptedException {
    disk = Files.createDirectory(folder.resolve("disk"));
    String options = "size=" + KILOBYTES + "k";
    try {
      DebianPackage.process(
          folder, List.of("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.toString()));
      mounted = true;
    } catch (IOException e) {
      String reason = "skipped: a small tmpfs cannot be mounted here: " + e.getMessage();
      System.out.println(reason);
      Assumptions.abort(reason);
    }
  }

  @AfterEach
  void unmount() throws IOException, InterruptedException {
    if (mounted) {
      DebianPackage.process(folder, List.of("umount", disk.toString()));
    }
  }

  @Test
  void tooLittleRoomIsNoticedBeforehand() throws IOException {
    fill(100_000);
    try (FileServer server = new FileServer(tiny.files())) {
      KlifException e = assertThrows(KlifException.class, () -> store(server).get("tiny", none()));
      assertTrue(e.getMessage().startsWith("cannot write " + disk), e.getMessage());
      assertTrue(
          e.getMessage()
              .contains("it needs %d more bytes".formatted(tiny.file(TinySet.TRAIN_IMAGES).length)),
          e.getMessage());
      assertEquals(List.of(), server.requests());
      assertEquals(List.of(), left());
    }
  }

  @Test
  void aDiskThatFillsOnTheWayLeavesNothing() throws IOException {
    byte[] images = tiny.file(TinySet.TRAIN_IMAGES);
    try (FileServer server = new FileServer(tiny.files())) {
      server.failOnce(
          TinySet.TRAIN_IMAGES,
          exchange -> {
            fill(100_000);
            exchange.sendResponseHeaders(200, images.length);
            exchange.getResponseBody().write(images);
          });
      KlifException e = assertThrows(KlifException.class, () -> store(server).get("tiny", none()));
      assertTrue(e.getMessage().contains("No space left on device; make room"), e.getMessage());
      assertEquals(1, e.getMessage().lines().count());
      assertEquals(1, server.requests().size());
      assertEquals(List.of(), left());
      // With room again the same call succeeds.
      Files.delete(disk.resolve("filler"));
      store(server).get("tiny", none());
      assertArrayEquals(
          images, Files.readAllBytes(disk.resolve("tiny").resolve(TinySet.TRAIN_IMAGES)));
    }
  }

  private DataStore store(FileServer server) {
    return new DataStore(
        new Catalogue(List.of(tiny.entry(server.address()))),
        Optional.empty(),
        disk,
        new Downloader(StallGuard.Pace.USUAL, DebianPackage::process, Map.of()));
  }

  /** Leaves about so many bytes. */
  private void fill(int room) throws IOException {
    long size = Files.getFileStore(disk).getUsableSpace() - room;
    try (OutputStream out = Files.newOutputStream(disk.resolve("filler"))) {
      out.write(new byte[(int) size]);
    }
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(disk.resolve("tiny"))) {
      return files.map(Path::toString).toList();
    }
  }

  private static DownloadProgress none() {
    return DownloadProgress.none();
  }
}
