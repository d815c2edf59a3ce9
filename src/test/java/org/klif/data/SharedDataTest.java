package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;
import org.klif.testing.Shared;

/**
 * The whole of MNIST and Fashion-MNIST against independent figures, computed with numpy from the
 * same files: with the images as an int64 array (N, 784), {@code images.sum()}, {@code (images *
 * (arange(784) + 1)).sum()}, {@code (images.sum(1) * (arange(N) % 97)).sum()} and {@code (labels *
 * (arange(N) % 97)).sum()}; {@code bincount(labels)}.
 */
class SharedDataTest {
  @Test
  void mnist() {
    try (DatasetPair pair = store(Shared.require()).load("mnist")) {
      check(
          pair.train(),
          new int[] {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
          1567298545L,
          637784654393L,
          75162463201L,
          12816369L);
      check(
          pair.test(),
          new int[] {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
          264923200L,
          107790167391L,
          12702448075L,
          2132692L);
    }
  }

  @Test
  void fashionMnist() {
    int[] sixThousand = {6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000};
    int[] thousand = {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000};
    try (DatasetPair pair = store(Shared.require()).load("fashion-mnist")) {
      check(pair.train(), sixThousand, 3431114169L, 1413923198216L, 164848638965L, 12969116L);
      check(pair.test(), thousand, 573469082L, 236710503601L, 27503046716L, 2136865L);
      assertEquals("Ankle boot", pair.train().classNames().get(pair.train().label(0)));
    }
  }

  @Test
  void filesHaveTheSumsOfTheCatalogue() throws IOException, NoSuchAlgorithmException {
    Path data = Shared.require().resolve("data");
    for (String name : new String[] {"mnist", "fashion-mnist"}) {
      DataStore store = store(Shared.require());
      for (FileCheck check : store.check(name)) {
        assertTrue(check.ok(), check.detail());
      }
      for (DataFile file : store.entry(name).files()) {
        byte[] bytes = Files.readAllBytes(data.resolve(name).resolve(file.name()));
        assertEquals(file.size(), bytes.length);
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        assertEquals(file.md5(), HexFormat.of().formatHex(md5.digest(bytes)));
        assertEquals(file.contentSha256(), FileCheck.contentSha256(bytes, file.name()));
      }
    }
  }

  @Test
  void theFolderOfAnotherSetIsRefused() {
    Path mnist = Shared.require().resolve("data").resolve("mnist");
    DataStore store =
        new DataStore(Catalogue.load(), Optional.of(mnist), Path.of("nowhere"), new Downloader());
    assertEquals(60_000, store.load("mnist").train().size());
    KlifException e = assertThrows(KlifException.class, () -> store.load("fashion-mnist"));
    assertTrue(e.getMessage().contains("holds the files of mnist, not of fashion-mnist"));
  }

  private static DataStore store(Path shared) {
    return new DataStore(
        Catalogue.load(),
        Optional.of(shared.resolve("data")),
        Path.of("nowhere"),
        new Downloader());
  }

  private static void check(
      Dataset set, int[] counts, long sum, long byPixel, long bySample, long labelSum) {
    int[] histogram = new int[10];
    long[] sums = new long[4];
    float[] image = new float[784];
    for (int i = 0; i < set.size(); i++) {
      set.read(i, image, 0);
      long ofImage = 0;
      for (int p = 0; p < 784; p++) {
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
}
