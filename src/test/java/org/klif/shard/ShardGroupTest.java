package org.klif.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.klif.KlifException;

/** No test may hang: each is ended after a time far beyond what it needs. */
@Timeout(60)
class ShardGroupTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void end() throws InterruptedException {
    threads.shutdownNow();
    assertTrue(threads.awaitTermination(30, TimeUnit.SECONDS), "no thread stays behind");
  }

  private static int rounds(Shard shard, int rounds) {
    int sum = 0;
    for (int round = 0; round < rounds; round++) {
      // two arrays in turn: the other shards may still read the one before
      float[][] all = shard.gather(new float[] {shard.index(), round});
      for (int i = 0; i < all.length; i++) {
        assertEquals(i, all[i][0]);
        assertEquals(round, all[i][1]);
        sum++;
      }
    }
    return sum;
  }

  @Test
  void everybodyGetsTheArraysOfTheRoundInShardOrder() throws Exception {
    ShardGroup group = new ShardGroup(new LocalExchange(3));
    List<Future<Integer>> all =
        group.members().stream().map(s -> threads.submit(() -> rounds(s, 2000))).toList();
    for (Future<Integer> one : all) {
      assertEquals(6000, one.get());
    }
  }

  @Test
  void placementChangesNothing() throws Exception {
    List<Exchange> processes = JoinedExchanges.of(List.of(List.of(0, 2), List.of(1), List.of(3)));
    List<Future<Integer>> all =
        processes.stream()
            .map(ShardGroup::new)
            .flatMap(group -> group.members().stream())
            .map(s -> threads.submit(() -> rounds(s, 500)))
            .toList();
    for (Future<Integer> one : all) {
      assertEquals(2000, one.get());
    }
  }

  @Test
  void failureReleasesTheOthersAndIsTheOneReported() {
    ShardGroup group = new ShardGroup(new LocalExchange(3));
    List<Shard> members = group.members();
    List<Future<float[][]>> waiting =
        IntStream.range(0, 2)
            .mapToObj(i -> threads.submit(() -> members.get(i).gather(new float[1])))
            .toList();
    KlifException cause = new KlifException("the disk is full");
    group.fail(cause);
    group.fail(new KlifException("a later one"));
    for (Future<float[][]> one : waiting) {
      ExecutionException e = assertThrows(ExecutionException.class, one::get);
      ReleasedShard released = assertInstanceOf(ReleasedShard.class, e.getCause());
      assertEquals("another shard has failed: the disk is full", released.getMessage());
    }
    assertThrows(ReleasedShard.class, () -> members.get(2).gather(new float[1]));
    assertEquals(cause, group.failure());
  }

  @Test
  void realFailureReplacesThatOfOneThatWasOnlyReleased() {
    ShardGroup group = new ShardGroup(new LocalExchange(2));
    group.fail(new ReleasedShard("another one has"));
    KlifException cause = new KlifException("the loss is NaN");
    group.fail(cause);
    assertEquals(cause, group.failure());
  }

  @Test
  void failedExchangeReachesTheThreadThatDidItAndFailReleasesTheRest() throws Exception {
    Exchange broken =
        new Exchange() {
          @Override
          public int shards() {
            return 2;
          }

          @Override
          public List<Integer> local() {
            return List.of(0, 1);
          }

          @Override
          public float[][] allGather(float[][] own) {
            throw new KlifException("worker 3 is gone");
          }

          @Override
          public void close() {}
        };
    ShardGroup group = new ShardGroup(broken);
    List<Future<float[][]>> both =
        group.members().stream()
            .map(
                shard ->
                    threads.submit(
                        () -> {
                          try {
                            return shard.gather(new float[1]);
                          } catch (RuntimeException e) {
                            group.fail(e);
                            throw e;
                          }
                        }))
            .toList();
    for (Future<float[][]> one : both) {
      assertThrows(ExecutionException.class, one::get);
    }
    assertEquals("worker 3 is gone", group.failure().getMessage());
  }

  @Test
  void anyIsYesWhenOneSaysSo() throws Exception {
    ShardGroup group = new ShardGroup(new LocalExchange(3));
    List<Future<Boolean>> all =
        group.members().stream().map(s -> threads.submit(() -> s.any(s.index() == 1))).toList();
    for (Future<Boolean> one : all) {
      assertTrue(one.get());
    }
  }
}
