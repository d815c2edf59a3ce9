package org.klif.train;

import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.data.DatasetPair;
import org.klif.device.DeviceProvider;
import org.klif.device.Devices;
import org.klif.neuron.file.Trust;
import org.klif.profile.Profiler;
import org.klif.run.RunFolder;
import org.klif.run.RunLog;
import org.klif.shard.Exchange;
import org.klif.shard.LocalExchange;
import org.klif.shard.Shard;
import org.klif.shard.ShardGroup;

/**
 * Data-parallel training: each batch is cut into as many parts as the configuration has shards, and
 * each shard computes its part with a device, network and optimizer of its own, in lock-step with
 * the others (docs/PARALLEL.md). Which process computes which shard changes no bit of any file.
 */
public final class ShardedTraining {
  private static final String AUTO = "auto";

  /** All shards in this process: starts, or goes on. */
  static TrainResult run(
      RunConfig config,
      RunFolder folder,
      Trust trust,
      TrainListener listener,
      StopRule stop,
      @Nullable Profiler profiler) {
    try (Exchange exchange = new LocalExchange(config.shards())) {
      return run(config, folder, exchange, trust, listener, stop, profiler).orElseThrow();
    }
  }

  /**
   * Computes this process's shards of a run, from its newest checkpoint or, where the folder has
   * none, from the first step. All processes call it with the same configuration; it returns when
   * the run is complete or stopped.
   *
   * <p>Only the process with shard 0 writes into the folder. The others read the data and, when the
   * run goes on, the checkpoint, so both must be on a file system that all see under the same path.
   * When a process fails, its exchange must make the others' exchanges fail; all are then started
   * again in the same way and go on from the checkpoint.
   *
   * @param config as many shards as the exchange has
   * @param folder holds this run, or nothing
   * @param exchange which shards this process computes; the caller closes it, and at once after a
   *     failure
   * @param trust says which neurons from files may run
   * @param listener is told of the run in the process that has shard 0
   * @param stop asked after each step; when true in any process, all stop with a checkpoint
   * @return what the run came to, in the process that has shard 0
   * @throws KlifException the first failure of a shard of this process
   */
  public static Optional<TrainResult> run(
      RunConfig config,
      RunFolder folder,
      Exchange exchange,
      Trust trust,
      TrainListener listener,
      BooleanSupplier stop) {
    return run(config, folder, exchange, trust, listener, StopRule.when(stop), null);
  }

  private static Optional<TrainResult> run(
      RunConfig config,
      RunFolder folder,
      Exchange exchange,
      Trust trust,
      TrainListener listener,
      StopRule stop,
      @Nullable Profiler profiler) {
    if (config.shards() != exchange.shards()) {
      throw new KlifException(
          "the configuration has %d shards, the exchange %d"
              .formatted(config.shards(), exchange.shards()));
    }
    ShardGroup group = new ShardGroup(exchange);
    List<Shard> members = group.members();
    RunConfig complete = config.complete(threads(config, members.size()));
    Shard first = members.get(0);
    try (RunContext context = open(complete, folder, trust, first, profiler);
        DatasetPair data = context.loadData(first.isLead() ? listener::note : line -> {})) {
      TrainResult result = null;
      List<Replica> others =
          members.stream()
              .skip(1)
              .map(shard -> new Replica(group, shard, complete, folder, trust, data))
              .toList();
      try {
        others.forEach(Thread::start);
        result =
            first.isLead()
                ? lead(context, data, folder, first, config.device(), listener, stop, profiler)
                : follow(context, data, folder, first, stop.requested());
      } catch (RuntimeException | Error e) {
        group.fail(e);
      } finally {
        // the data may be closed only when nobody reads it any more
        others.forEach(Replica::await);
      }
      requireNoFailure(group);
      return first.isLead() ? Optional.ofNullable(result) : Optional.empty();
    }
  }

  private static void requireNoFailure(ShardGroup group) {
    Throwable cause = group.failure();
    if (cause instanceof Error error) {
      throw error;
    }
    if (cause != null) {
      throw cause instanceof RuntimeException known ? known : new IllegalStateException(cause);
    }
  }

  /** A shard in a thread of its own. */
  private static final class Replica extends Thread {
    private final ShardGroup group;
    private final Shard shard;
    private final RunConfig config;
    private final RunFolder folder;
    private final Trust trust;
    private final DatasetPair data;

    Replica(
        ShardGroup group,
        Shard shard,
        RunConfig config,
        RunFolder folder,
        Trust trust,
        DatasetPair data) {
      super("klif-shard-" + shard.index());
      setDaemon(true);
      this.group = group;
      this.shard = shard;
      this.config = config;
      this.folder = folder;
      this.trust = trust;
      this.data = data;
    }

    @Override
    public void run() {
      try (RunContext context = open(config, folder, trust, shard, null)) {
        follow(context, data, folder, shard, () -> false);
      } catch (RuntimeException | Error e) {
        group.fail(e);
      }
    }

    void await() {
      boolean interrupted = false;
      while (isAlive()) {
        try {
          join();
        } catch (InterruptedException e) {
          // the others are released by the failure that this interrupt caused in the first shard
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RunContext open(
      RunConfig config, RunFolder folder, Trust trust, Shard shard, @Nullable Profiler profiler) {
    return RunContext.open(
        config.withDevice(device(config.device(), shard.place())),
        folder,
        trust,
        TrainingRuns.wrap(profiler));
  }

  /** The shards of a process share out its GPUs, unless one is named. */
  private static String device(String name, int place) {
    for (DeviceProvider provider : Devices.providers()) {
      if (provider.name().equals(name)) {
        int here = provider.describe().size();
        return here > 1 ? name + ":" + place % here : name;
      }
    }
    return name;
  }

  private static int threads(RunConfig config, int local) {
    return config.threads() > 0
        ? config.threads()
        : Math.max(1, Runtime.getRuntime().availableProcessors() / local);
  }

  /** Shard 0: writes the files, and decides whether the run goes on or starts. */
  private static TrainResult lead(
      RunContext context,
      DatasetPair data,
      RunFolder folder,
      Shard shard,
      String device,
      TrainListener listener,
      StopRule stop,
      @Nullable Profiler profiler) {
    boolean resumed = shard.any(Files.exists(folder.last()));
    if (resumed) {
      try (RunLog log = RunLog.open(folder)) {
        return TrainingRuns.run(context, data, folder, log, true, listener, stop, profiler, shard);
      }
    }
    return folder.start(
        context.config().withDevice(device.equals(AUTO) ? context.deviceKind() : device),
        context.neurons(),
        log ->
            TrainingRuns.run(context, data, folder, log, false, listener, stop, profiler, shard));
  }

  private static TrainResult follow(
      RunContext context, DatasetPair data, RunFolder folder, Shard shard, BooleanSupplier stop) {
    boolean resumed = shard.any(false);
    RunFiles files = new RunFiles(folder, false);
    try (Trainer trainer = new Trainer(context, data, files, TrainListener.NONE, stop, shard)) {
      if (resumed) {
        trainer.resume();
      }
      TrainResult result = trainer.train(Integer.MAX_VALUE);
      if (!result.interrupted()) {
        trainer.writeTrace();
      }
      return result;
    }
  }

  private ShardedTraining() {}
}
