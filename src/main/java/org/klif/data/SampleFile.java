package org.klif.data;

import com.google.common.base.Ascii;
import com.google.common.base.Splitter;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.io.WholeFile;

/** Reads samples that somebody wants classified, as values 0 (black) to 1 (white). */
public final class SampleFile {
  private static final int IDX_IMAGES = 0x0803;
  private static final int MOST_SAMPLES = 1_000_000;
  private static final float BYTE_WHITE = 255;
  private static final float DIGITS_WHITE = 16;
  private static final Splitter VALUES = Splitter.onPattern("[,;\\s]+").omitEmptyStrings();

  /** Java's own parser takes 16f and 0x1p3, too. */
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  /** Some programs begin a text with it. */
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /** Where the label stands in a line of a csv file that has one. */
  public enum Label {
    /** Ahead of the values. */
    FIRST,
    /** Behind the values, as in the file of the digits. */
    LAST
  }

  /**
   * Reads a file by its ending: .csv (one sample a line, plane by plane), .idx, .idx3-ubyte, -ubyte
   * (also .gz; grey), or an image, which is brought to the size of the set's samples, and made grey
   * where they are.
   *
   * @param entry the data set whose samples they resemble
   * @param invert swap black and white
   * @param white value of a white pixel in a csv file, above 0, or null to guess from the largest
   *     value: 1, 16 for the digits, or 255
   * @param label where a csv file has a label, which is left out, or null for none
   * @throws KlifException naming the file and what is wrong with it
   */
  public static List<float[]> read(
      Path file,
      CatalogueEntry entry,
      boolean invert,
      @Nullable Double white,
      @Nullable Label label) {
    SampleShape shape = entry.shape();
    if (!shape.isStatic() || (shape.channels() != 1 && shape.channels() != 3)) {
      throw new KlifException(
          "%s has samples of %s; klif predict reads grey and colour images, and recordings of the sets that have such"
              .formatted(entry.name(), shape));
    }
    if (!Files.isRegularFile(file)) {
      throw new KlifException("there is no file " + file);
    }
    String name = Ascii.toLowerCase(file.getFileName().toString());
    List<float[]> samples;
    try {
      if (isCsv(file)) {
        samples = csv(file, entry, white, label);
      } else if (name.endsWith(".idx") || name.endsWith("-ubyte") || name.endsWith(".gz")) {
        samples = idx(file, shape);
      } else {
        Picture picture = Picture.read(file, shape.channels());
        samples = List.of(picture.resized(shape.height(), shape.width()).values());
      }
    } catch (IOException e) {
      throw new KlifException("Cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
    if (invert) {
      samples.forEach(SampleFile::invert);
    }
    return samples;
  }

  /** Whether a file is read as csv, by its ending. */
  public static boolean isCsv(Path file) {
    return Ascii.toLowerCase(file.toString()).endsWith(".csv");
  }

  private static void invert(float[] sample) {
    for (int i = 0; i < sample.length; i++) {
      sample[i] = 1 - sample[i];
    }
  }

  private static List<float[]> csv(
      Path file, CatalogueEntry entry, @Nullable Double white, @Nullable Label label) {
    SampleShape shape = entry.shape();
    List<float[]> samples = new ArrayList<>();
    int number = 0;
    float largest = 0;
    int largestLine = 0;
    for (String line : WholeFile.text(file, WholeFile.LARGEST).lines().toList()) {
      number++;
      String text =
          number == 1 && !line.isEmpty() && line.charAt(0) == BYTE_ORDER_MARK
              ? line.substring(1)
              : line;
      if (text.isBlank() || text.startsWith("#")) {
        continue;
      }
      List<String> values = VALUES.splitToList(text);
      requireCount(file, number, values.size(), shape, label);
      int first = label == Label.FIRST ? 1 : 0;
      float[] sample = new float[shape.values()];
      for (int i = 0; i < sample.length; i++) {
        sample[i] = value(file, number, values.get(first + i));
        if (sample[i] > largest) {
          largest = sample[i];
          largestLine = number;
        }
      }
      samples.add(sample);
    }
    if (samples.isEmpty()) {
      throw new KlifException(file + " holds no samples");
    }
    float scale = white == null ? guess(entry, largest) : white.floatValue();
    if (largest > scale) {
      throw new KlifException(
          "%s, line %d: a value of %s, but white is %s; --white N says what a white pixel is"
              .formatted(file, largestLine, largest, scale));
    }
    for (float[] sample : samples) {
      for (int i = 0; i < sample.length; i++) {
        sample[i] /= scale;
      }
    }
    return samples;
  }

  private static float guess(CatalogueEntry entry, float largest) {
    if (largest <= 1) {
      return 1;
    }
    boolean digits = entry.format() == CatalogueEntry.Format.DIGITS && largest <= DIGITS_WHITE;
    return digits ? DIGITS_WHITE : BYTE_WHITE;
  }

  private static void requireCount(
      Path file, int line, int values, SampleShape shape, @Nullable Label label) {
    int expected = shape.values() + (label == null ? 0 : 1);
    if (values == expected) {
      return;
    }
    String message =
        "%s, line %d: %d values, but a sample of %s has %d"
            .formatted(file, line, values, shape, shape.values());
    if (label != null) {
      message += " and a label one more";
    } else if (values == expected + 1) {
      message += "; if the one more is a label, say --label first or --label last";
    }
    throw new KlifException(message);
  }

  private static float value(Path file, int line, String text) {
    float value = NUMBER.matcher(text).matches() ? Float.parseFloat(text) : Float.NaN;
    if (value >= 0 && Float.isFinite(value)) {
      return value;
    }
    throw new KlifException(
        "%s, line %d: '%s' is not a number from 0 (black) up".formatted(file, line, text));
  }

  private static List<float[]> idx(Path file, SampleShape shape) throws IOException {
    if (shape.channels() != 1) {
      throw new KlifException(
          "%s holds grey images, and the network takes %s; take an image, or a csv file"
              .formatted(file, shape));
    }
    boolean gzip = Ascii.toLowerCase(file.toString()).endsWith(".gz");
    try (InputStream raw = Files.newInputStream(file);
        DataInputStream in =
            new DataInputStream(new BufferedInputStream(gzip ? new GZIPInputStream(raw) : raw))) {
      int magic = in.readInt();
      if (magic != IDX_IMAGES) {
        throw new KlifException(
            "%s is not an IDX file of images: it starts with %08x instead of %08x"
                .formatted(file, magic, IDX_IMAGES));
      }
      int count = in.readInt();
      int height = in.readInt();
      int width = in.readInt();
      if (height != shape.height() || width != shape.width() || count < 1) {
        throw new KlifException(
            "%s holds %d images of %dx%d, but the network takes %dx%d"
                .formatted(file, count, height, width, shape.height(), shape.width()));
      }
      if (count > MOST_SAMPLES) {
        throw new KlifException(file + " claims more than a million images");
      }
      List<float[]> samples = new ArrayList<>();
      byte[] pixels = new byte[shape.values()];
      for (int i = 0; i < count; i++) {
        in.readFully(pixels);
        float[] sample = new float[pixels.length];
        for (int p = 0; p < pixels.length; p++) {
          sample[p] = (pixels[p] & 255) / BYTE_WHITE;
        }
        samples.add(sample);
      }
      return samples;
    } catch (EOFException e) {
      throw new KlifException(file + " is truncated", e);
    }
  }

  private SampleFile() {}
}
