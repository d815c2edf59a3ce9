package org.klif.data.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.data.archive.SampleFiles.Entry;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** A folder and every kind of archive hold the same files; damage is refused. */
class SampleFilesTest {
  private static final String LONG_NAME = "Train/" + "long-".repeat(40) + "name.bin";

  @TempDir Path folder;

  /** In the archive's order, which is not that of the names. */
  private final Map<String, byte[]> files = new LinkedHashMap<>();

  @BeforeEach
  void content() {
    Random random = new Random(9);
    for (String name : List.of("Train/1/b.bin", "Train/0/a.bin", "empty", LONG_NAME, "Test/z")) {
      byte[] bytes = new byte[name.equals("empty") ? 0 : 20_000 + random.nextInt(9000)];
      random.nextBytes(bytes);
      files.put(name, bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"folder", "zip", "tar", "tar.gz", "tar.xz"})
  void theSameInEveryPlace(String kind) throws IOException {
    try (SampleFiles place = SampleFiles.open(make(kind))) {
      List<Entry> entries = place.entries();
      assertEquals(
          files.keySet().stream().sorted().toList(), entries.stream().map(Entry::name).toList());
      for (Entry entry : entries) {
        assertEquals(files.get(entry.name()).length, entry.size());
      }
      // at random, twice the same, half of one, backwards
      for (int i : new int[] {3, 1, 1, 4, 0, 2}) {
        try (InputStream in = place.open(entries.get(i))) {
          in.readNBytes(100);
        }
        try (InputStream in = place.open(entries.get(i))) {
          assertArrayEquals(files.get(entries.get(i).name()), in.readAllBytes());
        }
      }
      List<String> seen = new ArrayList<>();
      place.forEach(
          (entry, in) -> {
            seen.add(entry.name());
            assertArrayEquals(files.get(entry.name()), allBytes(in));
          });
      assertEquals(
          kind.equals("folder")
              ? files.keySet().stream().sorted().toList()
              : List.copyOf(files.keySet()),
          seen);
      KlifException e = assertThrows(KlifException.class, () -> place.open(new Entry("absent", 1)));
      assertTrue(e.getMessage().contains("absent"), e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip", "tar", "tar.gz", "tar.xz"})
  void cutShortOrDamaged(String kind) throws IOException {
    Path archive = make(kind);
    byte[] whole = Files.readAllBytes(archive);
    Random random = new Random(3);
    for (int i = 0; i < 60; i++) {
      Files.write(archive, Arrays.copyOf(whole, random.nextInt(whole.length)));
      // a plain tar may be cut in the blocks of zeros that close it
      if (!kind.equals("tar") || Files.size(archive) < whole.length - 10240) {
        readAll(archive, true);
      }
      byte[] damaged = whole.clone();
      damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(archive, damaged);
      readAll(archive, false);
    }
  }

  @Test
  void aTarThatIsCutBetweenTwoFiles() throws IOException {
    Path archive = make("tar");
    int second = 512 + (files.get("Train/1/b.bin").length + 511) / 512 * 512;
    Files.write(archive, Arrays.copyOf(Files.readAllBytes(archive), second));
    assertOpenFails(archive, "the blocks that close a tar are absent");
  }

  /** Reads everything: only a KlifException of one line may come of it. */
  private static void readAll(Path archive, boolean mustFail) {
    try (SampleFiles place = SampleFiles.open(archive)) {
      place.entries();
      place.forEach((entry, in) -> allBytes(in));
      assertTrue(!mustFail, "damage went unnoticed");
    } catch (KlifException e) {
      assertTrue(e.getMessage().contains(archive.toString()), e.getMessage());
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    }
  }

  @Test
  void damageOfAZipsContentIsNoticed() throws IOException {
    Path archive = make("zip");
    byte[] whole = Files.readAllBytes(archive);
    whole[500] ^= 1;
    Files.write(archive, whole);
    try (SampleFiles place = SampleFiles.open(archive)) {
      Entry first =
          place.entries().stream().filter(e -> e.name().equals("Train/1/b.bin")).findAny().get();
      KlifException e =
          assertThrows(
              KlifException.class,
              () -> {
                try (InputStream in = place.open(first)) {
                  in.readAllBytes();
                }
              });
      assertTrue(e.getMessage().contains("a.zip:Train/1/b.bin"), e.getMessage());
    }
  }

  @Test
  void clutterLinksAndFoldersAreLeftOut() throws IOException {
    files.clear();
    files.put("__MACOSX/Train/._a.bin", new byte[3]);
    files.put("Train/._a.bin", new byte[3]);
    files.put("./Train/a.bin", new byte[] {7});
    Path archive = folder.resolve("a.tar");
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(archive))) {
      tar.putArchiveEntry(new TarArchiveEntry("Train/"));
      tar.closeArchiveEntry();
      TarArchiveEntry link = new TarArchiveEntry("Train/link", TarConstants.LF_SYMLINK);
      link.setLinkName("a.bin");
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
      putAll(tar);
    }
    try (SampleFiles place = SampleFiles.open(archive)) {
      assertEquals(List.of(new Entry("Train/a.bin", 1)), place.entries());
    }
  }

  @Test
  void aNameThatIsThereTwice() throws IOException {
    Path archive = folder.resolve("a.tar");
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(archive))) {
      putAll(tar, Map.of("same", new byte[3]));
      putAll(tar, Map.of("same", new byte[3]));
    }
    try (SampleFiles place = SampleFiles.open(archive)) {
      KlifException e = assertThrows(KlifException.class, place::entries);
      assertEquals(archive + " holds same twice", e.getMessage());
    }
  }

