package org.klif.data.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.hash.Funnels;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.klif.KlifException;
import org.klif.data.archive.SampleFiles;
import org.klif.io.AtomicFile;

/**
 * The SHA-256 of a data set's source, for a {@link CacheKey}: of a file's content, or of the names
 * and contents of the files that are read of a folder.
 *
 * <p>Reading gigabytes takes its time, so the sum is remembered in a small file and used again as
 * long as no file has another name, size or time of change.
 */
public final class SourceSum {
  /** More bytes than a listing and a sum have. */
  private static final int LONGEST_MEMORY = 200;

  private static final Pattern SUM = Pattern.compile("[0-9a-f]{64}");

  private SourceSum() {}

  /**
   * The sum of a source, in 64 hexadecimal digits.
   *
   * @param source a file or a folder
   * @param folder where the sum is remembered: that of the caches
   * @throws KlifException when the source cannot be read, or has no file
   */
  public static String of(Path source, Path folder) {
    try {
      List<Path> files = files(source);
      String listing = listing(source, files);
      String name = Hashing.sha256().hashString(source.toRealPath().toString(), UTF_8).toString();
      Path memory = folder.resolve(name.substring(0, 32) + ".sum");
      List<String> known = remembered(memory);
      if (known.size() == 2
          && known.get(0).equals(listing)
          && SUM.matcher(known.get(1)).matches()) {
        return known.get(1);
      }
      String sum = content(source, files);
      // Not remembered when a file changed meanwhile.
      if (listing(source, files).equals(listing)) {
        remember(memory, listing + "\n" + sum + "\n");
      }
      return sum;
    } catch (IOException e) {
      throw new KlifException("cannot read " + source + ": " + AtomicFile.reason(e), e);
    }
  }

  /** What {@link SampleFiles} reads, through links too: a sum of less would let other data pass. */
  private static List<Path> files(Path source) {
    if (Files.isRegularFile(source)) {
      return List.of(source);
    }
    if (!Files.isDirectory(source)) {
      throw new KlifException("cannot read " + source + ": there is no such file or folder");
    }
    try (SampleFiles folder = SampleFiles.open(source)) {
      List<SampleFiles.Entry> entries = folder.entries();
      if (entries.isEmpty()) {
        throw new KlifException("cannot read " + source + ": there is no file in this folder");
      }
      return entries.stream().map(entry -> source.resolve(entry.name())).toList();
    }
  }

  /** The lines of the memory. A damaged one is as good as none. */
  private static List<String> remembered(Path memory) {
    if (!Files.isRegularFile(memory)) {
      return List.of();
    }
    try (InputStream in = Files.newInputStream(memory)) {
      return new String(in.readNBytes(LONGEST_MEMORY), UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of(); // computed anew, and the memory replaced
    }
  }

  private static String listing(Path source, List<Path> files) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    for (Path file : files) {
      String line =
          "%s\n%d\n%s\n"
              .formatted(
                  source.relativize(file), Files.size(file), Files.getLastModifiedTime(file));
      hasher.putString(line, UTF_8);
    }
    return hasher.hash().toString();
  }

  private static String content(Path source, List<Path> files) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    for (Path file : files) {
      String line = "%s\n%d\n".formatted(source.relativize(file), Files.size(file));
      hasher.putString(line, UTF_8);
      MoreFiles.asByteSource(file).copyTo(Funnels.asOutputStream(hasher));
    }
    return hasher.hash().toString();
  }

  /** Writes the memory whole or not at all; without it the next run computes the sum again. */
  private static void remember(Path memory, String text) {
    try {
      Files.createDirectories(memory.getParent());
    } catch (IOException e) {
      throw CacheFile.cannotWrite(memory, e);
    }
    AtomicFile.write(memory, text);
  }
}
