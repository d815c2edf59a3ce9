package org.klif.device.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

class SubprocessTest {
  /** Like g++: a program that starts others and waits for them. */
  private static final String FOR_EVER = "sleep 1000 & echo $! > child; wait";

  @TempDir Path folder;

  private Subprocess.Outcome run(String script, long seconds) {
    return Subprocess.run(List.of("sh", "-c", script), folder, Map.of("WORD", "word"), seconds);
  }

  private void requireDeadChild() throws IOException, InterruptedException {
    long child = Long.parseLong(Files.readString(folder.resolve("child")).strip());
    var handle = ProcessHandle.of(child);
    for (int i = 0; i < 1000 && handle.isPresent() && handle.get().isAlive(); i++) {
      Thread.sleep(10);
    }
    assertFalse(handle.isPresent() && handle.get().isAlive());
  }

  @Test
  void codeAndOutputAreThoseOfTheProgram() {
    assertEquals(
        new Subprocess.Outcome(3, "word\nerror\n"),
        run("echo $WORD; echo error >&2; cat; exit 3", 100));
  }

  @Test
  void oneThatTakesTooLongIsKilledWithItsChildren() throws Exception {
    assertEquals(
        "the compiler sh was ended after 1 seconds; if it only needs more, set KLIF_COMPILE_SECONDS to a larger number",
        assertThrows(KlifException.class, () -> run(FOR_EVER, 1)).getMessage());
    requireDeadChild();
  }

  @Test
  void anInterruptionKillsItWithItsChildren() throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        new Thread(() -> failure.set(assertThrows(KlifException.class, () -> run(FOR_EVER, 1000))));
    thread.start();
    Path child = folder.resolve("child");
    while (!Files.exists(child) || Files.size(child) == 0) {
      Thread.sleep(10);
    }
    thread.interrupt();
    thread.join();
    assertEquals("compiling was interrupted; start again", failure.get().getMessage());
    requireDeadChild();
  }

  @Test
  void aProgramThatIsNotThereIsNamed() {
    String message =
        assertThrows(
                KlifException.class,
                () -> Subprocess.run(List.of("/nowhere/g++"), folder, Map.of(), 10))
            .getMessage();
    assertTrue(message.startsWith("cannot run the compiler /nowhere/g++: "), message);
  }
}
