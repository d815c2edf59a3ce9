package org.klif.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import org.klif.KlifException;

/**
 * Collects CIFAR-10's binary records: one byte of label, then 1024 bytes each of red, green and
 * blue, row-major 32x32. A file is records and nothing else; how many is not written anywhere, so
 * nothing is believed and memory grows with what is really read.
 */
final class CifarReader {
  /** Bytes of a record: the label and 3x32x32 pixels. */
  static final int RECORD = 3073;

  /** More than all of CIFAR-10; ends a stream of junk. */
  private static final int LARGEST_COUNT = 100_000;

  private static final int PIXELS = RECORD - 1;
  private static final SampleShape SHAPE = SampleShape.image(3, 32, 32);

  private final int classes;
  private byte[] pixels = new byte[0];
  private byte[] labels = new byte[0];
  private int count;

  /** Labels may be 0..classes-1. */
  CifarReader(int classes) {
    this.classes = classes;
  }

  /** Records so far. */
  int count() {
    return count;
  }

  /**
   * Appends all records of a file.
   *
   * @param in read to its end, not closed
   * @param source names the file in messages
   * @throws KlifException naming file and byte offset when a record is cut short, a label is out of
   *     range, or there is no record
   */
  void add(InputStream in, String source) {
    int before = count;
    byte[] record = new byte[RECORD];
    try {
      for (int length = in.readNBytes(record, 0, RECORD);
          length > 0;
          length = in.readNBytes(record, 0, RECORD)) {
        long offset = (long) (count - before) * RECORD;
        if (length < RECORD) {
          throw new KlifException(
              "%s is cut short: the record at byte %d has %d bytes instead of %d; get the file again"
                  .formatted(source, offset, length, RECORD));
        }
        append(record, source, offset);
      }
    } catch (IOException e) {
      throw new KlifException("cannot read " + source + ": " + e.getMessage(), e);
    }
    if (count == before) {
      throw new KlifException(source + " holds no records");
    }
  }

  private void append(byte[] record, String source, long offset) {
    int label = record[0] & 255;
    if (label >= classes) {
      throw new KlifException(
          "%s: label %d at byte %d is out of range: labels are 0..%d"
              .formatted(source, label, offset, classes - 1));
    }
    if (count == LARGEST_COUNT) {
      throw new KlifException(
          "%s: more than %d records: it is not a file of CIFAR-10".formatted(source, count));
    }
    if (count == labels.length) {
      int room = Math.min(LARGEST_COUNT, Math.max(64, count + count / 2));
      labels = Arrays.copyOf(labels, room);
      pixels = Arrays.copyOf(pixels, room * PIXELS);
    }
    labels[count] = record[0];
    System.arraycopy(record, 1, pixels, count * PIXELS, PIXELS);
    count++;
  }

  /** What was read, as a data set; this reader is not used again. */
  Dataset dataset(String name, List<String> classNames) {
    return ByteImages.of(
        name,
        classNames,
        SHAPE,
        Arrays.copyOf(pixels, count * PIXELS),
        Arrays.copyOf(labels, count),
        255);
  }
}
