package org.klif.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

class NoLinksTest {
  @TempDir Path folder;

  private static String refusal(Path file) {
    return AtomicFile.reason(
        assertThrows(IOException.class, () -> NoLinks.open(file, StandardOpenOption.APPEND)));
  }

  @Test
  void aLinkIsNotWrittenThrough() throws IOException {
    Path victim = Files.writeString(folder.resolve("victim"), "mine");
    Path link = Files.createSymbolicLink(folder.resolve("log.txt"), victim);
    assertEquals("it is a link, which Klif does not write through; remove it", refusal(link));
    Path dangling = Files.createSymbolicLink(folder.resolve("a"), folder.resolve("new"));
    assertEquals("it is a link, which Klif does not write through; remove it", refusal(dangling));
    assertEquals("mine", Files.readString(victim));
  }

  @Test
  void aFolderIsNoFile() throws IOException {
    assertEquals(
        "it is no file; remove it", refusal(Files.createDirectory(folder.resolve("log.txt"))));
  }

  @Test
  void aFileGrows() throws IOException {
    Path file = folder.resolve("log.txt");
    for (int i = 0; i < 2; i++) {
      try (FileChannel channel = NoLinks.open(file, StandardOpenOption.APPEND)) {
        channel.write(ByteBuffer.wrap(new byte[] {'a'}));
      }
    }
    assertEquals("aa", Files.readString(file));
  }

  @Test
  void aLinkInAFoldersPlaceIsRefused() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("checkpoints"), folder);
    assertEquals(
        "Cannot write into %s: it is a link, which Klif does not write through; remove it"
            .formatted(link),
        assertThrows(KlifException.class, () -> NoLinks.folder(link)).getMessage());
    assertEquals(folder.resolve("b"), NoLinks.folder(folder.resolve("b")));
  }
}
