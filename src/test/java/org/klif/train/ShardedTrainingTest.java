package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.shard.Exchange;
import org.klif.shard.JoinedExchanges;

/** Training in shards: the same bits wherever a shard is computed, resumed or not. */
@Timeout(300)
class ShardedTrainingTest {
  @TempDir static Path folder;
  private static RunFolder whole;

  /** 1437 training samples in batches of 200 leave one of 37, an odd number for two shards. */
  private static RunConfig config(String... more) {
    return new ConfigTree(Runs.small(more))
        .set("threads", "1", "test")
        .set("shards", "2", "test")
        .set("batch", "200", "test")
        .build();
  }

  @BeforeAll
  static void trainInTwoShards() {
    whole = new RunFolder(folder.resolve("whole"));
    TrainResult result = Runs.start(config(), whole, new Runs.Listener(), () -> false);
    assertFalse(result.interrupted());
    assertEquals(2, result.epochs());
  }

  @Test
  void oneProcessOrTwoGiveTheSameBits() throws IOException {
    RunFolder apart = new RunFolder(folder.resolve("apart"));
    inTwoProcesses(apart, List.of(0), List.of(1));
    Runs.assertSame(whole, apart);
    assertEquals(Files.readString(whole.config()), Files.readString(apart.config()));
  }

  private static void inTwoProcesses(RunFolder run, List<Integer> first, List<Integer> second) {
    List<Exchange> processes = JoinedExchanges.of(List.of(first, second));
    CompletableFuture<Optional<TrainResult>> other =
        CompletableFuture.supplyAsync(() -> process(run, processes.get(1)));
    Optional<TrainResult> result = process(run, processes.get(0));
    assertTrue(result.isPresent(), "the process with shard 0 has the result");
    assertTrue(other.join().isEmpty());
  }

  private static Optional<TrainResult> process(RunFolder run, Exchange exchange) {
    return ShardedTraining.run(
        config(), run, exchange, Trust.SHIPPED, new Runs.Listener(), () -> false);
  }

