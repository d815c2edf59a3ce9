package org.klif.io;

import io.jhdf.HdfFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.klif.KlifException;

/** HDF5 files that are read: they may be damaged, or a stranger's. */
public final class Hdf5 {
  /**
   * Opens a file.
   *
   * @param damage what may be wrong with a file that is not sound, and what helps
   * @throws KlifException when there is none, or it is not sound
   */
  public static HdfFile open(Path file, String damage) {
    if (!Files.isRegularFile(file)) {
      throw new KlifException("there is no file " + file);
    }
    return sound(file, damage, () -> map(file));
  }

  /**
   * Mapped where a map can be so large: of a map jHDF takes slices, which must lie in the file.
   * Else it takes as much memory as the file says that a part has, 2 GB at most, and reads
   * afterwards.
   */
  private static HdfFile map(Path file) {
    try {
      return Files.size(file) > Integer.MAX_VALUE
          ? new HdfFile(file)
          : HdfFile.fromByteBuffer(com.google.common.io.Files.map(file.toFile()));
    } catch (IOException e) {
      throw new KlifException("Cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Reads of a file; what the library for HDF5 makes of damage becomes a sentence.
   *
   * @param damage as in {@link #open}
   * @throws KlifException when the file is not sound, and what the reading throws
   */
  public static <T> T sound(Path file, String damage, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (KlifException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      // a damaged size asks for more memory than there is
      throw new KlifException(file + " is not a sound HDF5 file: " + damage, e);
    }
  }

  private Hdf5() {}
}
