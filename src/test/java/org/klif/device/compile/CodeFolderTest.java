package org.klif.device.compile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

class CodeFolderTest {
  /** As Linux writes it; the second mount of /home/a hides the first. */
  private static final List<String> MOUNTS =
      List.of(
          "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
          "30 22 0:5 / /home rw,nosuid,noexec shared:2 - nfs server:/home rw",
          "31 30 0:6 / /home/a\\040b rw,relatime - tmpfs tmpfs rw",
          "32 30 0:7 / /home/a rw,relatime - tmpfs tmpfs rw",
          "33 30 0:8 / /home/a rw,noexec - tmpfs tmpfs rw");

  @TempDir Path folder;
  private final List<String> notes = new ArrayList<>();

  private Path open(Map<String, String> environment) {
    return new CodeFolder(environment, folder.resolve("home"), folder.resolve("tmp"))
        .open("kernels", notes::add)
        .path();
  }

  @Test
  void itIsInTheUsersCacheAndNeverInTheDataFolder() {
    assertEquals(
        folder.resolve("home/.cache/klif/kernels"),
        open(Map.of("KLIF_DATA", folder.resolve("data").toString())));
    assertFalse(Files.exists(folder.resolve("data")));
  }

  @Test
  void theUserMayNameIt() {
    assertEquals(
        folder.resolve("c/kernels"), open(Map.of("KLIF_CACHE", folder.resolve("c").toString())));
  }

  @Test
  void oneThatTheUserNamedIsRefusedWithTheRemedy() throws IOException {
    Path shared = Files.createDirectory(folder.resolve("shared"));
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
    String message =
        assertThrows(KlifException.class, () -> open(Map.of("KLIF_CACHE", shared.toString())))
            .getMessage();
    assertTrue(message.endsWith("name another folder with KLIF_CACHE"), message);
    assertTrue(message.contains("others can write into"), message);
  }

  @Test
  void withoutAHomeItIsAmongTemporaryFiles() throws IOException {
    Files.writeString(folder.resolve("home"), "no folder");
    assertEquals(
        folder.resolve("tmp/klif-%d/kernels".formatted(new UnixSystem().getUid())), open(Map.of()));
    assertEquals(1, notes.size());
  }

  @Test
  void noexecIsThatOfTheInnermostMount() {
    assertFalse(CodeFolder.isNoexec(Path.of("/usr"), MOUNTS));
    assertTrue(CodeFolder.isNoexec(Path.of("/home/b/.cache"), MOUNTS));
    assertFalse(CodeFolder.isNoexec(Path.of("/home/a b/.cache"), MOUNTS));
    assertTrue(CodeFolder.isNoexec(Path.of("/home/a/.cache"), MOUNTS));
    assertFalse(CodeFolder.isNoexec(Path.of("/homes/a"), MOUNTS));
  }

  @Test
  void whereProgramsMayNotRunItIsElsewhereAndThatIsSaid() throws Exception {
    Path home = Files.createDirectory(folder.resolve("home"));
    Process mount =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "noexec", "tmpfs", home.toString())
            .redirectErrorStream(true)
            .start();
    String message = new String(mount.getInputStream().readAllBytes(), UTF_8).strip();
    assumeTrue(mount.waitFor() == 0, "skipped: a tmpfs cannot be mounted here: " + message);
    try {
      String reason =
          "programs may not run from %s/.cache/klif/kernels: its file system is mounted with noexec; name another folder with KLIF_CACHE"
              .formatted(home);
      Path other = folder.resolve("tmp/klif-%d/kernels".formatted(new UnixSystem().getUid()));
      assertEquals(other, open(Map.of()));
      assertEquals(List.of("native code lies in %s: %s".formatted(other, reason)), notes);
      String named = home.resolve(".cache/klif").toString();
      assertEquals(
          reason,
          assertThrows(KlifException.class, () -> open(Map.of("KLIF_CACHE", named))).getMessage());
    } finally {
      new ProcessBuilder("umount", home.toString()).start().waitFor();
    }
  }
}
