package org.klif.neuron.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.neuron.NeuronSource;

/** The file with what a user has allowed: it belongs to that user alone. */
class AllowedNeuronsTest {
  private static final NeuronSource ONE = new NeuronSource("one", "a\nb/one.cuh", "text");
  private static final NeuronSource TWO = new NeuronSource("two", "two.cuh", "text of two");

  @TempDir Path folder;

  private AllowedNeurons allowed() {
    return new AllowedNeurons(Optional.of(folder.resolve("config/klif")));
  }

  private Path file() {
    return folder.resolve("config/klif").resolve(AllowedNeurons.NAME);
  }

  @Test
  void whatIsAddedIsThereForNobodyElse() throws IOException {
    assertFalse(allowed().holds(ONE.sha256()));
    assertFalse(Files.exists(file().getParent()), "looking makes nothing");
    allowed().add(List.of(ONE));
    allowed().add(List.of(ONE, TWO));
    assertTrue(allowed().holds(ONE.sha256()) && allowed().holds(TWO.sha256()));
    List<String> lines = Files.readAllLines(file());
    assertEquals(2, lines.size(), lines.toString());
    assertTrue(lines.get(0).startsWith(ONE.sha256() + "  /"), lines.toString());
    assertTrue(lines.get(0).endsWith("/a?b/one.cuh"), lines.toString());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(file().getParent())));
  }

  @Test
  void whatOthersMayHaveWrittenIsRefusedWithTheRemedy() throws IOException {
    allowed().add(List.of(ONE));
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-rw-rw-"));
    assertRefused(file() + " can be written by others; ");
    Path elsewhere = Files.move(file(), folder.resolve("elsewhere"));
    Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rw-------"));
    Files.createSymbolicLink(file(), elsewhere);
    assertRefused(file() + " is a link; ");
    assertEquals(1, Files.readAllLines(elsewhere).size());
    Files.delete(file());
    Files.setPosixFilePermissions(file().getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.copy(elsewhere, file());
    assertRefused(file().getParent() + " can be written by others");
  }

  private void assertRefused(String message) {
    for (KlifException e :
        List.of(
            assertThrows(KlifException.class, () -> allowed().holds(ONE.sha256())),
            assertThrows(KlifException.class, () -> allowed().add(List.of(TWO))))) {
      assertTrue(e.getMessage().startsWith(message), e.getMessage());
      assertTrue(e.getMessage().endsWith(", or remove it"), e.getMessage());
    }
  }

  @Test
  void nothingIsLostWhenSeveralAddAtOnce() throws IOException {
    IntStream.range(0, 64)
        .parallel()
        .forEach(
            i ->
                allowed()
                    .add(List.of(new NeuronSource("n" + i, "n%d.cuh".formatted(i), "text " + i))));
    assertEquals(64, Files.readAllLines(file()).size());
  }

  @Test
  void itLiesWhereConfigurationDoes() {
    Path home = folder.toAbsolutePath();
    assertEquals(
        Optional.of(home.resolve(".config/klif")),
        AllowedNeurons.standard(Map.of(), home.toString()).folder());
    assertEquals(
        Optional.of(Path.of("/x/klif")),
        AllowedNeurons.standard(Map.of("XDG_CONFIG_HOME", "/x"), home.toString()).folder());
    // a path that is not whole counts as none, as the convention has it
    assertEquals(
        Optional.of(home.resolve(".config/klif")),
        AllowedNeurons.standard(Map.of("XDG_CONFIG_HOME", "x"), home.toString()).folder());
    for (String none : List.of("?", "", folder.resolve("absent").toString())) {
      assertEquals(Optional.empty(), AllowedNeurons.standard(Map.of(), none).folder());
    }
    assertThrows(KlifException.class, () -> AllowedNeurons.NONE.add(List.of(ONE)));
  }
}
