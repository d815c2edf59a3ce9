package org.klif.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;
import org.klif.sweep.Progress;

/**
 * One network on two workers, each in a process beside its own executor, against one process that
 * computes the same two shards. The network has batch norm, synchronised, and dropout.
 */
@Timeout(600)
final class TrainOnSparkTest {
  /** 1437 samples in batches of 144 are 10 steps an epoch. */
  private static final int EPOCHS_OF_20_STEPS = 2;

  @TempDir private static Path folder;
  private static final List<String> NOTES = new CopyOnWriteArrayList<>();
  private static Installation installation;
  private static Cluster cluster;

  @BeforeAll
  static void openCluster() throws Exception {
    installation = TestSpark.installation();
    ClusterOptions options = new ClusterOptions();
    options.master = TestSpark.MASTER;
    cluster = Cluster.open(installation, options, "test", NOTES::add);
  }

  @AfterAll
  static void closeCluster() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static RunConfig config(int epochs) {
    return ConfigTree.preset("digits")
        .set("network=c4k3 bn sn mp2 | fc32 bn sn | dp fc10 bn sn")
        .set("batch=144")
        .set("threads=1")
        .set("device=cpu")
        .set("shards=2")
        .set("epochs=" + epochs)
        .build();
  }

  private static Path alone(int epochs) throws IOException, InterruptedException {
    Path run = folder.resolve("alone-" + epochs);
    Path file = Files.writeString(folder.resolve("alone.yaml"), ConfigTree.yaml(config(epochs)));
    TestSpark.klif("train", "--config", file.toString(), "--out", run.toString());
    return run;
  }

  private static Path together(int epochs, String name, Progress progress)
      throws InterruptedException {
    Path run = folder.resolve(name);
    new ClusterTraining(cluster.spark(), installation.launch(Map.of()), 120)
        .run(config(epochs), 2, run, folder.resolve(name + ".workers"), progress);
    return run;
  }

  private static void assertSame(Path expected, Path run) throws IOException {
    for (String checkpoint : List.of("last", "best")) {
      assertArrayEquals(
          Files.readAllBytes(new RunFolder(expected).checkpoint(checkpoint)),
          Files.readAllBytes(new RunFolder(run).checkpoint(checkpoint)),
          checkpoint);
    }
    assertEquals(withoutTimes(expected), withoutTimes(run));
  }

  /** All columns of metrics.csv but seconds and imagesPerSecond. */
  private static List<String> withoutTimes(Path run) throws IOException {
    List<String> lines = Files.readAllLines(new RunFolder(run).metrics());
    List<String> columns = List.of(lines.get(0).split(",", -1));
    return lines.stream()
        .map(line -> List.of(line.split(",", -1)))
        .map(
            cells ->
                java.util.stream.IntStream.range(0, cells.size())
                    .filter(i -> !columns.get(i).matches("seconds|imagesPerSecond"))
                    .mapToObj(cells::get)
                    .collect(Collectors.joining(",")))
        .toList();
  }

  @Test
  void twoWorkersHaveTheBitsOfOneProcessAndOfEachOther() throws Exception {
    Path alone = alone(EPOCHS_OF_20_STEPS);
    Path first = together(EPOCHS_OF_20_STEPS, "first", Progress.NONE);
    assertSame(alone, first);
    assertSame(first, together(EPOCHS_OF_20_STEPS, "second", Progress.NONE));
  }

  @Test
  void trainingGoesOnToTheSameBitsWhenAnExecutorIsKilled() throws Exception {
    int epochs = 30;
    Path alone = alone(epochs);
    NOTES.clear();
    boolean[] killed = new boolean[1];
    Path run =
        together(
            epochs,
            "killed",
            (done, accuracy, loss) -> {
              if (!killed[0] && done < epochs / 2) {
                killed[0] = TestSpark.executors().get(0).destroyForcibly();
              }
            });
    assertSame(alone, run);
    assertTrue(killed[0]);
    assertTrue(NOTES.stream().anyMatch(note -> note.endsWith(", again")), NOTES::toString);
    assertTrue(
        Files.readString(folder.resolve("killed.workers/worker-0.log")).contains("going on in "),
        "it began anew");
  }
}