  @Test
  void whatIsNoArchive() throws IOException {
    Path file = Files.write(folder.resolve("a.zip"), new byte[2000]);
    assertOpenFails(file, "is neither a zip nor a tar");
    Files.write(file, new byte[] {1, 2, 3});
    assertOpenFails(file, "a.zip");
    assertOpenFails(folder.resolve("absent.zip"), "absent.zip does not exist");
  }

  private static void assertOpenFails(Path file, String says) {
    KlifException e =
        assertThrows(
            KlifException.class,
            () -> {
              try (SampleFiles place = SampleFiles.open(file)) {
                place.entries();
              }
            });
    assertTrue(e.getMessage().contains(says), e.getMessage());
  }

  private Path make(String kind) throws IOException {
    Path place = folder.resolve("a." + kind);
    if (kind.equals("folder")) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Path path = place.resolve(file.getKey());
        Files.createDirectories(path.getParent());
        Files.write(path, file.getValue());
      }
      return place;
    }
    OutputStream out = Files.newOutputStream(place);
    if (kind.equals("zip")) {
      try (ZipOutputStream zip = new ZipOutputStream(out)) {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
          zip.putNextEntry(new ZipEntry(file.getKey()));
          zip.write(file.getValue());
        }
      }
      return place;
    }
    OutputStream packed =
        switch (kind) {
          case "tar.gz" -> new GZIPOutputStream(out);
          case "tar.xz" -> new XZOutputStream(out, new LZMA2Options(1));
          default -> out;
        };
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(packed)) {
      putAll(tar);
    }
    return place;
  }

  private void putAll(TarArchiveOutputStream tar) throws IOException {
    putAll(tar, files);
  }

  private static void putAll(TarArchiveOutputStream tar, Map<String, byte[]> files)
      throws IOException {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      TarArchiveEntry entry = new TarArchiveEntry(file.getKey());
      entry.setSize(file.getValue().length);
      tar.putArchiveEntry(entry);
      tar.write(file.getValue());
      tar.closeArchiveEntry();
    }
  }

  private static byte[] allBytes(InputStream in) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      in.transferTo(bytes);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
