package org.klif.train;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.data.BatchLoader;
import org.klif.data.DatasetPair;
import org.klif.device.BufferScope;
import org.klif.device.OptimizerStep;
import org.klif.device.Probe;
import org.klif.nn.Network;
import org.klif.nn.NeuronLayer;
import org.klif.nn.Parameter;
import org.klif.nn.StepReadback;
import org.klif.optim.Optimizer;
import org.klif.optim.Schedule;
import org.klif.profile.PeakMemory;
import org.klif.profile.Profiler;
import org.klif.run.RunFolder;
import org.klif.shard.ReleasedShard;
import org.klif.shard.Shard;

/**
 * Trains one network in one run folder: epochs of forward, loss, backward and update, each followed
 * by a test, a checkpoint and a line of metrics.csv. The same configuration gives the same bits,
 * however often the run was interrupted and resumed.
 */
final class Trainer implements AutoCloseable {
  /** A step of training, in a profile. */
  private static final String STEP = "training step";

  /** Column of metrics.csv: the penalty on firing rates, where there is one. */
  private static final String RATE_PENALTY = "ratePenalty";

  private final RunContext context;
  private final RunConfig config;
  private final DatasetPair data;
  private final RunFiles files;
  private final TrainListener listener;
  private final BooleanSupplier stop;
  private final @Nullable Sharding sharding;
  private final Network network;
  private final Probe probe;
  private final Schedule schedule;
  private final BufferScope scope;
  private final Optimizer optimizer;
  private final BatchSteps runs;
  private final BatchLoader loader;
  private final Evaluator evaluator;
  private final ActivityWatch watch;
  private TrainState state;
  private Evaluation lastEvaluation;

  /** Steps that are started ahead of reading what one came to. */
  private int late;

