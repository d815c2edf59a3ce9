package org.klif.data;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.klif.KlifException;
import org.klif.io.BoundedLines;

/**
 * Reads the UCI handwritten digits: gzipped CSV, one sample a line, 64 pixels 0..16 of an 8x8 image
 * and the label last.
 */
final class DigitsReader {
  /** The value of a black pixel. */
  private static final int LARGEST_PIXEL = 16;

  private static final int LARGEST_ROWS = 1_000_000;

  /** Characters: those of the digits have at most 195. */
  private static final int LONGEST_LINE = 1000;

  /**
   * Reads all samples and divides them.
   *
   * @param csv the samples
   * @param testList row numbers of the test samples, one a line, lines starting with # are comments
   * @param testSource what messages call the list
   * @throws KlifException when a line is malformed, a value out of range, or the list does not fit
   *     the samples
   */
  static DatasetPair read(
      String name,
      List<String> classNames,
      SampleShape shape,
      Gzip csv,
      String testList,
      String testSource) {
    List<byte[]> rows = readRows(csv, shape.values(), classNames.size());
    BitSet test = readIndices(testList, testSource, rows.size());
    return new DatasetPair(
        part(name + " train", classNames, shape, rows, test, false),
        part(name + " test", classNames, shape, rows, test, true));
  }

  private static List<byte[]> readRows(Gzip csv, int pixels, int classes) {
    List<byte[]> rows = new ArrayList<>();
    try (Reader text = new InputStreamReader(csv, StandardCharsets.US_ASCII)) {
      BoundedLines lines = new BoundedLines(text, csv.source(), LONGEST_LINE);
      for (String line = lines.next(); line != null; line = lines.next()) {
        if (rows.size() == LARGEST_ROWS) {
          throw new KlifException(csv.source() + " has more than a million lines");
        }
        rows.add(parse(line, csv.source(), lines.number(), pixels, classes));
      }
    } catch (IOException e) {
      throw new KlifException("cannot read " + csv.source() + ": " + e.getMessage(), e);
    }
    if (rows.isEmpty()) {
      throw new KlifException(csv.source() + " holds no samples");
    }
    return rows;
  }

  private static byte[] parse(String line, String source, int number, int pixels, int classes) {
    String[] fields = line.split(",", -1);
    if (fields.length != pixels + 1) {
      throw new KlifException(
          "%s, line %d: %d values, but a sample has %d pixels and a label"
              .formatted(source, number, fields.length, pixels));
    }
    byte[] row = new byte[pixels + 1];
    for (int i = 0; i < row.length; i++) {
      int largest = i < pixels ? LARGEST_PIXEL : classes - 1;
      int value = parseInt(fields[i], largest);
      if (value < 0) {
        throw new KlifException(
            "%s, line %d: %s \"%s\" is out of range: it must be a whole number 0..%d"
                .formatted(source, number, i < pixels ? "pixel" : "label", fields[i], largest));
      }
      row[i] = (byte) value;
    }
    return row;
  }

  /** The number, or -1 when the text is not a whole number 0..largest. */
  private static int parseInt(String text, int largest) {
    try {
      int value = Integer.parseInt(text);
      return value > largest ? -1 : value;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static BitSet readIndices(String list, String source, int rows) {
    BitSet chosen = new BitSet(rows);
    for (String line : list.lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int index = parseInt(line.strip(), rows - 1);
      if (index < 0 || chosen.get(index)) {
        throw new KlifException(
            "%s: \"%s\" is not a row number 0..%d, or is listed twice"
                .formatted(source, line.strip(), rows - 1));
      }
      chosen.set(index);
    }
    if (chosen.isEmpty() || chosen.cardinality() == rows) {
      throw new KlifException(
          "%s takes %d of %d samples: none would be left on one side"
              .formatted(source, chosen.cardinality(), rows));
    }
    return chosen;
  }

  private static Dataset part(
      String name,
      List<String> classNames,
      SampleShape shape,
      List<byte[]> rows,
      BitSet test,
      boolean takeTest) {
    int values = shape.values();
    int count = takeTest ? test.cardinality() : rows.size() - test.cardinality();
    byte[] pixels = new byte[count * values];
    byte[] labels = new byte[count];
    int next = 0;
    for (int i = 0; i < rows.size(); i++) {
      if (test.get(i) == takeTest) {
        System.arraycopy(rows.get(i), 0, pixels, next * values, values);
        labels[next++] = rows.get(i)[values];
      }
    }
    return ByteImages.of(name, classNames, shape, pixels, labels, LARGEST_PIXEL);
  }

  private DigitsReader() {}
}
