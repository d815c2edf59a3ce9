package org.klif.data.events;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.klif.KlifException;
import org.klif.data.archive.Compression;

/** A file with one recording, plain or compressed by gzip or xz; its format told from its bytes. */
public final class EventFile {
  /**
   * Reads what a file holds.
   *
   * @param <T> what comes of it
   */
  @FunctionalInterface
  public interface Reading<T> {
    /**
     * Reads the recording.
     *
     * @param in its bytes, not compressed; supports marks
     * @param name for messages
     */
    T of(InputStream in, String name) throws IOException;
  }

  /**
   * Opens a file, plain or compressed, and reads it.
   *
   * @throws KlifException when it cannot be read
   */
  public static <T> T read(Path file, Reading<T> reading) {
    // offsets in messages are those of the content, so the name says when that is not the file's
    String name =
        Compression.of(file) == Compression.NONE ? file.toString() : file + " (uncompressed)";
    try (BufferedInputStream in = new BufferedInputStream(Compression.open(file), 1 << 16)) {
      return reading.of(in, name);
    } catch (IOException e) {
      throw new KlifException("cannot read %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * Figures of a recording of any format that Klif knows.
   *
   * @throws KlifException when the file cannot be read, is of no format Klif knows, or is cut short
   */
  public static EventTotals totals(Path file) {
    return read(
        file,
        (in, name) -> {
          EventReader reader = readerFor(in, name);
          EventTotals totals = new EventTotals(reader);
          reader.read(in, name, totals);
          return totals;
        });
  }

  /**
   * The reader for a recording, told from its first bytes, which are put back. Text is AEDAT;
   * N-MNIST and N-Caltech101 have no header, and any other file is taken for them: their reader
   * refuses what is none.
   *
   * @param in a stream that supports marks
   * @throws KlifException when it is text of another kind
   */
  private static EventReader readerFor(InputStream in, String name) throws IOException {
    int length = Aedat2Reader.MAGIC.length();
    in.mark(length);
    String start = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    in.reset();
    if (start.equals(Aedat2Reader.MAGIC)) {
      return new Aedat2Reader();
    }
    if (start.equals(Aedat31Reader.MAGIC)) {
      return new Aedat31Reader();
    }
    if (start.startsWith(SpikeTrainFile.MAGIC)) {
      throw new KlifException(
          "%s is an HDF5 file, which holds many recordings: put it into its set's folder, and klif data stats shd, or ssc, looks through them"
              .formatted(name));
    }
    if (start.startsWith("#")) {
      throw new KlifException(
          "%s: Klif reads AEDAT 2.0 and 3.1 (%s, %s) and N-MNIST; this begins with another line"
              .formatted(name, Aedat2Reader.MAGIC, Aedat31Reader.MAGIC));
    }
    if (!start.isEmpty() && start.chars().allMatch(EventFile::isText)) {
      throw new KlifException(
          name + " is text, not an N-MNIST recording; get the file again, or name another one");
    }
    return NmnistReader.ofAnySet();
  }

  /**
   * A recording's third byte has polarity and time of the first event in units of 65 ms, 0 or 128,
   * so its beginning is never text.
   */
  private static boolean isText(int c) {
    return (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n';
  }

  private EventFile() {}
}
