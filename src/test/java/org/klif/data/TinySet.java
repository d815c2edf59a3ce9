package org.klif.data;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A small IDX data set with its catalogue entry; its training images do not compress, about 300 kB.
 */
final class TinySet {
  static final String TRAIN_IMAGES = "train-images.gz";
  static final String TRAIN_LABELS = "train-labels.gz";
  static final String TEST_IMAGES = "test-images.gz";
  static final String TEST_LABELS = "test-labels.gz";

  private final Map<String, byte[]> files = new LinkedHashMap<>();

  TinySet() {
    byte[] noise = new byte[300 * 1024];
    new Random(1).nextBytes(noise);
    files.put(TRAIN_IMAGES, IdxFiles.gzip(IdxFiles.idx(0x803, new int[] {300, 32, 32}, noise)));
    files.put(TRAIN_LABELS, IdxFiles.gzip(IdxFiles.labels(300)));
    files.put(TEST_IMAGES, IdxFiles.gzip(IdxFiles.images(20, 32, 32)));
    files.put(TEST_LABELS, IdxFiles.gzip(IdxFiles.labels(20)));
  }

  Map<String, byte[]> files() {
    return files;
  }

  byte[] file(String name) {
    return files.get(name);
  }

  CatalogueEntry entry(String... sources) {
    DataFile.Role[] roles = DataFile.Role.values();
    List<DataFile> described =
        files.keySet().stream()
            .map(name -> describe(roles[List.copyOf(files.keySet()).indexOf(name)], name))
            .toList();
    return new CatalogueEntry(
        "tiny",
        "Tiny",
        "-",
        "-",
        "-",
        CatalogueEntry.Format.IDX,
        SampleShape.image(1, 32, 32),
        List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
        Normalisation.NONE,
        Arrays.asList(sources),
        described,
        null,
        null,
        null);
  }

  private DataFile describe(DataFile.Role role, String name) {
    byte[] bytes = files.get(name);
    return new DataFile(
        role,
        name,
        bytes.length,
        sum("MD5", bytes),
        sum("SHA-256", bytes),
        FileCheck.contentSha256(bytes, name));
  }

  private static String sum(String algorithm, byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
