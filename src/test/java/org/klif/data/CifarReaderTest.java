package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.testing.Shared;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class CifarReaderTest {
  private static final CifarLayout TEN = CifarLayout.of(CatalogueEntry.Format.CIFAR);

  @TempDir Path folder;

  @Test
  void recordsAreLabelAndPlanes() {
    CifarReader reader = new CifarReader(TEN);
    byte[] bytes = records(70, 1); // more than the first room
    reader.add(new ByteArrayInputStream(bytes), "a");
    reader.add(new ByteArrayInputStream(records(3, 2)), "b");
    try (Dataset set = reader.dataset("x", classes())) {
      assertEquals(73, set.size());
      float[] image = new float[3072];
      set.read(69, image, 0);
      assertEquals(9, set.label(69));
      for (int p = 0; p < 3072; p++) {
        assertEquals((bytes[69 * 3073 + 1 + p] & 255) / 255f, image[p]);
      }
    }
  }

  @Test
  void whatIsNoRecordIsRefusedWithItsPlace() {
    assertFails(new byte[0], "x.bin holds no records");
    assertFails(
        Arrays.copyOf(records(3, 1), 2 * 3073 + 100),
        "x.bin is cut short: the record at byte 6146 has 100 bytes instead of 3073");
    byte[] wrong = records(3, 1);
    wrong[3073] = 10;
    assertFails(wrong, "x.bin: label 10 at byte 3073 is out of range: labels are 0..9");
  }

  @Test
  void aStreamWithoutEndIsLeft() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 0;
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            Arrays.fill(bytes, offset, offset + length, (byte) 0);
            return length;
          }
        };
    KlifException e =
        assertThrows(KlifException.class, () -> new CifarReader(TEN).add(endless, "x.bin"));
    assertTrue(e.getMessage().contains("more than 100000 records"), e.getMessage());
  }

  @Test
  void batchesOfficialArchiveAndXzAreTheSame() throws IOException {
    Path plain = Files.createDirectories(folder.resolve("a"));
    Path packed = Files.createDirectories(folder.resolve("b"));
    Path archive = Files.createDirectories(folder.resolve("c"));
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(new GZIPOutputStream(tar))) {
      // the official order is not that of the names
      for (int batch : new int[] {4, 1, 6, 5, 3, 2}) {
        String name = batch == 6 ? "test_batch.bin" : "data_batch_" + batch + ".bin";
        byte[] bytes = records(10 + batch, batch);
        Files.write(plain.resolve(name), bytes);
        try (OutputStream xz =
            new XZOutputStream(
                Files.newOutputStream(packed.resolve(name + ".xz")), new LZMA2Options(1))) {
          xz.write(bytes);
        }
        put(out, "cifar-10-batches-bin/" + name, bytes);
      }
    }
    Files.write(archive.resolve("cifar-10-binary.tar.gz"), tar.toByteArray());
    try (DatasetPair expected = load(plain)) {
      assertEquals(10 * 5 + 15, expected.train().size());
      assertEquals(16, expected.test().size());
      for (Path other : new Path[] {packed, archive}) {
        try (DatasetPair actual = load(other)) {
          assertSame(expected.train(), actual.train());
          assertSame(expected.test(), actual.test());
        }
      }
    }
  }

  private static void put(TarArchiveOutputStream out, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    out.putArchiveEntry(entry);
    out.write(bytes);
    out.closeArchiveEntry();
  }

  /** The second byte is the class; the archive's lists of names are no records. */
  @Test
  void aHundredClassesHaveTheirSuperclassInFront() throws IOException {
    byte[] train = recordsOfHundred(210, 1);
    byte[] test = recordsOfHundred(105, 2);
    Path plain = Files.createDirectories(folder.resolve("a"));
    Files.write(plain.resolve("train.bin"), train);
    Files.write(plain.resolve("test.bin"), test);
    Path archive = Files.createDirectories(folder.resolve("b"));
    try (TarArchiveOutputStream out =
        new TarArchiveOutputStream(
            new GZIPOutputStream(
                Files.newOutputStream(archive.resolve("cifar-100-binary.tar.gz"))))) {
      put(out, "cifar-100-binary/fine_label_names.txt", new byte[] {'a', '\n'});
      put(out, "cifar-100-binary/test.bin", test);
      put(out, "cifar-100-binary/train.bin", train);
    }
    try (DatasetPair pair = load("cifar100", plain);
        DatasetPair packed = load("cifar100", archive)) {
      assertSame(pair.train(), packed.train());
      assertSame(pair.test(), packed.test());
      assertEquals(210, pair.train().size());
      assertEquals(105, pair.test().size());
      assertEquals(100, pair.train().classes());
      assertEquals(4, pair.train().label(204));
      assertEquals("boy", pair.train().classNames().get(11));
      float[] image = new float[3072];
      pair.train().read(204, image, 0);
      for (int p = 0; p < 3072; p++) {
        assertEquals((train[204 * 3074 + 2 + p] & 255) / 255f, image[p]);
      }
    }
  }

  @Test
  void bothLabelsMustBeInRange() {
    byte[] wrong = recordsOfHundred(3, 1);
    wrong[3074] = 20;
    CifarReader reader = new CifarReader(CifarLayout.of(CatalogueEntry.Format.CIFAR100));
    KlifException e =
        assertThrows(
            KlifException.class, () -> reader.add(new ByteArrayInputStream(wrong), "x.bin"));
    assertEquals("x.bin: label 20 at byte 3074 is out of range: labels are 0..19", e.getMessage());
    wrong[3074] = 19;
    wrong[3075] = 100;
    e =
        assertThrows(
            KlifException.class, () -> reader.add(new ByteArrayInputStream(wrong), "x.bin"));
    assertEquals("x.bin: label 100 at byte 3075 is out of range: labels are 0..99", e.getMessage());
  }

  /** The part in ../shared, against numpy: as in SharedDataTest, with 3072 values an image. */
  @Test
  void theSharedPart() {
    try (DatasetPair pair = load(Shared.require().resolve("data/cifar10"))) {
      check(
          pair.train(),
          new int[] {541, 564, 524, 529, 563, 523, 540, 548, 572, 534},
          2026258254L,
          3018111236507L,
          97598408782L,
          1174942L);
      check(
          pair.test(),
          new int[] {105, 93, 100, 104, 92, 87, 114, 102, 110, 110},
          380676608L,
          565093972752L,
          17852070509L,
          215858L);
      float[] image = new float[3072];
      pair.train().read(0, image, 0);
      assertEquals(59, Math.round(image[0] * 255));
      pair.test().read(1016, image, 0);
      assertEquals(59, Math.round(image[3071] * 255));
    }
  }

  private static void check(
      Dataset set, int[] counts, long sum, long byPixel, long bySample, long labelSum) {
    int[] histogram = new int[10];
    long[] sums = new long[4];
    float[] image = new float[3072];
    for (int i = 0; i < set.size(); i++) {
      set.read(i, image, 0);
      long ofImage = 0;
      for (int p = 0; p < 3072; p++) {
        int value = Math.round(image[p] * 255);
        ofImage += value;
        sums[1] += (long) value * (p + 1);
      }
      histogram[set.label(i)]++;
      sums[0] += ofImage;
      sums[2] += ofImage * (i % 97);
      sums[3] += (long) set.label(i) * (i % 97);
    }
    assertArrayEquals(counts, histogram);
    assertArrayEquals(new long[] {sum, byPixel, bySample, labelSum}, sums);
  }

  private static DatasetPair load(Path place) {
    return load("cifar10", place);
  }

  private static DatasetPair load(String name, Path place) {
    return new DataStore(Catalogue.load(), Optional.of(place), Path.of("nowhere"), new Downloader())
        .load(name);
  }

  private static void assertSame(Dataset expected, Dataset actual) {
    assertEquals(expected.size(), actual.size());
    float[] left = new float[3072];
    float[] right = new float[3072];
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.label(i), actual.label(i));
      expected.read(i, left, 0);
      actual.read(i, right, 0);
      assertArrayEquals(left, right);
    }
  }

  private static void assertFails(byte[] bytes, String message) {
    KlifException e =
        assertThrows(
            KlifException.class,
            () -> new CifarReader(TEN).add(new ByteArrayInputStream(bytes), "x.bin"));
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  /** Labels 0..9 in turn, pixels at random. */
  static byte[] records(int count, long seed) {
    byte[] bytes = new byte[count * 3073];
    new Random(seed).nextBytes(bytes);
    for (int i = 0; i < count; i++) {
      bytes[i * 3073] = (byte) (i % 10);
    }
    return bytes;
  }

  /** Superclasses 0..19 and classes 0..99 in turn, pixels at random. */
  static byte[] recordsOfHundred(int count, long seed) {
    byte[] bytes = new byte[count * 3074];
    new Random(seed).nextBytes(bytes);
    for (int i = 0; i < count; i++) {
      bytes[i * 3074] = (byte) (i % 20);
      bytes[i * 3074 + 1] = (byte) (i % 100);
    }
    return bytes;
  }

  private static java.util.List<String> classes() {
    return Catalogue.load().entry("cifar10").classNames();
  }
}
