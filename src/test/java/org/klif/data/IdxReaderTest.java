package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

/**
 * Good files are read exactly; every kind of bad file gives one line that names the file and the
 * fault.
 */
class IdxReaderTest {
  private static final List<String> CLASSES =
      List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
  private static final SampleShape SHAPE = SampleShape.image(1, 4, 3);

  @TempDir Path folder;
  private Path images;
  private Path labels;

  @BeforeEach
  void goodFiles() {
    images = folder.resolve("images.gz");
    labels = folder.resolve("labels.gz");
    writeImages(IdxFiles.gzip(IdxFiles.images(25, 4, 3)));
    writeLabels(IdxFiles.gzip(IdxFiles.labels(25)));
  }

  @Test
  void goodFilesAreReadExactly() {
    try (Dataset set = read()) {
      assertEquals(25, set.size());
      assertEquals(SHAPE, set.shape());
      assertEquals(10, set.classes());
      float[] values = new float[14];
      set.read(24, values, 2);
      assertEquals(4, set.label(24));
      for (int p = 0; p < 12; p++) {
        // The same byte, the same division: equal to the bit.
        assertEquals(((24 * 12 + p) * 7 & 255) / 255f, values[2 + p]);
      }
      assertThrows(IndexOutOfBoundsException.class, () -> set.read(25, values, 0));
    }
  }

  @Test
  void concatenatedGzipMembersAreOneFile() {
    byte[] content = IdxFiles.images(25, 4, 3);
    byte[] first = IdxFiles.gzip(Arrays.copyOf(content, 100));
    byte[] second = IdxFiles.gzip(Arrays.copyOfRange(content, 100, content.length));
    writeImages(concat(first, second));
    assertArrayEquals(
        Arrays.copyOfRange(content, 16, content.length), IdxReader.readImages(images).pixels());
  }

  @Test
  void truncatedGzipAtAnyByte() {
    byte[] whole = IdxFiles.gzip(IdxFiles.images(25, 4, 3));
    for (int length = 2; length < whole.length; length++) {
      writeImages(Arrays.copyOf(whole, length));
      assertFails("images.gz is truncated");
    }
  }

  @Test
  void anyFlippedBitIsNoticed() {
    byte[] whole = IdxFiles.gzip(IdxFiles.images(25, 4, 3));
    // Bytes 3..9 of the header (flags, time, system) are not protected by gzip's checksum.
    for (int at = 10; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x10;
      writeImages(damaged);
      assertThrows(KlifException.class, this::read, "byte " + at);
    }
    byte[] wrongSum = whole.clone();
    wrongSum[whole.length - 6] ^= 1;
    writeImages(wrongSum);
    assertFails("images.gz: Gzip-compressed data is corrupt (CRC32 error); fetch");
  }

  @Test
  void bytesAfterTheGzipData() {
    writeImages(concat(IdxFiles.gzip(IdxFiles.images(25, 4, 3)), new byte[] {1, 2, 3}));
    assertFails("images.gz: Unexpected data after a valid .gz stream; fetch");
  }

  @Test
  void notGzip() {
    writeImages("<html>not found</html>".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    assertFails("images.gz is not a gzip file");
    writeImages(new byte[0]);
    assertFails("images.gz is not a gzip file");
  }

  @Test
  void truncatedIdx() {
    byte[] whole = IdxFiles.images(25, 4, 3);
    writeImages(IdxFiles.gzip(Arrays.copyOf(whole, whole.length - 1)));
    assertFails(
        "images.gz is truncated: the IDX header promises 25 x 4 x 3 = 300 values, but only 299 follow");
    writeImages(IdxFiles.gzip(Arrays.copyOf(whole, 10)));
    assertFails("images.gz is truncated: it ends after 10 bytes, inside the IDX header of 16");
    writeImages(IdxFiles.gzip(new byte[0]));
    assertFails("images.gz is truncated: it ends after 0 bytes");
  }

  @Test
  void bytesAfterTheValues() {
    byte[] whole = IdxFiles.images(25, 4, 3);
    writeImages(IdxFiles.gzip(Arrays.copyOf(whole, whole.length + 1)));
    assertFails("images.gz: bytes follow the 25 x 4 x 3 = 300 values");
  }

  @Test
  void wrongMagic() {
    writeImages(IdxFiles.gzip(IdxFiles.labels(25)));
    assertFails("images.gz is not an IDX file of images: it starts with 00000801");
    goodFiles();
    writeLabels(IdxFiles.gzip(IdxFiles.images(25, 4, 3)));
    assertFails("labels.gz is not an IDX file of labels: it starts with 00000803");
  }

  @Test
  void labelOutOfRange() {
    byte[] content = IdxFiles.labels(25);
    content[8 + 17] = 10;
    writeLabels(IdxFiles.gzip(content));
    assertFails("labels.gz: label 10 of sample 17 is out of range: labels are 0..9");
    content[8 + 17] = (byte) 200;
    writeLabels(IdxFiles.gzip(content));
    assertFails("label 200 of sample 17");
  }

  @Test
  void countsDiffer() {
    writeLabels(IdxFiles.gzip(IdxFiles.labels(24)));
    assertFails("holds 25 images, but");
    assertFails("holds 24 labels");
  }

  @Test
  void anotherShape() {
    writeImages(IdxFiles.gzip(IdxFiles.images(25, 3, 4)));
    assertFails("images.gz holds images of 3x4, but tiny has 4x3");
  }

  @Test
  void aHugeClaimIsRefusedBeforeAllocating() {
    // 2^31-1 images of 28x28 would be 1.6 TB; 40,000 of them, 31 MB, still cannot come out of some
    // 40 bytes.
    for (int count : new int[] {Integer.MAX_VALUE, 40_000}) {
      writeImages(IdxFiles.gzip(IdxFiles.idx(0x803, new int[] {count, 28, 28}, new byte[12])));
      assertFails("the IDX header claims " + count + " x 28 x 28 values, more than a file of");
    }
    writeImages(IdxFiles.gzip(IdxFiles.idx(0x803, new int[] {-1, 4, 3}, new byte[12])));
    assertFails("images.gz: dimension 0 of the IDX header is -1");
    writeImages(IdxFiles.gzip(IdxFiles.idx(0x803, new int[] {25, 0, 3}, new byte[12])));
    assertFails("images.gz: dimension 1 of the IDX header is 0");
  }

  @Test
  void valuesThatCompressVeryWellAreStillRead() {
    int count =
        100_000; // 1.2 MB of zeros in about 1.2 kB: the array has to grow beyond the first guess
    writeImages(IdxFiles.gzip(IdxFiles.idx(0x803, new int[] {count, 4, 3}, new byte[count * 12])));
    assertEquals(count * 12, IdxReader.readImages(images).pixels().length);
  }

  @Test
  void missingFile() {
    images = folder.resolve("absent.gz");
    assertFails("absent.gz does not exist");
  }

  private Dataset read() {
    return IdxReader.read("tiny", CLASSES, SHAPE, images, labels);
  }

  private void assertFails(String message) {
    KlifException e = assertThrows(KlifException.class, this::read);
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  private void writeImages(byte[] bytes) {
    IdxFiles.write(images, bytes);
  }

  private void writeLabels(byte[] bytes) {
    IdxFiles.write(labels, bytes);
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
