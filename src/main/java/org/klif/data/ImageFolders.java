package org.klif.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
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
    return ByteImages.of(name, entry.classNames(), entry.shape(), pixels, labels, 255);
  }

  /** Red, green and blue planes of an image that must have the set's size. */
  static byte[] pixels(InputStream in, String source, SampleShape shape) {
    byte[] bytes;
    try {
      bytes = in.readNBytes(LARGEST_FILE + 1);
    } catch (IOException e) {
      throw new KlifException("cannot read " + source + ": " + e.getMessage(), e);
    }
    if (bytes.length > LARGEST_FILE) {
      throw new KlifException(source + " is larger than 1 MiB: it is no image of this set");
    }
    return FileImage.decode(
            bytes,
            source,
            (width, height) -> {
              if (width != shape.width() || height != shape.height()) {
                throw new KlifException(
                    "%s has %dx%d pixels instead of %dx%d"
                        .formatted(source, width, height, shape.width(), shape.height()));
              }
            })
        .planes();
  }

  private ImageFolders() {}
}
