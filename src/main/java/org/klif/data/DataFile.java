package org.klif.data;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One file of a data set, as the catalogue describes it. Of a file that has never been at hand only
 * the published MD5 is known.
 *
 * @param role what it holds
 * @param name of the file
 * @param size of the official file in bytes; 0 when it is not known
 * @param md5 of the official file, hexadecimal
 * @param sha256 of the official file, hexadecimal, or null when it is not known
 * @param contentSha256 of the decompressed content, or null when it is not known: some distributors
 *     change the gzip header, never the content
 */
public record DataFile(
    Role role,
    String name,
    long size,
    String md5,
    @Nullable String sha256,
    @Nullable String contentSha256) {
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
    SAMPLES,
    /** An archive of everything. */
    ARCHIVE,
    /** An archive of the samples to train on. */
    TRAIN_ARCHIVE,
    /** An archive of the samples for evaluation. */
    TEST_ARCHIVE,
    /** An archive of the samples of one class, whose name the file has. */
    CLASS_ARCHIVE
  }

  /** Checks that all fields are given and that sums have the right length. */
  public DataFile {
    Objects.requireNonNull(role, "role");
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*") || size < 0) {
      throw new IllegalArgumentException("file name \"%s\", size %d".formatted(name, size));
    }
    requireHex(Objects.requireNonNull(md5, "md5"), 32);
    requireHex(sha256, 64);
    requireHex(contentSha256, 64);
  }

  private static void requireHex(@Nullable String sum, int digits) {
    if (sum != null && !sum.matches("[0-9a-f]{" + digits + "}")) {
      throw new IllegalArgumentException(sum + " is not a sum of " + digits + " digits");
    }
  }
}
