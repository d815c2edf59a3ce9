package org.klif.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import org.klif.KlifException;

/**
 * Collects CIFAR's binary records: the labels, then 1024 bytes each of red, green and blue,
 * row-major 32x32. A file is records and nothing else; how many is not written anywhere, so nothing
 * is believed and memory grows with what is really read.
 */
final class CifarReader {
  /** More than all of a set; ends a stream of junk. */
  private static final int LARGEST_COUNT = 100_000;

  private static final int PIXELS = 3 * 32 * 32;
  private static final SampleShape SHAPE = SampleShape.image(3, 32, 32);

  private final CifarLayout layout;
  private byte[] pixels = new byte[0];
  private byte[] labels = new byte[0];
  private int count;

  /** Reads records of that layout. */
  CifarReader(CifarLayout layout) {
    this.layout = layout;
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
    byte[] record = new byte[layout.record()];
    try {
      for (int length = in.readNBytes(record, 0, record.length);
          length > 0;
          length = in.readNBytes(record, 0, record.length)) {
        long offset = (long) (count - before) * record.length;
        if (length < record.length) {
          throw new KlifException(
              "%s is cut short: the record at byte %d has %d bytes instead of %d; get the file again"
                  .formatted(source, offset, length, record.length));
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
    int labelBytes = layout.labels().size();
    for (int i = 0; i < labelBytes; i++) {
      int label = record[i] & 255;
      int classes = layout.labels().get(i);
      if (label >= classes) {
        throw new KlifException(
            "%s: label %d at byte %d is out of range: labels are 0..%d"
                .formatted(source, label, offset + i, classes - 1));
      }
    }
    if (count == LARGEST_COUNT) {
      throw new KlifException(
          "%s: more than %d records: it is not a file of %s"
              .formatted(source, count, layout.title()));
    }
    if (count == labels.length) {
      int room = Math.min(LARGEST_COUNT, Math.max(64, count + count / 2));
      labels = Arrays.copyOf(labels, room);
      pixels = Arrays.copyOf(pixels, room * PIXELS);
    }
    labels[count] = record[labelBytes - 1];
    System.arraycopy(record, labelBytes, pixels, count * PIXELS, PIXELS);
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
