package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.primitives.Floats;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.data.archive.SampleFiles;
import org.klif.testing.Shared;

/**
 * Files of colours for {@code klif predict}: the same values as training reads of the same image.
 */
class ColourSamplesTest {
  private static final CatalogueEntry ENTRY = Catalogue.load().entry("cifar10-jpeg");
  private static final int AREA = 32 * 32;

  @TempDir static Path folder;

  /** The first test image of each class, and what training reads of it. */
  private static final Map<Path, float[]> IMAGES = new TreeMap<>();

  @BeforeAll
  static void unpack() {
    Path archive = Shared.require().resolve("data/cifar10/cifar10-jpeg-lossy.tar.xz");
    try (SampleFiles files = SampleFiles.open(archive)) {
      files.forEach(
          (file, in) -> {
            if (file.name().matches("test/.*/0000.jpg")) {
              keep(file.name(), in);
            }
          });
    }
    assertEquals(ENTRY.classNames().size(), IMAGES.size());
  }

  private static void keep(String name, InputStream in) {
    try {
      byte[] bytes = in.readAllBytes();
      byte[] planes = ImageFolders.pixels(new ByteArrayInputStream(bytes), name, ENTRY.shape());
      float[] values = new float[planes.length];
      for (int i = 0; i < planes.length; i++) {
        values[i] = (planes[i] & 255) / 255f;
      }
      IMAGES.put(Files.write(folder.resolve(name.replace('/', '-')), bytes), values);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float[] read(Path file) {
    List<float[]> samples = SampleFile.read(file, ENTRY, false, null, null);
    assertEquals(1, samples.size());
    return samples.get(0);
  }

  @Test
  void anImageHasTheValuesThatTrainingReads() {
    IMAGES.forEach((file, values) -> assertArrayEquals(values, read(file), file.toString()));
  }

  /** Plane by plane, as in CIFAR-10's own files. */
  @Test
  void aLineOfCsvHasTheSame() throws IOException {
    for (float[] values : IMAGES.values()) {
      String line =
          Floats.asList(values).stream()
              .map(value -> "" + Math.round(255 * value))
              .collect(Collectors.joining(","));
      assertArrayEquals(values, read(Files.writeString(folder.resolve("a.csv"), line)));
    }
  }

  /** Each pixel of the smaller one is the mean of four equal ones. */
  @Test
  void aLargerImageIsBroughtToTheSetsSize() throws IOException {
    Path file = IMAGES.keySet().iterator().next();
    BufferedImage small = ImageIO.read(file.toFile());
    BufferedImage large = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = large.createGraphics();
    graphics.drawImage(small, 0, 0, 64, 64, null);
    graphics.dispose();
    Path png = folder.resolve("large.png");
    ImageIO.write(large, "png", png.toFile());
    Path same = folder.resolve("small.png");
    ImageIO.write(small, "png", same.toFile());
    // a sum of four equal floats in double precision, over 4, is each of them
    assertArrayEquals(read(same), read(png));
  }

  @Test
  void aGreyImageHasThreeEqualPlanes() throws IOException {
    BufferedImage grey = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
    StringBuilder pgm = new StringBuilder("P2 32 32 255\n");
    for (int i = 0; i < AREA; i++) {
      grey.getRaster().setSample(i % 32, i / 32, 0, i % 256);
      pgm.append(i % 256).append(' ');
    }
    Path png = folder.resolve("grey.png");
    ImageIO.write(grey, "png", png.toFile());
    float[] values = read(png);
    for (int i = 0; i < 3 * AREA; i++) {
      assertEquals(i % AREA % 256 / 255f, values[i]);
    }
    assertArrayEquals(values, read(Files.writeString(folder.resolve("grey.pgm"), pgm)));
  }

  @Test
  void idxFilesAreGrey() throws IOException {
    Path idx = folder.resolve("images-idx3-ubyte");
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(idx))) {
      for (int word : new int[] {0x0803, 1, 32, 32}) {
        out.writeInt(word);
      }
      out.write(new byte[AREA]);
    }
    KlifException e = assertThrows(KlifException.class, () -> read(idx));
    assertEquals(
        idx + " holds grey images, and the network takes 3x32x32; take an image, or a csv file",
        e.getMessage());
  }
}