  /**
   * One of several shards, or the only one.
   *
   * @param shard who this is; null: the whole batch is computed here
   */
  Trainer(
      RunContext context,
      DatasetPair data,
      RunFiles files,
      TrainListener listener,
      BooleanSupplier stop,
      @Nullable Shard shard) {
    this.context = context;
    this.config = context.config();
    this.data = data;
    this.files = files;
    this.listener = listener;
    this.stop = stop;
    this.network = context.network();
    this.sharding = shard == null ? null : new Sharding(config, network, shard);
    this.probe = context.device().probe();
    this.schedule = Schedule.parse(config.schedule(), config.epochs());
    this.scope = new BufferScope(context.device());
    try {
      this.optimizer = scope.own(new Optimizer(network, config.optimizer().options()));
      this.runs =
          scope.own(
              BatchSteps.create(
                  network,
                  config.objective(),
                  data.train().size(),
                  config.batch(),
                  optimizer,
                  sharding));
      this.loader =
          scope.own(
              context.trainingLoader(
                  data.train(),
                  shard == null ? 0 : shard.index(),
                  shard == null ? 1 : shard.count()));
      this.evaluator =
          scope.own(new Evaluator(config, context.entry(), network, data.test(), shard));
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
    this.watch =
        new ActivityWatch(neuronLayers(), network.options().initialisation(), listener::warn);
    this.state = TrainState.start(config, context.neurons());
    // shards wait for each other in the middle of each step
    this.late = sharding == null ? context.device().stepsAhead() : 0;
  }

  /** Writes the checkpoint ahead of the first step. */
  void writeFirstCheckpoint() {
    files.last(state, network, optimizer);
  }

  /** Goes back to the newest checkpoint. */
  void resume() {
    RunFolder folder = files.folder();
    state = Checkpoint.read(folder.last(), config, network, optimizer);
    int batches = loader.batchesPerEpoch();
    if (state.epoch() > config.epochs()) {
      throw new KlifException(
          "%s has %d epochs behind it, but %s has only %d"
              .formatted(folder.last(), state.epoch(), folder.config(), config.epochs()));
    }
    if (state.seed() != config.seed()
        || state.batch() > batches
        || state.step() != (long) state.epoch() * batches + state.batch()) {
      throw new KlifException(
          "%s does not belong to %s: seed, batch size or data differ"
              .formatted(folder.last(), folder.config()));
    }
  }

  /** Epochs that are complete. */
  TrainState state() {
    return state;
  }

  /** Tells a profiler how many steps are to come. */
  void announce(Profiler profiler, int lastEpoch) {
    int epochs = Math.max(0, Math.min(lastEpoch, config.epochs()) - state.epoch());
    long steps = (long) epochs * loader.batchesPerEpoch() - state.batch();
    profiler.expect(STEP, Math.max(0, steps));
    profiler.expect(Evaluator.STEP, (long) epochs * evaluator.batches());
  }

  /**
   * Trains up to an epoch, or until it is stopped; a checkpoint is written either way.
   *
   * @param lastEpoch where to stop as an interruption would, when the run has more epochs; of
   *     several shards one may know
   */
  TrainResult train(int lastEpoch) {
    files.openTable(columns(), state);
    requireSameReplicas();
    boolean stopped = false;
    while (!stopped && state.epoch() < config.epochs()) {
      stopped = agreed(state.epoch() >= lastEpoch || stop.getAsBoolean()) || !epochOrAgain();
    }
    return new TrainResult(
        files.folder(),
        state.epoch() < config.epochs(),
        state.epoch(),
        state.last(),
        state.bestTestAccuracy(),
        state.bestEpoch(),
        files.median("seconds"),
        files.median("imagesPerSecond"),
        PeakMemory.bytes());
  }

  /** What was not finite was read when the next step had overwritten where it began. */
  private static final class Overwritten extends RuntimeException {
    private static final long serialVersionUID = 1;

    Overwritten(String message) {
      super(message, null, false, false);
    }
  }

  /** As {@link #epoch}; what cannot be told any more is seen again, to the same bits. */
  private boolean epochOrAgain() {
    try {
      return epoch();
    } catch (Overwritten e) {
      listener.warn(
          e.getMessage()
              + "; the steps since the last checkpoint are repeated, to see where it began");
      late = 0;
      watch.forget();
      resume();
      return true;
    }
  }

  /** Trains, tests and saves one epoch, or what is left of it; false when it was stopped. */
  private boolean epoch() {
    int number = state.epoch() + 1;
    boolean whole = state.batch() == 0;
    TrainListener.Progress progress = null;
    long firstSample = state.sums().samples();
    long begin = System.nanoTime();
    probe.beginSection("training");
    try (BatchPrefetcher feed =
        new BatchPrefetcher(loader.epoch(number, state.batch()), runs, probe, late)) {
      boolean stopped = false;
      while (!stopped && feed.hasNext()) {
        probe.beginStep(STEP);
        start(feed);
        while (feed.due()) {
          finish(number, feed);
          progress = progress(number, firstSample, begin);
          listener.step(progress);
        }
        probe.endStep();
        stopped = agreed(stop.getAsBoolean());
      }
      if (stopped) {
        while (feed.atWork() > 0) {
          finish(number, feed);
        }
        files.last(state, network, optimizer);
        return false;
      }
    }
    probe.endSection();
    double seconds = (System.nanoTime() - begin) * 1e-9;
    double perSecond = (state.sums().samples() - firstSample) / seconds;
    requireSameReplicas();
    watch.epoch(number);
    Optional<EpochResult> tested = optimizer.withAverage(() -> test(number));
    if (tested.isEmpty()) {
      files.last(state, network, optimizer);
      return false;
    }
    EpochResult result = tested.get();
    files.append(result, whole ? seconds : Double.NaN, whole ? perSecond : Double.NaN);
    listener.epoch(
        progress == null ? progress(number, firstSample, begin) : progress,
        result,
        state.bestEpoch() == number);
    return true;
  }

  /** Ends an epoch: tests and saves the network; nothing when the test was stopped. */
  private Optional<EpochResult> test(int number) {
    probe.beginSection("evaluation");
    Optional<Evaluation> evaluation = evaluator.run(stop);
    probe.endSection();
    if (evaluation.isEmpty()) {
      return Optional.empty();
    }
    lastEvaluation = evaluation.get();
    EpochResult result = result(number, lastEvaluation);
    requireFinite(result);
    state = state.afterEpoch(result);
    probe.beginSection("checkpoint");
    if (state.bestEpoch() == number) {
      files.best(state, network);
    }
    files.last(state, network, optimizer);
    probe.endSection();
    return Optional.of(result);
  }

  /** Small uploads, then one captured work; the next batch goes up meanwhile. */
  private void start(BatchPrefetcher feed) {
    probe.begin(Probe.Kind.PHASE, "upload");
    long step = state.step() + feed.atWork();
    network.beginStep(step);
    optimizer.upload(rate(step));
    probe.end();
    feed.start();
  }

  /** Reads what the oldest step at work came to: the state is then that after it. */
  private void finish(int epoch, BatchPrefetcher feed) {
    BatchPrefetcher.Started batch = feed.finish();
    StepReadback readings = network.readings();
    if (sharding != null) {
      sharding.exchange().join(readings);
    }
    double loss = readings.lossValue();
    if (!Double.isFinite(loss)) {
      requireNotOverwritten(feed, "the loss is %s".formatted(loss), epoch);
      throw lossNotFinite(batch.run(), loss, epoch);
    }
    watch.step(state.step() + 1, readings);
    double norm = readings.norm();
    if (!Double.isFinite(norm)) {
      if (readings.scale() <= OptimizerStep.SMALLEST_SCALE) {
        requireNotOverwritten(feed, "the gradient is not finite", epoch);
        throw gradientNotFinite(epoch);
      }
      norm = 0; // loss scaling has skipped this step and goes on with a smaller scale
    }
    TrainState.Sums sums =
        state
            .sums()
            .plus(batch.run().whole(), loss, readings.correct(), norm, readings.penaltyValue());
    if (state.batch() + 1 == loader.batchesPerEpoch()) {
      // kept with the state: when the test that follows is interrupted, the gradients are gone
      sums = sums.withLayerNorms(GradientNorms.of(network, readings));
    }
    state = state.afterStep(sums);
  }

  private void requireNotOverwritten(BatchPrefetcher feed, String what, int epoch) {
    if (feed.atWork() > 0) {
      throw new Overwritten("%s at %s".formatted(what, where(epoch)));
    }
  }

  /** All shards stop together, after the same step. */
  private boolean agreed(boolean wanted) {
    return sharding == null ? wanted : sharding.shard().any(wanted);
  }

  private void requireSameReplicas() {
    if (sharding != null) {
      sharding.requireSameReplicas(network, state);
    }
  }

  /** The shard whose own part it came from knows best. */
  private KlifException lossNotFinite(BatchStep run, double loss, int epoch) {
    if (sharding != null && Float.isFinite(sharding.exchange().ownLoss())) {
      return new ReleasedShard(
          "the loss is %s at %s, in another shard's part of the batch"
              .formatted(loss, where(epoch)));
    }
    return run.notFinite(loss, where(epoch));
  }

  private double rate(long step) {
    double done = (double) step / loader.batchesPerEpoch();
    return schedule.rate(config.optimizer().learningRate(), done);
  }

  private String where(int epoch) {
    return "epoch %d, step %d of %d (learning rate %.3g)"
        .formatted(epoch, state.batch() + 1, loader.batchesPerEpoch(), rate(state.step()));
  }

  /** Backward goes from the last layer to the first, so the last parameter shows where it began. */
  private KlifException gradientNotFinite(int epoch) {
    List<Parameter> parameters = network.parameters();
    String place = "the sum of all squares";
    for (int i = parameters.size() - 1; i >= 0; i--) {
      for (float value : parameters.get(i).gradients()) {
        if (!Float.isFinite(value)) {
          place = parameters.get(i).name();
        }
      }
      if (place.equals(parameters.get(i).name())) {
        break;
      }
    }
    return new KlifException(
        "the gradient is not finite at %s: it first appeared in %s; a lower"
                .formatted(where(epoch), place)
            + " optimizer.learningRate may help");
  }

  private static void requireFinite(EpochResult result) {
    if (!Double.isFinite(result.testLoss())) {
      throw new KlifException(
          "the loss on the test samples is %s after epoch %d; a lower optimizer.learningRate may help"
              .formatted(result.testLoss(), result.epoch()));
    }
  }

  private EpochResult result(int number, Evaluation evaluation) {
    int batches = loader.batchesPerEpoch();
    Map<String, Double> layers =
        new HashMap<>(NeuronColumns.values(neuronLayers(), evaluation.rates()));
    layers.putAll(state.sums().layerNorms());
    if (penalised()) {
      layers.put(RATE_PENALTY, state.sums().ratePenalty() / batches);
    }
    return new EpochResult(
        number,
        state.sums().meanLoss(),
        state.sums().accuracy(),
        evaluation.loss(),
        evaluation.accuracy(),
        rate((number - 1L) * batches),
        state.sums().gradientNorm() / batches,
        layers);
  }

  private TrainListener.Progress progress(int epoch, long firstSample, long begin) {
    double seconds = (System.nanoTime() - begin) * 1e-9;
    double perSecond = (state.sums().samples() - firstSample) / seconds;
    long left = (long) (config.epochs() - epoch + 1) * data.train().size() - state.sums().samples();
    return new TrainListener.Progress(
        epoch,
        config.epochs(),
        state.batch(),
        loader.batchesPerEpoch(),
        state.sums().meanLoss(),
        state.sums().accuracy(),
        perSecond,
        left / perSecond);
  }

  private List<String> columns() {
    List<String> columns = new ArrayList<>(NeuronColumns.all(neuronLayers()));
    columns.addAll(GradientNorms.columns(network));
    if (penalised()) {
      columns.add(RATE_PENALTY);
    }
    return columns;
  }

  private boolean penalised() {
    return !network.options().penalty().isNone();
  }

  private List<NeuronLayer> neuronLayers() {
    return runs.full().plan().neuronLayers();
  }

  /** Writes trace.json: what the network, as it is now, does with the test samples. */
  void writeTrace() {
    optimizer.withAverage(
        () -> {
          if (lastEvaluation == null) {
            lastEvaluation = evaluator.run();
          }
          if (files.writes()) {
            files.trace(
                new TraceRecorder(context, data.test(), runs.full().plan())
                    .record(lastEvaluation.confusion()));
          }
        });
  }

  @Override
  public void close() {
    scope.close();
  }
}
