package org.klif.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

class PrivateFolderTest {
  private static final String REMEDY = "name another";
  private static final int SOMEBODY = 12345;

  @TempDir Path parent;

  private PrivateFolder open(Path folder) {
    return PrivateFolder.of(folder, REMEDY);
  }

  private String refusal(Path folder) {
    return assertThrows(KlifException.class, () -> open(folder)).getMessage();
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static void setMode(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  private static void giveAway(Path path) throws IOException {
    assumeTrue(new UnixSystem().getUid() == 0, "only root can give a file to another user");
    Files.setAttribute(path, "unix:uid", SOMEBODY);
  }

  @Test
  void foldersAndFilesAreTheUsersAlone() throws IOException {
    PrivateFolder folder = open(parent.resolve("cache/kernels"));
    folder.write("a.so", "code".getBytes(UTF_8));
    assertEquals("rwx------", mode(parent.resolve("cache")));
    assertEquals("rwx------", mode(folder.path()));
    assertEquals("rw-------", mode(folder.path().resolve("a.so")));
    assertArrayEquals("code".getBytes(UTF_8), folder.read("a.so").orElseThrow());
    assertEquals(Optional.empty(), folder.read("b.so"));
  }

  @Test
  void aFolderThatOthersCouldOnlyReadIsClosed() throws IOException {
    Path folder = Files.createDirectory(parent.resolve("kernels"));
    setMode(folder, "rwxr-xr-x");
    open(folder);
    assertEquals("rwx------", mode(folder));
  }

  @Test
  void aFolderThatOthersCanWriteIsRefused() throws IOException {
    Path folder = Files.createDirectory(parent.resolve("kernels"));
    setMode(folder, "rwxrwxrwx");
    assertEquals(
        folder
            + " can be written by others, so what lies in it may be theirs; remove it (rm -r "
            + folder
            + "); name another",
        refusal(folder));
    assertEquals("rwxrwxrwx", mode(folder), "a refusal changes nothing");
  }

  @Test
  void aFolderInAFolderThatOthersCanWriteIsRefused() throws IOException {
    Path shared = Files.createDirectory(parent.resolve("shared"));
    setMode(shared, "rwxrwxrwx");
    String real = shared.toRealPath().toString();
    assertEquals(
        "%s is not safe: others can write into %s and replace it; name another"
            .formatted(shared.resolve("kernels"), real),
        refusal(shared.resolve("kernels")));
  }

  @Test
  void aFolderOfAnotherUserIsRefused() throws IOException {
    Path folder = Files.createDirectory(parent.resolve("kernels"));
    giveAway(folder);
    assertEquals(folder + " belongs to another user (number 12345); name another", refusal(folder));
  }

  @Test
  void aFolderBelowThatOfAnotherUserIsRefused() throws IOException {
    Path theirs = Files.createDirectory(parent.resolve("theirs"));
    giveAway(theirs);
    assertEquals(
        "%s is not safe: %s belongs to another user (number 12345), who can replace it; name another"
            .formatted(theirs.resolve("kernels"), theirs),
        refusal(theirs.resolve("kernels")));
  }

  @Test
  void aLinkIsRefused() throws IOException {
    Path real = Files.createDirectory(parent.resolve("real"));
    Path link = Files.createSymbolicLink(parent.resolve("kernels"), real);
    assertEquals(link + " is a link; name another", refusal(link));
  }

  @Test
  void aFileOfAnotherUserIsRefused() throws IOException {
    PrivateFolder folder = open(parent.resolve("kernels"));
    folder.write("a.so", new byte[1]);
    giveAway(folder.path().resolve("a.so"));
    assertEquals(
        folder.path().resolve("a.so") + " belongs to another user (number 12345); name another",
        assertThrows(KlifException.class, () -> folder.file("a.so")).getMessage());
  }

  @Test
  void aFileThatOthersCanWriteAndALinkAreRefused() throws IOException {
    PrivateFolder folder = open(parent.resolve("kernels"));
    Path file = folder.path().resolve("a.so");
    folder.write("a.so", new byte[1]);
    setMode(file, "rw-rw-rw-");
    assertEquals(
        file + " can be written by others; name another",
        assertThrows(KlifException.class, () -> folder.read("a.so")).getMessage());
    Path link = Files.createSymbolicLink(folder.path().resolve("b.so"), file);
    assertEquals(
        link + " is a link; name another",
        assertThrows(KlifException.class, () -> folder.read("b.so")).getMessage());
  }

  @Test
  void whatCannotBeMadeIsSaid() throws IOException {
    Path file = Files.writeString(parent.resolve("file"), "");
    assertEquals(
        "cannot make the folder %s: not a folder; name another".formatted(file.resolve("kernels")),
        refusal(file.resolve("kernels")));
  }
}
