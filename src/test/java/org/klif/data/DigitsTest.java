package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;

/**
 * The embedded set and its committed split; figures computed with numpy from digits.csv.gz and
 * test-indices.txt.
 */
class DigitsTest {
  private static final SampleShape TINY = SampleShape.image(1, 1, 3);

  private final DataStore store =
      new DataStore(Catalogue.load(), Optional.empty(), Path.of("nowhere"), new Downloader());

  @Test
  void wholeSetAndStratifiedSplit() {
    try (DatasetPair digits = store.load("digits")) {
      Dataset train = digits.train();
      Dataset test = digits.test();
      assertEquals(1437, train.size());
      assertEquals(360, test.size());
      assertEquals(SampleShape.image(1, 8, 8), test.shape());
      int[] testCounts = histogram(test);
      int[] counts = histogram(train);
      for (int c = 0; c < 10; c++) {
        assertEquals(36, testCounts[c]);
        counts[c] += testCounts[c];
      }
      assertArrayEquals(new int[] {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, counts);
      assertEquals(112_277, sixteenths(test));
      assertEquals(561_718, sixteenths(test) + sixteenths(train));
    }
  }

  @Test
  void rowsAreInOrderAndSplitByTheList() {
    // Rows 5, 9 and 12 are the first of the list; rows 0..4 lead the training part with labels
    // 0..4.
    try (DatasetPair digits = store.load("digits")) {
      for (int i = 0; i < 5; i++) {
        assertEquals(i, digits.train().label(i));
      }
      assertEquals(6, digits.train().label(5));
      assertEquals(5, digits.test().label(0));
      assertEquals(9, digits.test().label(1));
      assertEquals(2, digits.test().label(2));
      float[] image = new float[64];
      digits.train().read(0, image, 0);
      // Row 0 starts 0,0,5,13,9,1,0,0.
      assertArrayEquals(
          new float[] {0, 0, 5 / 16f, 13 / 16f, 9 / 16f, 1 / 16f, 0, 0},
          java.util.Arrays.copyOf(image, 8));
    }
  }

  @Test
  void embeddedFileMatchesTheCatalogue() {
    assertEquals(List.of(true), store.check("digits").stream().map(FileCheck::ok).toList());
    assertTrue(store.path("digits").isEmpty());
    assertTrue(store.entry("digits").normalisation().isNone());
  }

  @Test
  void badLinesAreNamed() {
    assertFails("1,2,3,0\n1,2,3\n", "0", "csv, line 2: 3 values, but a sample has 3 pixels");
    assertFails("1,2,3,0\n1,17,3,0\n", "0", "csv, line 2: pixel \"17\" is out of range");
    assertFails("1,2,3,0\n1,-1,3,0\n", "0", "csv, line 2: pixel \"-1\" is out of range");
    assertFails("1,2,3,2\n", "0", "csv, line 1: label \"2\" is out of range");
    assertFails("1,2,x,0\n", "0", "csv, line 1: pixel \"x\" is out of range");
    assertFails("1,2,3,0\n" + "0".repeat(1001), "0", "csv: line 2 is longer than 1000 characters");
    assertFails("", "0", "csv holds no samples");
  }

  @Test
  void badListsAreNamed() {
    String rows = "1,2,3,0\n1,2,3,1\n";
    assertFails(rows, "2", "list: \"2\" is not a row number 0..1");
    assertFails(rows, "0\n0", "list: \"0\" is not a row number 0..1, or is listed twice");
    assertFails(rows, "# nothing", "list takes 0 of 2 samples");
    assertFails(rows, "0\n1", "list takes 2 of 2 samples");
  }

  private static void assertFails(String csv, String list, String message) {
    Gzip gzip = Gzip.of("csv", IdxFiles.gzip(csv.getBytes(StandardCharsets.US_ASCII)));
    KlifException e =
        assertThrows(
            KlifException.class,
            () -> DigitsReader.read("tiny", List.of("a", "b"), TINY, gzip, list, "list"));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private static int[] histogram(Dataset set) {
    int[] counts = new int[set.classes()];
    for (int i = 0; i < set.size(); i++) {
      counts[set.label(i)]++;
    }
    return counts;
  }

  private static long sixteenths(Dataset set) {
    float[] image = new float[set.shape().values()];
    long sum = 0;
    for (int i = 0; i < set.size(); i++) {
      set.read(i, image, 0);
      for (float value : image) {
        sum += (long) (value * 16);
      }
    }
    return sum;
  }
}
