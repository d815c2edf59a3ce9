package org.klif.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.klif.data.archive.SampleFiles;
import org.klif.data.events.Aedat2Reader;
import org.klif.data.events.Aedat31Reader;
import org.klif.data.events.EventFile;
import org.klif.data.events.EventReader;
import org.klif.data.events.GestureLabels;
import org.klif.data.events.NmnistReader;
import org.klif.data.events.Recordings;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Every reader with small good files of its format to start from. */
final class FuzzTargets {
  /** Turns content into what a file holds. */
  interface Packing {
    byte[] pack(byte[] content) throws IOException;
  }

  /** Reads a file to its end. */
  interface Reading {
    void read(byte[] file) throws IOException;
  }

  /**
   * One reader.
   *
   * @param seeds good files before packing
   * @param packing of the damaged content, so that damage gets past checksums; sometimes the packed
   *     file is damaged instead
   */
  record Target(String name, List<byte[]> seeds, Packing packing, Reading reading) {}

  private final Path folder;
  private final List<Target> targets = new ArrayList<>();

  private FuzzTargets(Path folder) {
    this.folder = folder;
  }

  /** All readers; files they need are written to {@code folder}. */
  static List<Target> all(Path folder) {
    FuzzTargets made = new FuzzTargets(folder);
    made.events();
    made.images();
    made.archives();
    return List.copyOf(made.targets);
  }

  private void events() {
    List<byte[]> nmnist = new ArrayList<>();
    List<byte[]> aedat2 = new ArrayList<>();
    List<byte[]> aedat31 = new ArrayList<>();
    for (int seed = 0; seed < 3; seed++) {
      List<Recordings.Event> small = Recordings.random(seed, 30, 34, 8_000_000L * seed, 50_000);
      nmnist.add(Recordings.nmnist(small));
      aedat2.add(Recordings.aedat2(Recordings.random(seed, 40, 128, 1L << 31, 90_000_000)));
      aedat31.add(
          Recordings.aedat31(
              Recordings.random(seed, 40, 128, (1L << 31) - 100_000, 5000), 5 + 10 * seed));
    }
    add("nmnist", nmnist, bytes -> read(new NmnistReader(), bytes));
    add("aedat2", aedat2, bytes -> read(new Aedat2Reader(), bytes));
    add("aedat31", aedat31, bytes -> read(new Aedat31Reader(), bytes));
    add(
        "gesture labels",
        List.of(
            Recordings.gestureLabels(
                new long[][] {{1, 53036986, 59508469}, {8, 132355007, 141594080}, {11, 1, 2}})),
        bytes -> GestureLabels.read(new ByteArrayInputStream(bytes), "fuzzed.csv"));
    List<byte[]> any = List.of(nmnist.get(0), aedat2.get(1), aedat31.get(2));
    Reading byContent = bytes -> EventFile.totals(write("recording", bytes));
    add("event file", any, byContent);
    targets.add(new Target("event file, gzip", any, FuzzTargets::gzip, byContent));
    targets.add(new Target("event file, xz", any, FuzzTargets::xz, byContent));
  }

  private static void read(EventReader reader, byte[] bytes) {
    reader.read(new ByteArrayInputStream(bytes), "fuzzed");
  }

  private void images() {
    targets.add(
        new Target(
            "idx images",
            List.of(IdxFiles.images(5, 4, 3), IdxFiles.images(1, 28, 28)),
            FuzzTargets::gzip,
            bytes -> IdxReader.readImages(write("images.gz", bytes))));
    targets.add(
        new Target(
            "idx labels",
            List.of(IdxFiles.labels(25), IdxFiles.labels(100)),
            FuzzTargets::gzip,
            bytes -> IdxReader.readLabels(write("labels.gz", bytes), 10)));
    CifarLayout layout = CifarLayout.of(CatalogueEntry.Format.CIFAR);
    byte[] records = new byte[3 * layout.record()];
    records[layout.record()] = 9;
    Reading cifar = bytes -> CifarFiles.batch(write("batch", bytes), new CifarReader(layout));
    add("cifar", List.of(records, new byte[layout.record()]), cifar);
    targets.add(new Target("cifar, xz", List.of(records), FuzzTargets::xz, cifar));
    add(
        "jpeg and png",
        List.of(picture("jpeg"), picture("jpeg"), picture("png")),
        bytes ->
            ImageFolders.pixels(
                new ByteArrayInputStream(bytes), "fuzzed.jpg", SampleShape.image(3, 32, 32)));
  }

  private static byte[] picture(String format) {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    for (int p = 0; p < 32 * 32; p++) {
      image.setRGB(p % 32, p / 32, p * 0x010305);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, format, out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private void archives() {
    byte[] zip = zip();
    byte[] tar = tar();
    Reading reading = bytes -> readArchive(write("archive", bytes));
    add("zip", List.of(zip), reading);
    add("tar", List.of(tar), reading);
    targets.add(new Target("tar.gz", List.of(tar), FuzzTargets::gzip, reading));
    targets.add(new Target("tar.xz", List.of(tar), FuzzTargets::xz, reading));
  }

  private static void readArchive(Path archive) throws IOException {
    try (SampleFiles files = SampleFiles.open(archive)) {
      List<SampleFiles.Entry> entries = files.entries();
      files.forEach((entry, in) -> drain(in));
      if (!entries.isEmpty()) {
        try (InputStream in = files.open(entries.get(0))) {
          drain(in);
        }
      }
    }
  }

  private static void drain(InputStream in) {
    try {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new AssertionError("an IOException came through", e);
    }
  }

  private void add(String name, List<byte[]> seeds, Reading reading) {
    targets.add(new Target(name, seeds, content -> content, reading));
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  /** The dictionary is small, since making a large one for each input would take all the time. */
  private static byte[] xz(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    LZMA2Options options = new LZMA2Options(0);
    options.setDictSize(LZMA2Options.DICT_SIZE_MIN);
    try (OutputStream out = new XZOutputStream(bytes, options)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] zip() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (int i = 0; i < 3; i++) {
        zip.putNextEntry(new ZipEntry("Train/" + i + "/0000" + i + ".bin"));
        zip.write("some content ".repeat(i).getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] tar() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, 512)) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      for (int i = 0; i < 3; i++) {
        String name = i == 1 ? "Train/" + "long".repeat(30) : "Train/" + i + ".bin";
        byte[] content = "some content ".repeat(i).getBytes(StandardCharsets.US_ASCII);
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }
}
