package org.klif.shard;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.klif.KlifException;

/** Exchanges of several "processes" in one Java, which hand over copies as a wire would. */
public final class JoinedExchanges {
  private final float[][] wire;
  private final CyclicBarrier barrier;

  private JoinedExchanges(int shards, int processes) {
    wire = new float[shards][];
    barrier = new CyclicBarrier(processes);
  }

  /** One exchange a process, which has those shards. */
  public static List<Exchange> of(List<List<Integer>> local) {
    int shards = local.stream().mapToInt(List::size).sum();
    JoinedExchanges joined = new JoinedExchanges(shards, local.size());
    return local.stream().map(joined::end).toList();
  }

  private Exchange end(List<Integer> local) {
    return new Exchange() {
      @Override
      public int shards() {
        return wire.length;
      }

      @Override
      public List<Integer> local() {
        return local;
      }

      @Override
      public float[][] allGather(float[][] own) {
        for (int i = 0; i < own.length; i++) {
          wire[local.get(i)] = own[i].clone();
        }
        await();
        float[][] all = Arrays.stream(wire).map(float[]::clone).toArray(float[][]::new);
        await();
        return all;
      }

      private void await() {
        try {
          barrier.await();
        } catch (BrokenBarrierException | InterruptedException e) {
          throw new KlifException("another process is gone", e);
        }
      }

      @Override
      public void close() {
        // broken for good: a reset would miss the process that is still on its way to the barrier
        Thread.currentThread().interrupt();
        try {
          barrier.await();
        } catch (BrokenBarrierException | InterruptedException e) {
          Thread.interrupted();
        }
      }
    };
  }
}
