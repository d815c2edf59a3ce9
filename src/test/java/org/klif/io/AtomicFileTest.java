package org.klif.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

class AtomicFileTest {
  @TempDir Path folder;

  private Set<String> names() throws IOException {
    try (var files = Files.list(folder)) {
      return new TreeSet<>(files.map(f -> f.getFileName().toString()).toList());
    }
  }

  @Test
  void aLinkIsReplacedAndNotFollowed() throws IOException {
    Path victim = Files.writeString(folder.resolve("victim"), "mine");
    Path file = folder.resolve("report.html");
    Files.createSymbolicLink(file, victim);
    Files.createSymbolicLink(folder.resolve("report.html.tmp"), victim);
    AtomicFile.write(file, "new");
    assertEquals("mine", Files.readString(victim));
    assertEquals("new", Files.readString(file));
    assertFalse(Files.isSymbolicLink(file));
  }

  @Test
  void nothingStaysOfAFileThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "old");
    assertThrows(
        KlifException.class,
        () ->
            AtomicFile.write(
                file,
                channel -> {
                  throw new IOException("disk full");
                }));
    assertEquals(Set.of("a"), names());
    assertEquals("old", Files.readString(file));
  }

  @Test
  void whatAKilledWriterLeftIsRemovedAndNothingElse() throws IOException {
    FileTime before = FileTime.from(Instant.now().minus(Duration.ofMinutes(1)));
    for (String left :
        Set.of(
            "a.0123456789abcdef.tmp",
            "ab.0123456789abcdef.tmp",
            "a.tmp",
            "a.0123456789abcdef.tmp.txt",
            "a.fedcba9876543210.tmp",
            "aa.csv")) {
      Files.setLastModifiedTime(Files.writeString(folder.resolve(left), "half"), before);
    }
    Files.writeString(folder.resolve("a.1111111111111111.tmp"), "made just now");
    try (FileChannel writer =
        FileChannel.open(folder.resolve("a.fedcba9876543210.tmp"), StandardOpenOption.WRITE)) {
      assertTrue(writer.lock().isValid());
      AtomicFile.write(folder.resolve("a"), new byte[1]);
    }
    assertEquals(
        new TreeSet<>(
            Set.of(
                "a",
                "a.tmp",
                "aa.csv",
                "ab.0123456789abcdef.tmp",
                "a.0123456789abcdef.tmp.txt",
                "a.fedcba9876543210.tmp",
                "a.1111111111111111.tmp")),
        names());
  }
}
