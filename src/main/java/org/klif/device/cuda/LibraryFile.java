package org.klif.device.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.klif.io.AtomicFile;

/** A shared library as a file: ELF-64, little-endian (System V ABI). */
final class LibraryFile {
  private static final int HEADER_BYTES = 64;
  private static final int MAGIC = 0x464c457f;
  private static final int SECTIONS_OFFSET = 40;
  private static final int SECTION_BYTES = 58;
  private static final int SECTIONS = 60;

  private LibraryFile() {}

  /** What keeps a file from being loaded, as "is empty"; empty when nothing is known. */
  static String damage(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() == 0) {
        return "is empty";
      }
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      int read = 0;
      while (read >= 0 && header.hasRemaining()) {
        read = channel.read(header);
      }
      if (header.position() < HEADER_BYTES || header.getInt(0) != MAGIC) {
        return "is no library";
      }
      // the table of sections comes last; without one nothing can be said
      long end =
          header.getLong(SECTIONS_OFFSET)
              + (long) Short.toUnsignedInt(header.getShort(SECTION_BYTES))
                  * Short.toUnsignedInt(header.getShort(SECTIONS));
      return end > channel.size() ? "is cut short" : "";
    } catch (IOException e) {
      return "cannot be read: " + AtomicFile.reason(e);
    }
  }
}