  @Test
  void interruptedRunGoesOnToTheSameBitsAlsoInOtherProcesses() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("interrupted"));
    AtomicInteger asked = new AtomicInteger();
    TrainResult first =
        Runs.start(config(), run, new Runs.Listener(), () -> asked.incrementAndGet() == 4);
    assertTrue(first.interrupted());
    asked.set(0);
    TrainResult second =
        Runs.resume(run, null, new Runs.Listener(), () -> asked.incrementAndGet() == 8);
    assertTrue(second.interrupted(), "in the test of the first epoch");
    inTwoProcesses(run, List.of(0), List.of(1));
    Runs.assertSame(whole, run);
  }

  @Test
  void stopsAfterAnEpochAndGoesOn() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("stopped"));
    StopRule rule = new StopRule(1, () -> false);
    TrainResult first = Runs.start(config(), run, new Runs.Listener(), rule);
    assertTrue(first.interrupted());
    assertEquals(1, first.epochs());
    Runs.resume(run, null, new Runs.Listener(), () -> false);
    Runs.assertSame(whole, run);
  }

  /**
   * Two shards compute the same mathematics as one: the first epoch's losses agree to a few parts
   * in a thousand. Rounding differs, and a spike that flips at the threshold is a small jump of the
   * loss, so closeness to the bit is not to be had; NetworkShardsTest compares single steps.
   */
  @Test
  void epochIsThatOfOneShardUpToRounding() {
    RunFolder run = new RunFolder(folder.resolve("one"));
    RunConfig one = new ConfigTree(config()).set("shards", "1", "test").build();
    Runs.start(one, run, new Runs.Listener(), new StopRule(1, () -> false));
    double expected = RunMetrics.read(run.metrics()).column("trainLoss")[0];
    double actual = RunMetrics.read(whole.metrics()).column("trainLoss")[0];
    assertEquals(expected, actual, 0.02 * expected);
  }

  @Test
  void moreShardsThanSamplesInTheLastBatchAndNormOfEachPart() throws IOException {
    // 1437 = 2 * 718 + 1: one sample for three shards
    RunConfig config =
        new ConfigTree(config("epochs=1", "syncBatchNorm=false"))
            .set("shards", "3", "test")
            .set("batch", "718", "test")
            .build();
    RunFolder one = new RunFolder(folder.resolve("three"));
    RunFolder two = new RunFolder(folder.resolve("three-again"));
    Runs.start(config, one, new Runs.Listener(), () -> false);
    Runs.start(config, two, new Runs.Listener(), () -> false);
    Runs.assertSame(one, two);
  }

  @Test
  void failureOfOneProcessEndsTheOtherWithoutHanging() {
    RunFolder run = new RunFolder(folder.resolve("failing"));
    List<Exchange> processes = JoinedExchanges.of(List.of(List.of(0), List.of(1)));
    AtomicInteger asked = new AtomicInteger();
    CompletableFuture<Optional<TrainResult>> other =
        CompletableFuture.supplyAsync(
            () ->
                ShardedTraining.run(
                    config(),
                    run,
                    processes.get(1),
                    Trust.SHIPPED,
                    new Runs.Listener(),
                    () -> {
                      if (asked.incrementAndGet() == 5) {
                        processes.get(1).close();
                        throw new KlifException("killed");
                      }
                      return false;
                    }));
    KlifException e = assertThrows(KlifException.class, () -> process(run, processes.get(0)));
    assertEquals("another process is gone", e.getMessage());
    CompletionException killed = assertThrows(CompletionException.class, other::join);
    assertEquals("killed", killed.getCause().getMessage());
    assertTrue(Files.exists(run.last()), "from which the run can go on");
  }

  @Test
  void divergenceIsReportedOnce() {
    RunFolder run = new RunFolder(folder.resolve("diverging"));
    KlifException e =
        assertThrows(
            KlifException.class,
            () ->
                Runs.start(
                    config("optimizer.learningRate=1e38"), run, new Runs.Listener(), () -> false));
    assertTrue(
        e.getMessage().contains("not finite") || e.getMessage().contains("NaN"), e::getMessage);
    assertTrue(e.getMessage().contains("optimizer.learningRate"), e::getMessage);
  }

  @Test
  void replicasThatDifferAreFound() throws IOException {
    RunConfig other = config("seed=2");
    RunFolder run = new RunFolder(folder.resolve("different"));
    List<Exchange> processes = JoinedExchanges.of(List.of(List.of(0), List.of(1)));
    CompletableFuture<Optional<TrainResult>> second =
        CompletableFuture.supplyAsync(
            () ->
                ShardedTraining.run(
                    other, run, processes.get(1), Trust.SHIPPED, new Runs.Listener(), () -> false));
    KlifException e = assertThrows(KlifException.class, () -> process(run, processes.get(0)));
    assertTrue(e.getMessage().startsWith("shard 1 does not hold the same network as shard 0"));
    assertThrows(CompletionException.class, second::join);
  }

  @Test
  void refusesWhatCannotBe() {
    assertThrows(UsageException.class, () -> Runs.small("shards=201"));
    assertThrows(UsageException.class, () -> Runs.small("shards=0"));
    assertThrows(UsageException.class, () -> Runs.small("shards=2", "fast=true"));
    List<Exchange> two = JoinedExchanges.of(List.of(List.of(0), List.of(1)));
    RunFolder run = new RunFolder(folder.resolve("refused"));
    RunConfig one = Runs.small();
    KlifException e =
        assertThrows(
            KlifException.class,
            () ->
                ShardedTraining.run(
                    one, run, two.get(0), Trust.SHIPPED, new Runs.Listener(), () -> false));
    assertEquals("the configuration has 1 shards, the exchange 2", e.getMessage());
    assertFalse(Files.exists(run.path()));
  }

  @Test
  void testSamplesAreSharedOutWithoutChangingABit() throws IOException {
    RunConfig config = whole.readConfig();
    EpochResult last;
    try (RunContext context = RunContext.open(config, Trust.SHIPPED);
        var data = context.loadData(line -> {})) {
      last = context.load(whole.last()).last();
      try (Evaluator evaluator =
          new Evaluator(config, context.entry(), context.network(), data.test())) {
        Evaluation alone = evaluator.run();
        assertEquals(last.testLoss(), alone.loss());
        assertEquals(last.testAccuracy(), alone.accuracy());
        assertArrayEquals(
            new double[] {last.layers().get("rate.2.klif")},
            new double[] {alone.rates().get("2.klif")});
      }
    }
  }
}
