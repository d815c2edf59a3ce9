package org.klif.spark.worker;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;

/** Workers in one process, over real connections of the loopback interface. */
final class PeersTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  private static List<Peers> connected(int number, Duration timeout) {
    List<Peers> all = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      all.add(Peers.listen("127.0.0.1", "secret", timeout));
    }
    List<String> addresses = all.stream().map(Peers::address).toList();
    for (int i = 0; i < number; i++) {
      all.get(i).connect(i, addresses);
    }
    return all;
  }

  private static byte[] message(int worker, int round) {
    byte[] bytes = new byte[round == 3 ? 5_000_000 : round + 1];
    bytes[bytes.length - 1] = (byte) (100 * worker + round);
    return bytes;
  }

  @Test
  void everyWorkerGetsTheBytesOfAllInTheirOrderRoundAfterRound() throws Exception {
    int rounds = 50;
    List<Future<Boolean>> done = new ArrayList<>();
    List<Peers> all = connected(3, LONG);
    for (int i = 0; i < all.size(); i++) {
      int worker = i;
      done.add(
          threads.submit(
              () -> {
                try (Peers peers = all.get(worker)) {
                  for (int round = 0; round < rounds; round++) {
                    List<byte[]> got = peers.gather(message(worker, round));
                    assertEquals(3, got.size());
                    for (int other = 0; other < 3; other++) {
                      assertArrayEquals(message(other, round), got.get(other));
                    }
                  }
                }
                return true;
              }));
    }
    for (Future<Boolean> one : done) {
      assertTrue(one.get());
    }
  }

  @Test
  void oneWorkerAloneGetsItsOwnBytes() {
    try (Peers alone = connected(1, LONG).get(0)) {
      byte[] mine = {1, 2};
      assertArrayEquals(mine, alone.gather(mine).get(0));
    }
  }

  @Test
  void aWorkerWhosePeerEndsIsToldSo() throws Exception {
    List<Peers> all = connected(2, LONG);
    Future<KlifException> told =
        threads.submit(
            () -> assertThrows(KlifException.class, () -> all.get(0).gather(new byte[1])));
    // it has its call open, or opens it to nobody
    all.get(1).abort();
    assertTrue(told.get().getMessage().contains("worker 1 at 127.0.0.1:"), told.get().getMessage());
    assertTrue(told.get().getMessage().endsWith(" is gone"), told.get().getMessage());
    all.get(0).close();
  }

  @Test
  void aWorkerWhosePeerHangsIsToldSoAfterTheTimeout() {
    List<Peers> all = connected(2, Duration.ofSeconds(1));
    KlifException told = assertThrows(KlifException.class, () -> all.get(0).gather(new byte[1]));
    assertTrue(told.getMessage().endsWith(" gave no answer for 1 s"), told.getMessage());
    all.get(0).close();
    all.get(1).abort();
  }

  @Test
  void aStrangerIsRefused() {
    try (Peers one = Peers.listen("127.0.0.1", "secret", LONG);
        Peers stranger = Peers.listen("127.0.0.1", "guess", LONG)) {
      List<String> addresses = List.of(one.address(), stranger.address());
      stranger.connect(1, addresses);
      KlifException told = assertThrows(KlifException.class, () -> stranger.gather(new byte[1]));
      assertTrue(told.getMessage().contains("UNAUTHENTICATED"), told.getMessage());
    }
  }
}
