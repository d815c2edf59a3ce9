package org.klif.device.compile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

class KernelCacheTest {
  @TempDir Path folder;
  private KernelCache cache;
  private final AtomicInteger made = new AtomicInteger();

  @BeforeEach
  void open() {
    cache = new KernelCache(folder.resolve("kernels"));
  }

  private Path get() {
    return cache.get(
        "n",
        "k",
        ".so",
        (target, work) -> {
          made.incrementAndGet();
          Files.writeString(target, "code");
        });
  }

  @Test
  void onlyTheUserCanReadAndWriteIt() throws IOException {
    Path file = get();
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
  }

  @Test
  void aFileThatWasChangedOrCutShortIsMadeAgain() throws IOException {
    Path file = get();
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      get();
      assertEquals(2 + length, made.get(), "cut to " + length + " bytes");
    }
    byte[] changed = whole.clone();
    changed[0]++;
    Files.write(file, changed);
    get();
    assertEquals(2 + whole.length, made.get());
    get();
    assertEquals(2 + whole.length, made.get());
    assertTrue(new String(Files.readAllBytes(file), UTF_8).startsWith("code\n// klif "));
  }

  @Test
  void aFileOfAnotherUserIsNotUsed() throws IOException {
    assumeTrue(new UnixSystem().getUid() == 0, "only root can give a file to another user");
    Path file = get();
    Files.setAttribute(file, "unix:uid", 12345);
    assertEquals(
        file + " belongs to another user (number 12345); name another folder with KLIF_CACHE",
        assertThrows(KlifException.class, this::get).getMessage());
    Files.setAttribute(file.getParent(), "unix:uid", 12345);
    assertEquals(
        file.getParent()
            + " belongs to another user (number 12345); name another folder with KLIF_CACHE",
        assertThrows(KlifException.class, this::get).getMessage());
  }

  @Test
  void itMayBeDeletedAtAnyTime() {
    AtomicInteger used = new AtomicInteger();
    String text =
        cache.load(
            "n",
            "k",
            ".so",
            (target, work) -> {
              KernelCache.remove(cache.folder());
              Files.writeString(target, "code");
            },
            file -> {
              if (used.incrementAndGet() < 3) {
                KernelCache.remove(cache.folder());
              }
              try {
                return Files.readString(file);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertTrue(text.startsWith("code"));
    assertEquals(3, used.get());
  }

  @Test
  void whatFailsThoughTheFileIsThereIsNotTriedAgain() {
    AtomicInteger used = new AtomicInteger();
    assertThrows(
        KlifException.class,
        () ->
            cache.load(
                "n",
                "k",
                ".so",
                (target, work) -> Files.writeString(target, "code"),
                file -> {
                  used.incrementAndGet();
                  throw new KlifException("refused");
                }));
    assertEquals(1, used.get());
    assertFalse(Files.exists(folder.resolve("kernels/work")));
  }
}
