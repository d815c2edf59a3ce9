package org.klif.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.klif.data.events.Recordings;

/** Small sets in the layout of the official ones, with random events; path and content. */
public final class GeneratedSets {
  /** The classes of CIFAR-10 and CIFAR10-DVS. */
  public static final List<String> OBJECTS = Catalogue.load().entry("cifar10").classNames();

  /** One test and two training recordings a class. */
  public static Map<String, byte[]> nmnist() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int digit = 0; digit < 10; digit++) {
      for (int i = 0; i < 3; i++) {
        String part = i == 2 ? "Test" : "Train";
        files.put(
            "%s/%d/%05d.bin".formatted(part, digit, 10 * i + digit + 1),
            Recordings.nmnist(Recordings.random(10L * i + digit, 300 + digit, 34, 5, 1000)));
      }
    }
    return files;
  }

  /** The recordings 0, 899, 900 and 999 of each class. */
  public static Map<String, byte[]> cifar10Dvs() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String object : OBJECTS) {
      for (int number : new int[] {0, 899, 900, 999}) {
        files.put(
            "%s/cifar10_%s_%d.aedat".formatted(object, object, number),
            Recordings.aedat2(
                Recordings.random(object.hashCode() + (long) number, 400, 128, 7, 100)));
      }
    }
    return files;
  }

  /** The recordings 1, 9, 10 and 20 of five classes, the first and the last among them. */
  public static Map<String, byte[]> ncaltech101() {
    List<String> classes = Catalogue.load().entry("ncaltech101").classNames();
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int label : new int[] {0, 1, 44, 99, 100}) {
      for (int number : new int[] {1, 9, 10, 20}) {
        files.put(
            "Caltech101/%s/image_%04d.bin".formatted(classes.get(label), number),
            Recordings.nmnist(
                Recordings.random(1000L * label + number, 500, 240, 180, 3_000_000, 30_000)));
      }
    }
    return files;
  }

  /** The gestures of each recording, a class, start and end each. */
  public static long[][] gestures() {
    long[][] rows = new long[11][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new long[] {i + 1, 1000L + 2000L * i, 2500L + 2000L * i};
    }
    return rows;
  }

  /** Two recordings to train on and one for the test, with eleven gestures each. */
  public static Map<String, byte[]> gesture() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int user : new int[] {1, 2, 24}) {
      String stem = "DvsGesture/user%02d_led".formatted(user);
      List<Recordings.Event> events = Recordings.random(user, 3000, 128, 500, 20);
      files.put(stem + ".aedat", Recordings.aedat31(events, 100));
      files.put(stem + "_labels.csv", Recordings.gestureLabels(gestures()));
    }
    files.put("DvsGesture/trials_to_train.txt", text("user01_led.aedat\nuser02_led.aedat\n"));
    files.put("DvsGesture/trials_to_test.txt", text("user24_led.aedat\n"));
    files.put("DvsGesture/README.txt", text("not a recording\n"));
    return files;
  }

  /** Spike trains that src/test/python/spike_trains.py wrote. */
  public static Map<String, byte[]> shd() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : List.of("shd_train.h5", "shd_test.h5")) {
      try {
        files.put(
            name, Files.readAllBytes(Path.of("src/test/resources/spiketrains").resolve(name)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return files;
  }

  /** JPEG files in folders of classes: two and one of each class. */
  public static Map<String, byte[]> cifar10Jpeg() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < 30; i++) {
      BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 32 * 32; p++) {
        image.setRGB(p % 32, p / 32, 0x010203 * ((p * (i + 1)) % 80));
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try {
        ImageIO.write(image, "jpg", bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      String part = i < 20 ? "train" : "test";
      files.put("%s/%s/%04d.jpg".formatted(part, OBJECTS.get(i % 10), i), bytes.toByteArray());
    }
    return files;
  }

  /** One or two records of each class in a batch. */
  public static Map<String, byte[]> cifar10() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("data_batch_1.bin", CifarReaderTest.records(20, 1));
    files.put("test_batch.bin", CifarReaderTest.records(10, 2));
    return files;
  }

  /** Records of CIFAR-10 with the labels 0 to 9 in turn. */
  public static byte[] cifar10Records(int count) {
    return CifarReaderTest.records(count, count);
  }

  /** Records of CIFAR-100 with the labels 0 to 99 in turn. */
  public static byte[] cifar100Records(int count) {
    return CifarReaderTest.recordsOfHundred(count, count);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Writes the files into a folder. */
  public static Path unpacked(Map<String, byte[]> files, Path folder) {
    files.forEach(
        (name, bytes) -> {
          try {
            Files.createDirectories(folder.resolve(name).getParent());
            Files.write(folder.resolve(name), bytes);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return folder;
  }

  /** Writes those files whose name begins so into a zip. */
  static void zip(Map<String, byte[]> files, String prefix, Path zip) throws IOException {
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        if (file.getKey().startsWith(prefix)) {
          out.putNextEntry(new ZipEntry(file.getKey()));
          out.write(file.getValue());
          out.closeEntry();
        }
      }
    }
  }

  /** Writes the files into a tar.gz, the last one first. */
  static void tarGz(Map<String, byte[]> files, Path tar) throws IOException {
    List<String> names = new ArrayList<>(files.keySet());
    java.util.Collections.reverse(names);
    try (OutputStream file = Files.newOutputStream(tar);
        TarArchiveOutputStream out = new TarArchiveOutputStream(new GZIPOutputStream(file))) {
      for (String name : names) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(files.get(name).length);
        out.putArchiveEntry(entry);
        out.write(files.get(name));
        out.closeArchiveEntry();
      }
    }
  }

  private GeneratedSets() {}
}
