package org.klif.data;

import java.util.Objects;
import java.util.Optional;

/**
 * One file of a data set, as the catalogue describes it.
 *
 * @param role what it holds
 * @param name of the file
 * @param size of the official file in bytes
 * @param md5 of the official file, hexadecimal
 * @param sha256 of the official file, hexadecimal
 * @param contentSha256 of the decompressed content: some distributors change the gzip header, never
 *     the content
 */
public record DataFile(
    Role role, String name, long size, String md5, String sha256, String contentSha256) {
  /** What a file holds. */
  public enum Role {
    /** IDX images to train on. */
    TRAIN_IMAGES,
    /** IDX labels to train on. */
    TRAIN_LABELS,
    /** IDX images for evaluation. */
    TEST_IMAGES,
    /** IDX labels for evaluation. */
    TEST_LABELS,
    /** All samples; a committed list divides them. */
    SAMPLES
  }

  /** Checks that all fields are given and that sums have the right length. */
  public DataFile {
    Objects.requireNonNull(role, "role");
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*") || size < 1) {
      throw new IllegalArgumentException("file name \"%s\", size %d".formatted(name, size));
    }
    requireHex(md5, 32);
    requireHex(sha256, 64);
    requireHex(contentSha256, 64);
  }

  private static void requireHex(String sum, int digits) {
    if (!Optional.ofNullable(sum).orElse("").matches("[0-9a-f]{" + digits + "}")) {
      throw new IllegalArgumentException(sum + " is not a sum of " + digits + " digits");
    }
  }
}
