package org.klif.data;

import com.google.common.base.Ascii;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.klif.KlifException;

/**
 * An image as its file has it: each sample over the largest that its bits can hold. Java's own
 * conversions of colours stay out of it: they take grey for linear light, which makes 188 of 129,
 * and move colours by the profile that a JPEG may carry.
 */
public final class FileImage {
  /** Those whose samples are known to mean 0 for black up to white. */
  private static final Set<String> FORMATS = Set.of("png", "jpeg", "gif", "bmp");

  private static final int[] RGB_BANDS = {0, 1, 2};

  private final Raster raster;
  private final ColorModel model;
  private final int colours;
  private final int[] pixel;
  private final double[] largest;

  private FileImage(BufferedImage image, String source) {
    this.raster = image.getRaster();
    this.model = image.getColorModel();
    int bands = raster.getNumBands();
    this.colours = bands - (model.hasAlpha() ? 1 : 0);
    if (!(model instanceof IndexColorModel) && colours != 1 && colours != 3) {
      throw new KlifException(
          "%s has %d colours a pixel; grey and RGB are read".formatted(source, colours));
    }
    this.pixel = new int[bands];
    this.largest = new double[bands];
    for (int b = 0; b < bands; b++) {
      largest[b] = Math.scalb(1.0, raster.getSampleModel().getSampleSize(b)) - 1;
    }
  }

  /** What is asked of an image's size before memory is taken for its pixels. */
  @FunctionalInterface
  public interface SizeRule {
    /**
     * Looks at the size in the header.
     *
     * @throws KlifException when it will not do
     */
    void check(int width, int height);
  }

  /**
   * Decodes a PNG, JPEG, GIF or BMP file.
   *
   * @param source who it is, for messages
   * @throws KlifException naming the source and what is wrong with it
   */
  public static FileImage decode(byte[] bytes, String source, SizeRule rule) {
    // ImageIO's own choice of a stream would write each image to a temporary file first
    try (ImageInputStream input =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
      ImageReader reader = readers.hasNext() ? readers.next() : null;
      if (reader == null || !FORMATS.contains(Ascii.toLowerCase(reader.getFormatName()))) {
        throw new KlifException(
            source
                + " is not an image that Klif reads: these are png, jpg, gif and bmp; klif predict"
                + " takes pgm, csv and idx, too");
      }
      try {
        reader.setInput(input, true, true);
        rule.check(reader.getWidth(0), reader.getHeight(0));
        return new FileImage(reader.read(0, parameters(reader)), source);
      } finally {
        reader.dispose();
      }
    } catch (KlifException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // the JDK's readers throw many kinds on damaged files, with messages of several lines
      throw new KlifException(source + " is a damaged image; get the file again", e);
    }
  }

  /** Named bands keep a JPEG's reader from converting by the file's own profile. */
  private static ImageReadParam parameters(ImageReader reader) throws IOException {
    ImageReadParam parameters = reader.getDefaultReadParam();
    if (Ascii.equalsIgnoreCase(reader.getFormatName(), "jpeg")
        && reader.getImageTypes(0).hasNext()
        && reader.getImageTypes(0).next().getNumBands() == RGB_BANDS.length) {
      parameters.setSourceBands(RGB_BANDS);
      parameters.setDestinationBands(RGB_BANDS);
    }
    return parameters;
  }

  /** Columns. */
  public int width() {
    return raster.getWidth();
  }

  /** Rows. */
  public int height() {
    return raster.getHeight();
  }

  /**
   * Grey values 0 to 1, row by row: a grey sample as it is, of colours ITU-R BT.601's weights,
   * either over black where the image is transparent.
   */
  public float[] grey() {
    float[] values = new float[height() * width()];
    double[] colour = new double[4];
    for (int i = 0; i < values.length; i++) {
      read(i % width(), i / width(), colour);
      double red = colour[0];
      boolean grey = red == colour[1] && red == colour[2];
      double luma = grey ? red : 0.299 * red + 0.587 * colour[1] + 0.114 * colour[2];
      values[i] = (float) (luma * colour[3]);
    }
    return values;
  }

  /** Planes of red, green and blue, 0 to 1, over black where the image is transparent. */
  float[] rgb() {
    int area = height() * width();
    float[] values = new float[Math.multiplyExact(3, area)];
    double[] colour = new double[4];
    for (int i = 0; i < area; i++) {
      read(i % width(), i / width(), colour);
      for (int c = 0; c < 3; c++) {
        values[c * area + i] = (float) (colour[c] * colour[3]);
      }
    }
    return values;
  }

  /** Planes of red, green and blue, a byte a sample; what is transparent keeps its colour. */
  byte[] planes() {
    int area = height() * width();
    byte[] planes = new byte[3 * area];
    double[] colour = new double[4];
    for (int i = 0; i < area; i++) {
      read(i % width(), i / width(), colour);
      for (int c = 0; c < 3; c++) {
        planes[c * area + i] = (byte) Math.round(255 * colour[c]);
      }
    }
    return planes;
  }

  /** Red, green, blue and opacity, each 0 to 1. */
  private void read(int x, int y, double[] colour) {
    raster.getPixel(x, y, pixel);
    if (model instanceof IndexColorModel palette) {
      int argb = palette.getRGB(pixel[0]);
      for (int c = 0; c < 3; c++) {
        colour[c] = (argb >> (16 - 8 * c) & 255) / 255.0;
      }
      colour[3] = (argb >>> 24) / 255.0;
      return;
    }
    for (int c = 0; c < 3; c++) {
      int band = colours == 1 ? 0 : c;
      colour[c] = pixel[band] / largest[band];
    }
    colour[3] = model.hasAlpha() ? pixel[colours] / largest[colours] : 1;
  }
}
