package org.klif.device.compile;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.io.PrivateFolder;

/**
 * Compiled code of users' neurons, one file each, under the hash of all that it is made of. Nobody
 * but the user can write there. A file ends with a checksum of what is before it, in a line that
 * loaders of libraries and readers of PTX pass over: what was cut short is made again. Files are
 * made elsewhere, so that the folder may be deleted at any time.
 *
 * @param folder created at first use
 */
public record KernelCache(Path folder) {
  /** System property that names another folder. */
  public static final String PROPERTY = "klif.kernels.cache";

  private static final String BEFORE_SUM = "\n// klif ";
  private static final int SUM_BYTES = BEFORE_SUM.length() + 64 + 1;

  /** So often the folder may be deleted between making a file and using it. */
  private static final int TRIES = 20;

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

  /** The user's: {@code kernels} of the {@link CodeFolder}. */
  public static KernelCache standard() {
    String named = System.getProperty(PROPERTY, "");
    return new KernelCache(
        named.isEmpty() ? CodeFolder.of("kernels").path() : Path.of(named).toAbsolutePath());
  }

  /** A key for texts in this order: 32 hexadecimal digits of SHA-256. */
  public static String key(List<String> parts) {
    Hasher hasher = Hashing.sha256().newHasher();
    for (String part : parts) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      hasher.putString(bytes.length + ":", StandardCharsets.UTF_8).putBytes(bytes);
    }
    return hasher.hash().toString().substring(0, 32);
  }

  /**
   * Uses the file of a key, made if it is not there or not whole.
   *
   * @param name what the file is, for people who look into the folder
   * @param suffix of the file's name, with its dot
   * @param use of the file, which may be gone afterwards; again if it is gone already
   * @throws KlifException of the maker, or when the folder cannot be written or is not the user's
   *     alone
   */
  public <T> T load(String name, String key, String suffix, Maker maker, Function<Path, T> use) {
    for (int tries = 1; ; tries++) {
      Path file = get(name, key, suffix, maker);
      try {
        return use.apply(file);
      } catch (RuntimeException | LinkageError e) {
        if (tries == TRIES || Files.exists(file)) {
          throw e;
        }
      }
    }
  }

  /** The file of a key, made if need be; somebody may delete it right afterwards. */
  Path get(String name, String key, String suffix, Maker maker) {
    String file = name + "-" + key + suffix;
    byte[] there = open().read(file).orElse(new byte[0]);
    if (isWhole(there)) {
      return folder.resolve(file);
    }
    byte[] made = withSum(made(suffix, maker));
    for (int tries = 1; ; tries++) {
      try {
        open().write(file, made);
        return folder.resolve(file);
      } catch (KlifException e) {
        if (!(e.getCause() instanceof IOException cause)) {
          throw e;
        }
        if (tries == TRIES || Files.exists(folder)) {
          throw unwritable(folder, cause);
        }
      }
    }
  }

  private PrivateFolder open() {
    return PrivateFolder.of(folder, CodeFolder.REMEDY);
  }

  private static byte[] made(String suffix, Maker maker) {
    Path work = null;
    try {
      work = Files.createTempDirectory("klif-compile-");
      Path target = work.resolve("result" + suffix);
      maker.make(target, Files.createDirectory(work.resolve("work")));
      return Files.readAllBytes(target);
    } catch (IOException e) {
      throw unwritable(Path.of(System.getProperty("java.io.tmpdir")), e);
    } finally {
      if (work != null) {
        remove(work);
      }
    }
  }

  /** A file's content with its checksum behind it. */
  static byte[] withSum(byte[] content) {
    byte[] sum = (BEFORE_SUM + sum(content) + "\n").getBytes(StandardCharsets.UTF_8);
    byte[] all = Arrays.copyOf(content, content.length + sum.length);
    System.arraycopy(sum, 0, all, content.length, sum.length);
    return all;
  }

  private static boolean isWhole(byte[] file) {
    return file.length > SUM_BYTES
        && Arrays.equals(withSum(Arrays.copyOf(file, file.length - SUM_BYTES)), file);
  }

  private static String sum(byte[] content) {
    return Hashing.sha256().hashBytes(content).toString();
  }

  /** Says what failed, and where else the cache may lie. */
  private static KlifException unwritable(Path folder, IOException e) {
    return new KlifException(
        "cannot keep compiled kernels in %s: %s; make room there, or %s"
            .formatted(folder, AtomicFile.reason(e), CodeFolder.REMEDY),
        e);
  }

  static String noSpace() {
    return "no space left on the disk for compiling kernels in %s; make room there, or name another folder with JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=DIR"
        .formatted(System.getProperty("java.io.tmpdir"));
  }

  /** Removes a folder of Klif's own; what cannot be removed is no reason to fail. */
  static void remove(Path tree) {
    try {
      MoreFiles.deleteRecursively(tree, RecursiveDeleteOption.ALLOW_INSECURE);
    } catch (IOException e) {
      // the system removes what lies among temporary files
    }
  }
}
