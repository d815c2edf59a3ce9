package org.klif.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.klif.KlifException;
import org.klif.data.archive.SampleFiles;

/** Reads images from folders train/CLASS and test/CLASS, or from an archive of these. */
final class ImageFolders {
  /** A file of an image of 32x32 pixels has a few kilobytes; more is not read. */
  private static final int LARGEST_FILE = 1 << 20;

  /** Reads both parts into memory. */
  static DatasetPair read(CatalogueEntry entry, Placement placement) {
    LabelledSamples<byte[]> samples = new LabelledSamples<>(entry.classNames());
    for (Path container : placement.containers()) {
      try (SampleFiles files = SampleFiles.open(container)) {
        files.forEach(
            (file, in) -> {
              SamplePath path =
                  SamplePath.parse(file.name(), entry.classNames(), ".jpg", ".jpeg", ".png");
              if (path != null) {
                samples.add(path, pixels(in, container + ", " + file.name(), entry.shape()));
              }
            });
      }
    }
    return samples.pair(
        entry.name(),
        placement.containers().get(0),
        (name, values, labels) -> images(entry, name, values, labels));
  }

  private static Dataset images(
      CatalogueEntry entry, String name, List<byte[]> values, byte[] labels) {
    byte[] pixels = new byte[Math.multiplyExact(values.size(), entry.shape().values())];
    for (int i = 0; i < values.size(); i++) {
      System.arraycopy(
          values.get(i), 0, pixels, i * entry.shape().values(), entry.shape().values());
    }
    return new ByteImages(name, entry.classNames(), entry.shape(), pixels, labels, 255);
  }

  /** Red, green and blue planes of an image that must have the set's size. */
  static byte[] pixels(InputStream in, String source, SampleShape shape) {
    BufferedImage image;
    try {
      byte[] bytes = in.readNBytes(LARGEST_FILE + 1);
      if (bytes.length > LARGEST_FILE) {
        throw new KlifException(source + " is larger than 1 MiB: it is no image of this set");
      }
      image = decode(bytes, source, shape);
    } catch (IOException e) {
      throw new KlifException("cannot read " + source + ": " + e.getMessage(), e);
    }
    int area = shape.height() * shape.width();
    byte[] planes = new byte[3 * area];
    int[] colours = image.getRGB(0, 0, shape.width(), shape.height(), null, 0, shape.width());
    for (int p = 0; p < area; p++) {
      planes[p] = (byte) (colours[p] >> 16);
      planes[area + p] = (byte) (colours[p] >> 8);
      planes[2 * area + p] = (byte) colours[p];
    }
    return planes;
  }

  /** The size in the header is looked at before any pixel is made room for. */
  private static BufferedImage decode(byte[] bytes, String source, SampleShape shape)
      throws IOException {
    // ImageIO's own choice would write each image to a temporary file first
    try (ImageInputStream input =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
      if (!readers.hasNext()) {
        throw new KlifException(source + " is not an image");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(input);
        if (reader.getWidth(0) != shape.width() || reader.getHeight(0) != shape.height()) {
          throw new KlifException(
              "%s has %dx%d pixels instead of %dx%d"
                  .formatted(
                      source,
                      reader.getWidth(0),
                      reader.getHeight(0),
                      shape.width(),
                      shape.height()));
        }
        return reader.read(0);
      } catch (KlifException e) {
        throw e;
      } catch (IOException | RuntimeException e) {
        // the JDK's readers throw many kinds on damaged files, with messages of several lines
        throw new KlifException(source + " is a damaged image; get the file again", e);
      } finally {
        reader.dispose();
      }
    }
  }

  private ImageFolders() {}
}
