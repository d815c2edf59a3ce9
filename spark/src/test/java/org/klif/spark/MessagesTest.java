package org.klif.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.spark.task.TaskFailure;

/** What a person is told when something is missing. */
final class MessagesTest {
  @TempDir private Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int execute(String... words) {
    return Main.execute(
        new Output(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8)),
        words);
  }

  private String error() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aFolderWithoutJarsIsNoSparkHome() {
    KlifException e =
        assertThrows(KlifException.class, () -> new Installation(folder, folder, folder).check());
    assertTrue(e.getMessage().contains("'spark/spark-home DIR' makes one"), e.getMessage());
  }

  @Test
  void aProjectThatIsNotBuiltSaysHow() throws Exception {
    Files.createDirectory(folder.resolve("jars"));
    KlifException e =
        assertThrows(KlifException.class, () -> new Installation(folder, folder, folder).check());
    assertTrue(e.getMessage().contains("is not built: run 'mvn"), e.getMessage());
  }

  @Test
  void aMasterThatDoesNotAnswerIsNamed() throws Exception {
    TestSpark.home();
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String master = "spark://127.0.0.1:" + port;
    int code =
        execute("train", "digits", "--workers", "2", "--master", master, "--out", folder + "/run");
    assertEquals(1, code);
    assertTrue(error().contains("no master of Spark answers at " + master), this::error);
  }

  @Test
  void aMasterThatSparkDoesNotKnowIsNamed() throws Exception {
    TestSpark.home();
    int code =
        execute("train", "digits", "--workers", "2", "--master", "mesh", "--out", folder + "/run");
    assertEquals(1, code);
    assertTrue(error().contains("Spark does not start with master mesh: "), this::error);
  }

  @Test
  void moreWorkersThanShardsAreRefused() throws Exception {
    TestSpark.home();
    int code =
        execute("train", "digits", "--workers", "3", "--shards", "2", "--master", "x", "--json");
    assertEquals(2, code);
    assertTrue(error().contains("3 workers need at least as many shards, not 2"), this::error);
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("\"exitCode\":2"));
  }

  @Test
  void anUnknownOptionIsAUsageError() {
    assertEquals(2, execute("sweep", "x.yaml", "--master", "y", "--frobnicate"));
    assertTrue(error().contains("--frobnicate"), this::error);
  }

  @Test
  void theSentenceOfATaskIsFoundInWhatSparkSays() {
    String sparks =
        "Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times: "
            + new TaskFailure("the loss is NaN; see a>b")
            + "\n\tat somewhere";
    assertEquals("the loss is NaN; see a>b", TaskFailure.sentence(sparks));
    assertEquals("no mark", TaskFailure.sentence("no mark\nmore"));
  }
}
