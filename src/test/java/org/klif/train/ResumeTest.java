package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

/** An interrupted and resumed run has the bits of one that was never interrupted. */
class ResumeTest {
  @TempDir static Path folder;
  private static RunFolder whole;

  @BeforeAll
  static void trainWithoutInterruption() {
    whole = new RunFolder(folder.resolve("whole"));
    TrainResult result = Training.start(Runs.small(), whole, new Runs.Listener(), () -> false);
    assertFalse(result.interrupted());
    assertEquals(2, result.epochs());
    assertTrue(result.last().trainLoss() < 0.1, "it learns: " + result.last());
  }

  /** True when it is asked for the n-th time: 9 steps an epoch, and 2 test batches. */
  private static BooleanSupplier atQuestion(int n) {
    AtomicInteger asked = new AtomicInteger();
    return () -> asked.incrementAndGet() == n;
  }

  private static RunFolder interruptedAt(String name, int... questions) {
    RunFolder run = new RunFolder(folder.resolve(name));
    boolean started = false;
    for (int question : questions) {
      BooleanSupplier stop = atQuestion(question);
      TrainResult result =
          started
              ? Training.resume(run, null, new Runs.Listener(), stop)
              : Training.start(Runs.small(), run, new Runs.Listener(), stop);
      assertTrue(result.interrupted(), "interrupted at question " + question);
      started = true;
    }
    return run;
  }

  private static void finish(RunFolder run) throws IOException {
    TrainResult result = Training.resume(run, null, new Runs.Listener(), () -> false);
    assertFalse(result.interrupted());
    Runs.assertSame(whole, run);
  }

  @Test
  void theSameConfigurationGivesTheSameBits() throws IOException {
    RunFolder again = new RunFolder(folder.resolve("again"));
    RunConfig config = RunFolder.configTree(whole.config()).build();
    Training.start(config, again, new Runs.Listener(), () -> false);
    Runs.assertSame(whole, again);
    assertEquals(Files.readString(whole.config()), Files.readString(again.config()));
  }

  @Test
  void interruptedAheadOfTheFirstStep() throws IOException {
    finish(interruptedAt("first", 1));
  }

  @Test
  void interruptedThreeTimesInTheMiddleOfEpochs() throws IOException {
    finish(interruptedAt("middle", 4, 3, 12));
  }

  @Test
  void interruptedInTheTest() throws IOException {
    // 1 question ahead of the epoch, 8 after its steps, then one a test batch
    RunFolder run = interruptedAt("test", 10);
    String state = Files.readString(run.lastState());
    assertTrue(state.contains("\"epoch\":0,\"step\":8,\"batch\":8"), state);
    finish(run);
  }

  @Test
  void linesBeyondTheCheckpointAreDroppedAndAMissingOneIsAdded() throws IOException {
    RunFolder run = interruptedAt("lines", 16);
    String lines = Files.readString(run.metrics());
    assertEquals(2, lines.lines().count(), lines);
    String first = lines.lines().skip(1).findFirst().orElseThrow();
    Files.writeString(run.metrics(), lines + "2" + first.substring(1) + "\n3,");
    Path copy = folder.resolve("lines-copy");
    copy(run.path(), copy);
    finish(run);

    // killed between the checkpoint and the line of its epoch
    RunFolder other = new RunFolder(copy);
    Files.writeString(other.metrics(), lines.lines().findFirst().orElseThrow() + "\n");
    finish(other);
  }

  @Test
  void aFinishedRunStaysAsItIs() throws IOException {
    Path copy = folder.resolve("finished");
    copy(whole.path(), copy);
    RunFolder run = new RunFolder(copy);
    Files.delete(run.trace());
    finish(run);
  }

  @Test
  void whatDoesNotBelongTogetherIsRefused() throws IOException {
    Path copy = folder.resolve("other");
    copy(whole.path(), copy);
    RunFolder run = new RunFolder(copy);
    String yaml = Files.readString(run.config());
    assertRefused(run, yaml.replace("fc40", "fc80").replace("vote4", "vote8"), "another network");
    assertRefused(run, yaml.replace("seed: 1", "seed: 2"), "does not belong to");
    assertRefused(run, yaml.replace("\"adam\"", "\"sgd\""), "another optimizer");
    assertRefused(run, yaml.replace("T: 2", "T: two"), "config.yaml, line");
    Files.writeString(run.config(), yaml);
    byte[] checkpoint = Files.readAllBytes(run.last());
    for (int length : List.of(0, 7, 100, checkpoint.length / 2, checkpoint.length - 1)) {
      Files.write(run.last(), java.util.Arrays.copyOf(checkpoint, length));
      String message = refusal(run);
      assertTrue(message.contains("last.safetensors is damaged"), message);
      assertEquals(1, message.lines().count(), message);
    }
    Files.delete(run.last());
    assertTrue(refusal(run).contains("cannot be resumed"), refusal(run));
  }

  private static void assertRefused(RunFolder run, String yaml, String expected)
      throws IOException {
    Files.writeString(run.config(), yaml);
    String message = refusal(run);
    assertTrue(message.contains(expected), message);
    assertEquals(1, message.lines().count(), message);
  }

  private static String refusal(RunFolder run) {
    return assertThrows(
            KlifException.class, () -> Training.resume(run, null, new Runs.Listener(), () -> false))
        .getMessage();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(
            file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }
}
