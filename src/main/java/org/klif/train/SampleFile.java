package org.klif.train;

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
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.data.CatalogueEntry;
import org.klif.data.SampleShape;
import org.klif.run.AtomicFile;

/** Reads samples that somebody wants classified, as values 0 (black) to 1 (white). */
public final class SampleFile {
  private static final int IDX_IMAGES = 0x0803;
  private static final int MOST_SAMPLES = 1_000_000;
  private static final float BYTE_WHITE = 255;
  private static final float DIGITS_WHITE = 16;
  private static final Splitter VALUES = Splitter.onPattern("[,;\\s]+").omitEmptyStrings();

  /**
   * Reads a file by its ending: .csv (one sample a line), .idx, .idx3-ubyte, -ubyte (also .gz), or
   * an image, which is made grey and brought to the size of the set's samples.
   *
   * @param entry the data set whose samples they resemble
   * @param invert swap black and white
   * @param white value of a white pixel in a csv file, or null to guess
   * @throws KlifException naming the file and what is wrong with it
   */
  public static List<float[]> read(
      Path file, CatalogueEntry entry, boolean invert, @Nullable Double white) {
    SampleShape shape = entry.shape();
    if (!shape.isStatic() || shape.channels() != 1) {
      throw new KlifException(
          "%s has samples of %s; klif predict reads grey images only"
              .formatted(entry.name(), shape));
    }
    if (!Files.isRegularFile(file)) {
      throw new KlifException("there is no file " + file);
    }
    String name = Ascii.toLowerCase(file.getFileName().toString());
    List<float[]> samples;
    try {
      if (name.endsWith(".csv")) {
        samples = csv(file, shape, white == null ? guess(entry) : white.floatValue());
      } else if (name.endsWith(".idx") || name.endsWith("-ubyte") || name.endsWith(".gz")) {
        samples = idx(file, shape);
      } else {
        samples = List.of(GreyImage.read(file).resized(shape.height(), shape.width()).values());
      }
    } catch (IOException e) {
      throw new KlifException("Cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
    if (invert) {
      samples.forEach(SampleFile::invert);
    }
    return samples;
  }

  private static void invert(float[] sample) {
    for (int i = 0; i < sample.length; i++) {
      sample[i] = 1 - sample[i];
    }
  }

  /** 0 where the file's largest value decides. */
  private static float guess(CatalogueEntry entry) {
    return entry.format() == CatalogueEntry.Format.DIGITS ? DIGITS_WHITE : 0;
  }

  private static List<float[]> csv(Path file, SampleShape shape, float white) throws IOException {
    List<float[]> samples = new ArrayList<>();
    float largest = 0;
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      List<String> values = VALUES.splitToList(line);
      // a label may follow the pixels, as in the data set's own file
      if (values.size() != shape.values() && values.size() != shape.values() + 1) {
        throw new KlifException(
            "%s, line %d: %d values, but a sample of %s has %d"
                .formatted(file, number, values.size(), shape, shape.values()));
      }
      float[] sample = new float[shape.values()];
      for (int i = 0; i < sample.length; i++) {
        sample[i] = value(file, number, values.get(i));
        largest = Math.max(largest, sample[i]);
      }
      samples.add(sample);
    }
    if (samples.isEmpty()) {
      throw new KlifException(file + " holds no samples");
    }
    float scale = white > 0 ? white : largest <= 1 ? 1 : BYTE_WHITE;
    for (float[] sample : samples) {
      for (int i = 0; i < sample.length; i++) {
        sample[i] /= scale;
      }
    }
    return samples;
  }

  private static float value(Path file, int line, String text) {
    try {
      float value = Float.parseFloat(text);
      if (Float.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new KlifException("%s, line %d: '%s' is not a number".formatted(file, line, text));
  }

  private static List<float[]> idx(Path file, SampleShape shape) throws IOException {
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
