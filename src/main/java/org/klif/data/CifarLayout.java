package org.klif.data;

import java.util.List;

/**
 * How the binary version of CIFAR-10 or CIFAR-100 is laid out (A. Krizhevsky's page).
 *
 * @param title of the set
 * @param labels classes that each byte ahead of the pixels can name; the last one is the class
 * @param folder of the files in the archive
 * @param train pattern of the training files' names, without {@code .bin}
 * @param test name of the test file, likewise
 */
record CifarLayout(String title, List<Integer> labels, String folder, String train, String test) {
  private static final CifarLayout TEN =
      new CifarLayout(
          "CIFAR-10", List.of(10), "cifar-10-batches-bin", "data_batch_[1-5]", "test_batch");

  /** The first label is one of 20 superclasses, which nothing here uses. */
  private static final CifarLayout HUNDRED =
      new CifarLayout("CIFAR-100", List.of(20, 100), "cifar-100-binary", "train", "test");

  private static final int PIXELS = 3 * 32 * 32;

  /** That of a format of the catalogue. */
  static CifarLayout of(CatalogueEntry.Format format) {
    return format == CatalogueEntry.Format.CIFAR100 ? HUNDRED : TEN;
  }

  /** Bytes of a record: the labels, then planes of red, green and blue, row-major 32x32. */
  int record() {
    return labels.size() + PIXELS;
  }

  /** Whether a file of that name, packed or not, holds records. */
  boolean isFile(String name) {
    return isTest(name) || name.matches(train + "\\.bin(\\.xz)?");
  }

  /** Whether it holds those for testing. */
  boolean isTest(String name) {
    return name.equals(test + ".bin") || name.equals(test + ".bin.xz");
  }
}
