package org.klif.device.compile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.klif.KlifException;

/**
 * Compiled code of users' neurons, one file each, under the hash of all that it is made of. A file
 * is written into a folder of its own and renamed when it is whole, so that two processes may build
 * the same at once and nobody sees a part.
 *
 * @param folder created at first use
 */
public record KernelCache(Path folder) {
  /** System property that names another folder. */
  public static final String PROPERTY = "klif.kernels.cache";

  private static final String BUILDING = "building-";

  /** What a process that was killed left behind is old after so long. */
  private static final Duration ABANDONED = Duration.ofDays(1);

  /** Makes what is not in the cache. */
  @FunctionalInterface
  public interface Maker {
    /**
     * Writes a file.
     *
     * @param target to be written
     * @param work an empty folder, removed afterwards
     */
    void make(Path target, Path work) throws IOException;
  }

  /** The user's: {@code $KLIF_DATA/kernels}, else {@code ~/.cache/klif/kernels}. */
  public static KernelCache standard() {
    String named = System.getProperty(PROPERTY, "");
    if (!named.isEmpty()) {
      return new KernelCache(Path.of(named).toAbsolutePath());
    }
    String data = System.getenv().getOrDefault("KLIF_DATA", "");
    Path parent =
        data.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache/klif") : Path.of(data);
    return new KernelCache(parent.resolve("kernels").toAbsolutePath());
  }

  /** A key for texts in this order: 32 hexadecimal digits of SHA-256. */
  public static String key(List<String> parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
        digest.update(bytes);
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, 32);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /**
   * The file of a key, made if it is not there.
   *
   * @param name what the file is, for people who look into the folder
   * @param suffix of the file's name, with its dot
   * @throws KlifException of the maker, or when the folder cannot be written
   */
  public Path get(String name, String key, String suffix, Maker maker) {
    Path file = folder.resolve(name + "-" + key + suffix);
    if (Files.isRegularFile(file)) {
      return file;
    }
    Path work = null;
    try {
      Files.createDirectories(folder);
      removeAbandoned();
      work = Files.createTempDirectory(folder, BUILDING);
      Path target = work.resolve("result" + suffix);
      Path inner = Files.createDirectory(work.resolve("work"));
      maker.make(target, inner);
      Files.move(target, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return file;
    } catch (IOException e) {
      throw unwritable(e);
    } finally {
      if (work != null) {
        remove(work);
      }
    }
  }

  /** Says what failed, and where else the cache may lie. */
  private KlifException unwritable(IOException e) {
    String reason =
        e instanceof FileSystemException f && f.getReason() != null
            ? f.getReason()
            : e instanceof java.nio.file.AccessDeniedException ? "permission denied" : e.toString();
    return new KlifException(
        "cannot keep compiled kernels in %s: %s; make room there, or choose another folder with KLIF_DATA"
            .formatted(folder, reason),
        e);
  }

  static String noSpace() {
    return "no space left on the disk for compiled kernels in %s; make room there, or choose another folder with KLIF_DATA"
        .formatted(standard().folder());
  }

  private void removeAbandoned() throws IOException {
    FileTime before = FileTime.from(Instant.now().minus(ABANDONED));
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, BUILDING + "*")) {
      for (Path entry : entries) {
        if (Files.getLastModifiedTime(entry).compareTo(before) < 0) {
          remove(entry);
        }
      }
    }
  }

  /** Removes a folder of ours; what cannot be removed is no reason to fail. */
  private static void remove(Path tree) {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | java.io.UncheckedIOException e) {
      // another process may have been quicker; removeAbandoned tries again
    }
  }
}
