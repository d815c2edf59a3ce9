package org.klif.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

/** Whole runs from a program: told of each epoch, stopped, gone on with. */
class TrainingRunTest {
  @TempDir Path folder;

  private static Training small() {
    return Training.preset("digits")
        .set("network", "c8k3 bn sn mp2 | fc40 bn sn | vote4")
        .set("T", "2")
        .set("epochs", "3")
        .set("batch", "200")
        .set("device", "cpu")
        .set("threads", "1");
  }

  @Test
  void aStoppedRunGoesOnToTheSameBits() throws Exception {
    List<TrainedEpoch> epochs = new ArrayList<>();
    Path whole = folder.resolve("whole");
    TrainingResult result = small().onEpoch(epochs::add).run(whole);
    assertEquals(3, epochs.size());
    assertEquals(3, result.epochs());
    assertFalse(result.interrupted());
    assertEquals(epochs.get(2).testAccuracy(), result.testAccuracy());
    assertEquals(
        epochs.stream().mapToDouble(TrainedEpoch::testAccuracy).max().orElseThrow(),
        result.bestTestAccuracy());

    Path parts = folder.resolve("parts");
    List<TrainedEpoch> first = new ArrayList<>();
    TrainingResult stopped =
        small().onEpoch(first::add).stopWhen(() -> !first.isEmpty()).run(parts);
    assertTrue(stopped.interrupted());
    assertEquals(1, first.size());
    TrainingResult done = Training.resume(parts).onEpoch(first::add).run();
    assertEquals(epochs, first);
    assertEquals(result.bestEpoch(), done.bestEpoch());
    assertArrayEquals(
        Files.readAllBytes(whole.resolve("checkpoints/last.safetensors")),
        Files.readAllBytes(parts.resolve("checkpoints/last.safetensors")));
  }

  @Test
  void whatIsWrongIsSaidInTheWordsOfALibrary() {
    IllegalArgumentException value =
        assertThrows(IllegalArgumentException.class, () -> small().set("batch", "0").run(folder));
    assertEquals("set(\"batch\", \"0\"): batch must be at least 1, not 0", value.getMessage());
    Path run = folder.resolve("run");
    small().set("epochs", "1").run(run);
    KlifException used = assertThrows(KlifException.class, () -> small().run(run));
    assertTrue(used.getMessage().contains(run.toString()), used.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Training.resume(run).set("epochs", "9"));
    assertThrows(KlifException.class, () -> Training.resume(folder.resolve("none")));
  }
}
