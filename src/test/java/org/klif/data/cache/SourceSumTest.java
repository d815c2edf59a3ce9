package org.klif.data.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

class SourceSumTest {
  @TempDir Path folder;

  private String sum(Path source) {
    return SourceSum.of(source, folder.resolve("caches"));
  }

  @Test
  void followsNamesAndContents() throws IOException {
    Path source = Files.createDirectories(folder.resolve("source/Train/3"));
    Path root = folder.resolve("source");
    Files.writeString(source.resolve("a.bin"), "one");
    String first = sum(root);
    assertTrue(first.matches("[0-9a-f]{64}"), first);
    assertEquals(first, sum(root));

    // Another content of the same size; the time of change tells, whatever the clock's grain.
    Files.writeString(source.resolve("a.bin"), "two");
    Files.setLastModifiedTime(source.resolve("a.bin"), FileTime.fromMillis(1_000));
    String second = sum(root);
    assertNotEquals(first, second);
    // The content decides, not the time.
    Files.writeString(source.resolve("a.bin"), "one");
    Files.setLastModifiedTime(source.resolve("a.bin"), FileTime.fromMillis(2_000));
    assertEquals(first, sum(root));

    Files.move(source.resolve("a.bin"), source.resolve("b.bin"));
    String renamed = sum(root);
    assertNotEquals(first, renamed);
    Files.writeString(source.resolve("c.bin"), "");
    assertNotEquals(renamed, sum(root));
    // The same below another folder.
    Files.delete(source.resolve("c.bin"));
    Files.move(root, folder.resolve("moved"));
    assertEquals(renamed, sum(folder.resolve("moved")));
  }

  @Test
  void isRememberedUntilAFileChanges() throws IOException {
    Path file = Files.writeString(folder.resolve("archive"), "content");
    String sum = sum(file);
    Path memory;
    try (Stream<Path> files = Files.list(folder.resolve("caches"))) {
      memory = files.filter(f -> f.toString().endsWith(".sum")).findFirst().orElseThrow();
    }
    // Proof that it is asked: a wrong one is believed.
    Files.writeString(memory, Files.readString(memory).replace(sum, "0".repeat(64)));
    assertEquals("0".repeat(64), sum(file));
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000));
    assertEquals(sum, sum(file));
    for (byte[] nonsense :
        List.of(
            "nonsense".getBytes(UTF_8),
            new byte[] {(byte) 0xff, (byte) 0xfe, '\n'},
            Files.readString(memory).replace(sum, "z".repeat(64)).getBytes(UTF_8))) {
      Files.write(memory, nonsense);
      assertEquals(sum, sum(file));
      assertTrue(Files.readString(memory).endsWith(sum + "\n"), "the memory is mended");
    }
  }

  /** Files are read through links, so what links lead to is in the sum. */
  @Test
  void followsLinksAsReadingDoes() throws IOException {
    Path target = Files.createDirectories(folder.resolve("disk/0"));
    Path file = Files.writeString(target.resolve("a.bin"), "one");
    Path linked = Files.createSymbolicLink(folder.resolve("linked"), target.getParent());
    Path root = Files.createDirectory(folder.resolve("root"));
    Files.createSymbolicLink(root.resolve("0"), target);
    String plain = sum(target.getParent());
    assertEquals(plain, sum(linked));
    assertEquals(plain, sum(root));
    Files.writeString(file, "two");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000));
    String changed = sum(target.getParent());
    assertNotEquals(plain, changed);
    assertEquals(changed, sum(linked));
    assertEquals(changed, sum(root));
  }

  @Test
  void aFolderWithoutFilesHasNoSum() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty/0")).getParent();
    KlifException e = assertThrows(KlifException.class, () -> sum(empty));
    assertEquals("cannot read " + empty + ": there is no file in this folder", e.getMessage());
  }

  @Test
  void aMissingSourceIsNamed() {
    Path missing = folder.resolve("missing");
    KlifException e = assertThrows(KlifException.class, () -> sum(missing));
    assertTrue(e.getMessage().startsWith("cannot read " + missing), e.getMessage());
  }
}
