package org.klif.shard;

import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * The shards of this process, each in a thread of its own, in lock-step: at each exchange all wait
 * until the last one has come, which then does the exchange for all of them. When one shard fails,
 * {@link #fail} releases the others wherever they wait.
 */
public final class ShardGroup {
  private final Exchange exchange;
  private final List<Integer> local;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition done = lock.newCondition();
  private final float[][] contributions;
  private float[][] gathered = {};
  private int arrived;
  private long round;
  private @Nullable Throwable failure;

  /** The exchange stays the caller's. */
  public ShardGroup(Exchange exchange) {
    this.exchange = exchange;
    this.local = List.copyOf(exchange.local());
    this.contributions = new float[local.size()][];
    boolean sound = !local.isEmpty();
    for (int i = 0; i < local.size(); i++) {
      int previous = i == 0 ? -1 : local.get(i - 1);
      sound &= local.get(i) > previous && local.get(i) < exchange.shards();
    }
    if (!sound) {
      throw new IllegalArgumentException(
          "shards %s of %d are not ascending".formatted(local, exchange.shards()));
    }
  }

  /** The local shards, ascending. */
  public List<Shard> members() {
    return java.util.stream.IntStream.range(0, local.size())
        .mapToObj(place -> new Shard(this, local.get(place), place, exchange.shards()))
        .toList();
  }

  /** Releases all shards that wait or will wait; the first failure stays. */
  public void fail(Throwable cause) {
    lock.lock();
    try {
      // a shard that was only released tells less than the one that released it
      if (failure == null
          || (failure instanceof ReleasedShard && !(cause instanceof ReleasedShard))) {
        failure = cause;
      }
      done.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What {@link #fail} was told first, or null. */
  public @Nullable Throwable failure() {
    lock.lock();
    try {
      return failure;
    } finally {
      lock.unlock();
    }
  }

  float[][] gather(int place, float[] values) {
    lock.lock();
    try {
      requireSound();
      contributions[place] = values;
      if (++arrived == contributions.length) {
        exchangeAll();
        return gathered;
      }
      long mine = round;
      while (round == mine && failure == null) {
        done.await();
      }
      if (round == mine) {
        requireSound();
      }
      return gathered;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KlifException("interrupted while waiting for the other shards", e);
    } finally {
      lock.unlock();
    }
  }

  /** In the thread that came last; nobody else can go on meanwhile, so the lock may be held. */
  private void exchangeAll() {
    gathered = exchange.allGather(contributions.clone());
    if (gathered.length != exchange.shards()) {
      throw new IllegalStateException(
          "an exchange of %d shards gave %d arrays".formatted(exchange.shards(), gathered.length));
    }
    arrived = 0;
    round++;
    done.signalAll();
  }

  private void requireSound() {
    if (failure != null) {
      throw new ReleasedShard("another shard has failed: " + failure.getMessage());
    }
  }
}
