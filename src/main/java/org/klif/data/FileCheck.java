package org.klif.data;

import com.google.common.hash.Funnels;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.klif.KlifException;

/**
 * What was found of one file, or of one part of a set whose files are unpacked.
 *
 * @param name of the file or part
 * @param status what was found
 * @param detail one sentence for people
 */
public record FileCheck(String name, Status status, String detail) {
  /** What was found. */
  public enum Status {
    /** The file has the catalogue's sum. */
    OK,
    /** There is no such file. */
    MISSING,
    /** The file is longer or shorter than it should be. */
    BAD_SIZE,
    /** The file has the right size but another content. */
    BAD_CHECKSUM,
    /** All samples of a part are there and readable, in a form that has no published sum. */
    SOUND,
    /** As {@link #SOUND}, but only some of the samples that the authors publish. */
    PART,
    /** A sample cannot be read, or there are more of them than there should be. */
    DAMAGED,
    /** Nothing is wrong with it, but who uses it should know. */
    NOTE,
    /** There is no published sum to compare with; what was looked at instead stands beside it. */
    NO_CHECKSUM
  }

  /** True when nothing is wrong with it. */
  public boolean ok() {
    return switch (status) {
      case OK, SOUND, PART, NOTE, NO_CHECKSUM -> true;
      case MISSING, BAD_SIZE, BAD_CHECKSUM, DAMAGED -> false;
    };
  }

  /**
   * Compares a file with the catalogue. A file whose gzip header differs is right when its content
   * is.
   *
   * @throws KlifException when the file exists but cannot be read
   */
  static FileCheck of(DataFile expected, Path file) {
    if (!Files.isRegularFile(file)) {
      return new FileCheck(expected.name(), Status.MISSING, file + " is missing");
    }
    try {
      if (expected.sha256() == null) {
        return byMd5(expected, file);
      }
      return of(expected, Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new KlifException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Of large archives only the published MD5 is known; they are never held in memory. */
  @SuppressWarnings("deprecation") // for new sums; these are what the authors publish
  private static FileCheck byMd5(DataFile expected, Path file) throws IOException {
    long size = Files.size(file);
    if (expected.size() > 0 && size != expected.size()) {
      return badSize(expected, size, file.toString());
    }
    String sum = MoreFiles.asByteSource(file).hash(Hashing.md5()).toString();
    return sum.equals(expected.md5())
        ? new FileCheck(expected.name(), Status.OK, "md5 " + sum)
        : new FileCheck(
            expected.name(),
            Status.BAD_CHECKSUM,
            "%s has md5 %s instead of %s".formatted(file, sum, expected.md5()));
  }

  private static FileCheck badSize(DataFile expected, long size, String source) {
    return new FileCheck(
        expected.name(),
        Status.BAD_SIZE,
        "%s has %d bytes instead of %d".formatted(source, size, expected.size()));
  }

  /** Compares a file's bytes with the catalogue; {@code source} names them. */
  static FileCheck of(DataFile expected, byte[] bytes, String source) {
    String name = expected.name();
    String sum = Hashing.sha256().hashBytes(bytes).toString();
    if (sum.equals(expected.sha256())) {
      return new FileCheck(name, Status.OK, "sha256 " + sum);
    }
    if (contentSha256(bytes, source).equals(expected.contentSha256())) {
      return new FileCheck(name, Status.OK, "content sha256 " + expected.contentSha256());
    }
    if (bytes.length != expected.size()) {
      return badSize(expected, bytes.length, source);
    }
    return new FileCheck(
        name,
        Status.BAD_CHECKSUM,
        "%s has sha256 %s instead of %s".formatted(source, sum, expected.sha256()));
  }

  /**
   * Sum of the decompressed content, or a text that equals no sum when it cannot be decompressed.
   */
  static String contentSha256(byte[] gzip, String source) {
    Hasher hasher = Hashing.sha256().newHasher();
    try (Gzip in = Gzip.of(source, gzip)) {
      in.transferTo(Funnels.asOutputStream(hasher));
    } catch (KlifException | IOException e) {
      return e.getMessage();
    }
    return hasher.hash().toString();
  }
}
