package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.io.Safetensors;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.run.RunLog;

/** An interrupted and resumed run has the bits of one that was never interrupted. */
class ResumeTest {
  @TempDir static Path folder;
  private static RunFolder whole;

  @BeforeAll
  static void trainWithoutInterruption() {
    whole = new RunFolder(folder.resolve("whole"));
    TrainResult result = Runs.start(Runs.small(), whole, new Runs.Listener(), () -> false);
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
              ? Runs.resume(run, null, new Runs.Listener(), stop)
              : Runs.start(Runs.small(), run, new Runs.Listener(), stop);
      assertTrue(result.interrupted(), "interrupted at question " + question);
      started = true;
    }
    return run;
  }

  private static void finish(RunFolder run) throws IOException {
    TrainResult result = Runs.resume(run, null, new Runs.Listener(), () -> false);
    assertFalse(result.interrupted());
    Runs.assertSame(whole, run);
  }

  @Test
  void theSameConfigurationGivesTheSameBits() throws IOException {
    RunFolder again = new RunFolder(folder.resolve("again"));
    RunConfig config = RunFolder.configTree(whole.config()).build();
    Runs.start(config, again, new Runs.Listener(), () -> false);
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
    assertRefused(
        run,
        yaml.replace("fc40", "fc80").replace("vote4", "vote8"),
        "last.safetensors was trained with network \"c8k3 bn sn mp2 | dp fc40 bn sn | vote4\", but"
            + " config.yaml says \"c8k3 bn sn mp2 | dp fc80 bn sn | vote8\"; put that back");
    assertRefused(run, yaml.replace("seed: 1", "seed: 2"), "trained with seed 1, but config.yaml");
    assertRefused(run, yaml.replace("\"adam\"", "\"sgd\""), "trained with optimizer.rule \"adam\"");
    assertRefused(run, yaml.replace("T: 2", "T: 4"), "trained with T 2, but config.yaml says 4");
    assertRefused(run, yaml.replace("epochs: 2", "epochs: 1"), "trained with epochs 2");
    assertRefused(run, yaml.replace("  tau: 2", "  tau: 3"), "trained with neuron.tau 2");
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

  /** What is not a setting of training alone counts for eval and predict, too. */
  @Test
  void aTrainedNetworkIsNotTakenForAnother() throws IOException {
    Path path = folder.resolve("eval");
    copy(whole.path(), path);
    RunFolder run = new RunFolder(path);
    String yaml = Files.readString(run.config());
    for (String[] edit :
        new String[][] {
          {"T: 2", "T: 4", "trained with T 2, but config.yaml says 4"},
          {"c8k3 bn sn mp2", "c8k3 bn sn ap2", "trained with network \"c8k3 bn sn mp2"},
          {"threshold: 1.0", "threshold: 2.0", "trained with neuron.threshold 1.0"},
          {"encoder: \"direct\"", "encoder: \"poisson\"", "trained with encoder \"direct\""}
        }) {
      assertTrue(yaml.contains(edit[0]), edit[0]);
      Files.writeString(run.config(), yaml.replace(edit[0], edit[1]));
      for (Path checkpoint : List.of(run.last(), run.best())) {
        String message =
            assertThrows(KlifException.class, () -> load(run, checkpoint)).getMessage();
        assertTrue(message.startsWith(checkpoint + " was " + edit[2]), message);
      }
    }
    // settings of training, and where it runs, change nothing of a trained network
    Files.writeString(
        run.config(),
        yaml.replace("epochs: 2", "epochs: 7")
            .replace("learningRate: 0.02", "learningRate: 0.5")
            .replace("threads: 2", "threads: 1"));
    assertEquals(2, load(run, run.last()).epochs());
  }

  private static Trained load(RunFolder run, Path checkpoint) {
    try (RunContext context = RunContext.open(run.readConfig(), run, Trust.SHIPPED)) {
      return context.load(checkpoint);
    }
  }

  /** A new key is either of no meaning for what was trained, or compared. */
  @Test
  void everyKeyOfAConfigurationIsPlaced() {
    Set<String> all = ConfigTree.values(Runs.small()).keySet();
    Set<String> compared = TrainedWith.of(Runs.small(), NeuronLibrary.NONE).keySet();
    assertTrue(all.containsAll(TrainedWith.FREE), "a key that is no more");
    assertTrue(all.containsAll(TrainedWith.OF_TRAINING), "a key that is no more");
    for (String key : all) {
      assertEquals(!TrainedWith.FREE.contains(key), compared.contains(key), key);
    }
    assertTrue(compared.contains("neuron.k") && compared.contains("optimizer.momentum"));
  }

  /** Files of a Klif that wrote no checksum: what is no network is still found. */
  @Test
  void damagedNumbersAreRefusedWithoutAChecksum() throws IOException {
    Path path = folder.resolve("numbers");
    copy(whole.path(), path);
    RunFolder run = new RunFolder(path);
    rewrite(whole.last(), run.last(), "1.bn.running_var", -1);
    assertEquals(
        run.last() + ": element 0 of 1.bn.running_var is -1.0, and it cannot be below 0.0",
        assertThrows(KlifException.class, () -> load(run, run.last())).getMessage());
    rewrite(whole.last(), run.last(), "0.conv.weight", Float.NaN);
    assertEquals(
        run.last() + ": element 0 of 0.conv.weight is NaN",
        assertThrows(KlifException.class, () -> load(run, run.last())).getMessage());
    rewrite(whole.last(), run.last(), "optimizer.m.0.conv.weight", Float.POSITIVE_INFINITY);
    assertEquals(run.last() + ": element 0 of optimizer.m.0.conv.weight is Infinity", refusal(run));
    rewrite(whole.last(), run.last(), "optimizer.v.0.conv.weight", -1e-9f);
    assertTrue(refusal(run).contains("optimizer.v.0.conv.weight is -1.0E-9, and it cannot"));
  }

  /** The states that files of others may have, and configurations that were shortened. */
  @Test
  void statesThatNoTrainingWritesAreRefused() throws IOException {
    Path path = folder.resolve("states");
    copy(whole.path(), path);
    RunFolder run = new RunFolder(path);
    String state = Files.readString(whole.lastState()).strip();
    String old = state.replaceAll(",\"config\":\\{[^}]*}", ",\"config\":null");
    for (String[] example :
        new String[][] {
          {"null", "is damaged: its klif.state is null"},
          {old.replace("\"epoch\":2,\"step\"", "\"epoch\":3,\"step\""), "counters are not sound"},
          {old.replaceAll("\"bestTestAccuracy\":[0-9.]+", "\"bestTestAccuracy\":\"NaN\""), "NaN"},
          {old.replaceAll("\"step\":16", "\"step\":17"), "does not belong to"},
          {old.replaceAll("\"testLoss\":[0-9.]+", "\"testLoss\":1e999"), "is not sound"},
          {old.replaceAll("\"sums\":\\{[^}]*\\{}}", "\"sums\":null"), "counters are not sound"},
        }) {
      assertFalse(example[0].equals(old), example[1]);
      rewrite(whole.last(), run.last(), example[0]);
      String message = refusal(run);
      assertTrue(message.contains(example[1]), message);
      assertEquals(1, message.lines().count(), message);
    }
    rewrite(whole.last(), run.last(), old);
    String yaml = Files.readString(run.config());
    assertRefused(
        run, yaml.replace("epochs: 2", "epochs: 1"), "has 2 epochs behind it, but " + run.config());
    assertRefused(
        run, yaml.replace("fc40", "fc80").replace("vote4", "vote8"), "trained with network");
    Files.writeString(run.config(), yaml);
    // a file of an older Klif is taken
    assertEquals(2, Runs.resume(run, null, new Runs.Listener(), () -> false).epochs());
  }

  private static void rewrite(Path from, Path to, String tensor, float first) throws IOException {
    rewrite(from, to, null, tensor, first);
  }

  private static void rewrite(Path from, Path to, String state) throws IOException {
    rewrite(from, to, state, "", 0);
  }

  /** The same file with other content and without a checksum, as an older Klif would write it. */
  private static void rewrite(Path from, Path to, String state, String tensor, float first)
      throws IOException {
    Map<String, String> metadata;
    List<Safetensors.Entry> entries = new ArrayList<>();
    try (Safetensors tensors = Safetensors.open(from)) {
      metadata = new LinkedHashMap<>(tensors.metadata());
      metadata.remove("klif.sha256");
      for (String name : tensors.names()) {
        float[] values = tensors.values(name);
        if (name.equals(tensor)) {
          values[0] = first;
        }
        entries.add(new Safetensors.Entry(name, tensors.shape(name), () -> values));
      }
    }
    if (state != null) {
      metadata.put(TrainState.KEY, state);
    }
    Safetensors.write(to, metadata, entries);
    String text = Files.readString(to, StandardCharsets.ISO_8859_1);
    Files.writeString(to, text.replace("klif.sha256", "other.sha25"), StandardCharsets.ISO_8859_1);
  }

  /** The folder of a run that was killed while its first checkpoint was being written. */
  private static RunFolder killedAheadOfTheFirst(String name) throws IOException {
    RunFolder run = interruptedAt(name, 1);
    Files.move(run.last(), run.last().resolveSibling("last.safetensors.0123456789abcdef.tmp"));
    Files.deleteIfExists(run.lastState());
    return run;
  }

  @Test
  void killedAheadOfTheFirstCheckpointAndResumed() throws IOException {
    finish(killedAheadOfTheFirst("killed"));
  }

  @Test
  void killedAheadOfTheFirstCheckpointAndStartedAgain() throws IOException {
    RunFolder run = killedAheadOfTheFirst("killed-started");
    TrainResult result = Runs.start(Runs.small(), run, new Runs.Listener(), () -> false);
    assertFalse(result.interrupted());
    Runs.assertSame(whole, run);
  }

  @Test
  void aFolderThatIsBeingStartedIsNotTaken() throws IOException {
    RunFolder run = killedAheadOfTheFirst("starting");
    try (RunLog other = RunLog.open(run)) {
      other.write("at work");
      assertTrue(refusal(run).contains("another process is training in"), refusal(run));
      assertTrue(Files.exists(run.config()));
    }
  }

  @Test
  void theUsersOwnFilesAreNoUnstartedRun() throws IOException {
    RunFolder run = killedAheadOfTheFirst("own");
    Files.writeString(run.path().resolve("notes.txt"), "mine");
    assertThrows(
        KlifException.class, () -> Runs.start(Runs.small(), run, new Runs.Listener(), () -> false));
    assertTrue(refusal(run).contains("cannot be resumed"), refusal(run));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aFailedStartTakesAwayWhatItMadeAndNothingElse(int shards) throws IOException {
    Path place = Files.createDirectory(folder.resolve("failed-" + shards));
    failStart(new RunFolder(place.resolve("new/run")), shards);
    assertEmpty(place);
    Path own = Files.createDirectory(place.resolve("own"));
    failStart(new RunFolder(own), shards);
    assertEmpty(own);
    Path link = Files.createSymbolicLink(place.resolve("link"), own);
    failStart(new RunFolder(link), shards);
    assertTrue(Files.isSymbolicLink(link));
    assertEmpty(own);
  }

  /** Fails behind config.yaml and ahead of the first checkpoint. */
  private static void failStart(RunFolder run, int shards) {
    TrainListener failing =
        new TrainListener() {
          @Override
          public void note(String line) {
            throw new KlifException("config.yaml is there: " + Files.exists(run.config()));
          }
        };
    RunConfig config = Runs.small("shards=" + shards);
    KlifException e =
        assertThrows(KlifException.class, () -> Runs.start(config, run, failing, () -> false));
    assertEquals("config.yaml is there: true", e.getMessage());
  }

  private static void assertEmpty(Path place) throws IOException {
    try (Stream<Path> files = Files.list(place)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void aLinkAmongTheFirstFilesStays() throws IOException {
    RunFolder run = killedAheadOfTheFirst("linked-neurons");
    Path theirs = Files.createDirectory(folder.resolve("their-neurons"));
    Files.createSymbolicLink(run.neurons(), theirs);
    KlifException e =
        assertThrows(
            KlifException.class,
            () -> Runs.start(Runs.small(), run, new Runs.Listener(), () -> false));
    assertTrue(e.getMessage().contains("it is a link"), e.getMessage());
    assertTrue(Files.isSymbolicLink(run.neurons()));
  }

  /** Its files are behind the link, where a run's first files are looked for. */
  @Test
  void aLinkToARunIsNoUnusedFolder() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("linked-run"), whole.path());
    String config = Files.readString(whole.config());
    KlifException e =
        assertThrows(
            KlifException.class,
            () ->
                Runs.start(
                    Runs.small("seed=2"), new RunFolder(link), new Runs.Listener(), () -> false));
    assertTrue(e.getMessage().contains("holds a run; resume it"), e.getMessage());
    assertEquals(config, Files.readString(whole.config()));
  }

  @Test
  void linksInARunsFolderAreNotFollowed() throws IOException {
    RunFolder run = interruptedAt("links", 5);
    Path victim = Files.writeString(folder.resolve("victim"), "mine");
    Files.delete(run.log());
    Files.createSymbolicLink(run.log(), victim);
    assertTrue(refusal(run).contains("it is a link"), refusal(run));
    Files.delete(run.log());
    Path checkpoints = run.last().getParent();
    Path theirs = folder.resolve("theirs");
    Files.move(checkpoints, theirs);
    Files.createSymbolicLink(checkpoints, theirs);
    assertTrue(refusal(run).contains("it is a link"), refusal(run));
    assertEquals("mine", Files.readString(victim));
  }

  /** Refused or replaced, as the lines say that are there. */
  @Test
  void aLinkInThePlaceOfTheMetricsIsNotFollowed() throws IOException {
    RunFolder run = interruptedAt("linked-metrics", 5);
    Path victim = Files.copy(whole.metrics(), folder.resolve("victim.csv"));
    Files.deleteIfExists(run.metrics());
    Files.createSymbolicLink(run.metrics(), victim);
    try {
      Runs.resume(run, null, new Runs.Listener(), () -> false);
    } catch (KlifException e) {
      assertTrue(e.getMessage().contains("it is a link"), e.getMessage());
    }
    assertEquals(Files.readString(whole.metrics()), Files.readString(victim));
  }

  @Test
  void aPresetsNameMakesNoPath() {
    RunConfig config = Runs.small("preset=../../x\ny");
    Path runs = folder.resolve("runs");
    assertEquals(runs, RunFolder.unused(runs, config).path().getParent());
    assertFalse(RunFolder.unused(runs, config).path().toString().contains("\n"));
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
            KlifException.class, () -> Runs.resume(run, null, new Runs.Listener(), () -> false))
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
