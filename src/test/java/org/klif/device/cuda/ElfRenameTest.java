package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;

/**
 * Changes the real library of JCuda's jar and reads it with a reader of its own, which goes by
 * section headers where the program goes by segments.
 */
class ElfRenameTest {
  private static final String TWELVE = "libcublas.so.12";
  private static final String THIRTEEN = "libcublas.so.13";

  private static byte[] library() throws IOException {
    try (InputStream in =
        ElfRenameTest.class.getResourceAsStream("/lib/libJCublas2-12.6.0-linux-x86_64.so")) {
      return in.readAllBytes();
    }
  }

  @Test
  void theLibraryAsksForTheOtherName() throws IOException {
    Elf before = new Elf(library());
    assertEquals(1, before.needed().stream().filter(TWELVE::equals).count());
    Elf after = new Elf(ElfRename.apply(library(), TWELVE, THIRTEEN));
    List<String> expected = new ArrayList<>(before.needed());
    expected.replaceAll(name -> name.equals(TWELVE) ? THIRTEEN : name);
    assertEquals(expected, after.needed());
  }

  @Test
  void theSymbolVersionHasTheOtherNameAndItsHash() throws IOException {
    // hashes of the two names by the System V ABI's function, as readelf and ld compute them
    assertEquals("libcublas.so.12 0x0ef62132", new Elf(library()).versions().get(TWELVE));
    Elf after = new Elf(ElfRename.apply(library(), TWELVE, THIRTEEN));
    assertEquals("libcublas.so.13 0x0ef62133", after.versions().get(THIRTEEN));
    assertEquals(null, after.versions().get(TWELVE));
  }

  /** One character in the strings and the hash's four bytes. */
  @Test
  void nothingElseChanges() throws IOException {
    byte[] before = library();
    byte[] after = ElfRename.apply(before, TWELVE, THIRTEEN);
    int changed = 0;
    for (int i = 0; i < before.length; i++) {
      changed += before[i] == after[i] ? 0 : 1;
    }
    assertEquals(2, changed, "the digit in the name, and the hash's lowest byte");
    assertArrayEquals(before, ElfRename.apply(after, THIRTEEN, TWELVE));
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    byte[] library = library();
    assertThrows(
        KlifException.class, () -> ElfRename.apply(library, "libcudnnn.so.1", "libcudnnn.so.2"));
    assertThrows(KlifException.class, () -> ElfRename.apply(new byte[10], TWELVE, THIRTEEN));
    assertThrows(KlifException.class, () -> ElfRename.apply(new byte[500], TWELVE, THIRTEEN));
    assertThrows(
        IllegalArgumentException.class, () -> ElfRename.apply(library, TWELVE, "libcublas.so.9"));
  }

  /** The example of the System V ABI's users: printf has this hash. */
  @Test
  void hashIsTheOneOfTheAbi() {
    assertEquals(0x077905a6, ElfRename.hash("printf"));
    assertEquals(0, ElfRename.hash(""));
    assertEquals(0x0d696914, ElfRename.hash("GLIBC_2.4"));
  }

  /** Reads what is needed by section headers. */
  private static final class Elf {
    private final ByteBuffer file;
    private final Map<String, int[]> sections = new TreeMap<>();

    Elf(byte[] bytes) {
      file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int table = (int) file.getLong(40);
      int size = file.getShort(58);
      int names = offset(table + size * file.getShort(62));
      for (int i = 0; i < file.getShort(60); i++) {
        int header = table + i * size;
        sections.put(
            string(names + file.getInt(header)),
            new int[] {offset(header), (int) file.getLong(header + 32)});
      }
    }

    private int offset(int header) {
      return (int) file.getLong(header + 24);
    }

    private String string(int at) {
      int end = at;
      while (file.get(end) != 0) {
        end++;
      }
      byte[] text = new byte[end - at];
      file.duplicate().position(at).get(text);
      return new String(text, StandardCharsets.US_ASCII);
    }

    private String dynamicString(long at) {
      return string(sections.get(".dynstr")[0] + (int) at);
    }

    List<String> needed() {
      List<String> all = new ArrayList<>();
      int[] dynamic = sections.get(".dynamic");
      for (int at = dynamic[0]; at < dynamic[0] + dynamic[1]; at += 16) {
        if (file.getLong(at) == 1) {
          all.add(dynamicString(file.getLong(at + 8)));
        }
      }
      return all;
    }

    /** File to the first version asked of it, with the hash. */
    Map<String, String> versions() {
      Map<String, String> all = new TreeMap<>();
      int at = sections.get(".gnu.version_r")[0];
      int next;
      do {
        int aux = at + file.getInt(at + 8);
        all.put(
            dynamicString(file.getInt(at + 4)),
            "%s 0x%08x".formatted(dynamicString(file.getInt(aux + 8)), file.getInt(aux)));
        next = file.getInt(at + 12);
        at += next;
      } while (next != 0);
      return all;
    }
  }
}
