package org.klif.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.data.Augmentation;
import org.klif.data.Catalogue;
import org.klif.data.CatalogueEntry;
import org.klif.data.Encoding;
import org.klif.data.Mixing;
import org.klif.data.SampleShape;
import org.klif.data.frames.Encoder;
import org.klif.data.frames.FrameRule;
import org.klif.device.DeviceOptions;
import org.klif.device.Loss;
import org.klif.device.Precision;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.neuron.file.Trust;
import org.klif.nn.Initialisation;
import org.klif.nn.Network;
import org.klif.nn.NetworkSpec;
import org.klif.optim.Schedule;

/**
 * Everything a training run is made of: with the same configuration, device and data a run has the
 * same result to the bit. Written to config.yaml, from which the run can be repeated.
 *
 * @param preset what the run started from; only a name
 * @param data name of the data set
 * @param dataFolder the folder with the set's own files, empty for the cache
 * @param network text form of the network, see {@link NetworkSpec#parse}
 * @param macros texts that words of the network stand for, by name
 * @param neuron the neuron that the token sn stands for; null values mean the model's defaults; a
 *     path in a file counts from the file's folder
 * @param steps T, time steps (key T)
 * @param epochs passes over the training samples; the schedule spans them
 * @param batch samples in a training step
 * @param seed of first weights, order, augmentation and dropout
 * @param threads of a CPU device; 0 (all processors) becomes their number when the run starts
 * @param device auto, cpu, cuda, cuda:N
 * @param precision float32, tf32, bf16 or fp16; see {@link Precision}
 * @param fast a device measures algorithms and may take one that is not deterministic
 * @param graph a device may record a step and replay it
 * @param gpuMemory most memory of a GPU, as in 6G; all for no limit
 * @param keepCharged neurons of a GPU keep H, the charged potential, instead of computing it twice
 * @param shards parts that a batch is cut into, each computed by a replica of the network: 1 for
 *     none; with more of them, threads are those of one shard
 * @param syncBatchNorm batch norm takes its statistics over the batches of all shards; else each
 *     shard over its part, and the running statistics are averaged
 * @param loss mse or cross-entropy, on the mean over T of the network's output; tet, on each step's
 * @param labelSmoothing training samples' targets are (1 - labelSmoothing) onehot + labelSmoothing
 *     / classes; evaluation measures the loss without it
 * @param tetLambda share in the loss tet of the mean of (output - neuron.threshold)^2
 * @param firingRate penalty on firing rates, in training
 * @param dropout probability of a dropout token without a number
 * @param initialisation of weights: kaiming-normal, pytorch, xavier-uniform
 * @param augmentation of training samples, see {@link Augmentation#parse}
 * @param mixup of training samples: alpha of the weights' distribution, 0 for none; see {@link
 *     Mixing}
 * @param cutmix likewise
 * @param encoder what images become: direct, poisson, latency or columns, see {@link Encoder};
 *     recordings of events are frames already and take direct only
 * @param frames how recordings of events become T frames: count, time, duration(microseconds),
 *     voxel or surface(microseconds), and resize(side) behind it, see {@link FrameRule}; of no
 *     meaning for images
 * @param events filter and augmentation of recordings of events
 * @param split test: train on all training samples and watch the test samples (protocol A);
 *     validation: hold out the committed part of the training samples and watch that (protocol B)
 * @param optimizer rule and rates
 * @param schedule how the learning rate changes, see {@link Schedule#parse}
 */
public record RunConfig(
    String preset,
    String data,
    String dataFolder,
    String network,
    Map<String, String> macros,
    NeuronOptions neuron,
    @JsonProperty("T") int steps,
    int epochs,
    int batch,
    long seed,
    int threads,
    String device,
    String precision,
    boolean fast,
    boolean graph,
    String gpuMemory,
    boolean keepCharged,
    int shards,
    boolean syncBatchNorm,
    String loss,
    double labelSmoothing,
    double tetLambda,
    FiringRateConfig firingRate,
    double dropout,
    String initialisation,
    String augmentation,
    double mixup,
    double cutmix,
    String encoder,
    String frames,
    EventConfig events,
    String split,
    OptimizerConfig optimizer,
    String schedule) {

  private static final String TEST = "test";
  private static final String VALIDATION = "validation";
  private static final Pattern FRAMES =
      Pattern.compile("\\s*([a-z]+)\\s*(?:\\(\\s*([0-9]+)\\s*\\))?(\\s+[a-z].*|\\s*)");
  private static final int MOST_STEPS = 10_000;

  /** What a preset or a file does not say. */
  static final RunConfig DEFAULTS =
      new RunConfig(
          "custom",
          "digits",
          "",
          "c32k3 bn sn mp2 | fc100 bn sn | vote10",
          Map.of(),
          NeuronOptions.of("klif"),
          4,
          10,
          64,
          1,
          0,
          "auto",
          "float32",
          false,
          true,
          "all",
          false,
          1,
          true,
          "mse",
          0,
          Loss.Objective.LAMBDA,
          FiringRateConfig.OFF,
          0.5,
          "kaiming-normal",
          "none",
          0,
          0,
          "direct",
          "count",
          EventConfig.NONE,
          TEST,
          OptimizerConfig.ADAM,
          "cosine");

  /** Checks all that can be checked without looking at any file. */
  public RunConfig {
    InvalidSetting.requireText("preset", preset);
    InvalidSetting.requireText("data", data);
    CatalogueEntry entry = InvalidSetting.read("data", () -> Catalogue.load().entry(data));
    dataFolder = dataFolder == null ? "" : dataFolder;
    InvalidSetting.requirePath("dataFolder", dataFolder);
    InvalidSetting.requireText("network", network);
    macros = macros == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(macros));
    new NeuronConfig(neuron, network, macros).require();
    InvalidSetting.requireAtLeast(1, "T", steps);
    InvalidSetting.require(steps <= MOST_STEPS, "T", "must be at most 10000, not " + steps);
    InvalidSetting.requireAtLeast(1, "epochs", epochs);
    InvalidSetting.requireAtLeast(1, "batch", batch);
    requireThreads(threads);
    InvalidSetting.requireText("device", device);
    InvalidSetting.requireText("precision", precision);
    InvalidSetting.choice("precision", precision, Precision.values());
    InvalidSetting.requireText("gpuMemory", gpuMemory);
    InvalidSetting.read("gpuMemory", () -> DeviceOptions.parseMemory(gpuMemory));
    requireShards(shards, batch, fast);
    InvalidSetting.requireText("loss", loss);
    InvalidSetting.choice("loss", loss, Loss.Kind.values());
    InvalidSetting.requireFraction("labelSmoothing", labelSmoothing);
    InvalidSetting.requireFraction("tetLambda", tetLambda);
    InvalidSetting.require(firingRate != null, "firingRate", "is missing");
    InvalidSetting.requireFraction("dropout", dropout);
    InvalidSetting.requireText("initialisation", initialisation);
    InvalidSetting.choice("initialisation", initialisation, Initialisation.values());
    InvalidSetting.requireText("augmentation", augmentation);
    InvalidSetting.read("augmentation", () -> Augmentation.parse(augmentation));
    requireAlpha("mixup", mixup);
    requireAlpha("cutmix", cutmix);
    requireEncoder(encoder, entry, steps);
    InvalidSetting.requireText("frames", frames);
    frameRule(frames, steps);
    InvalidSetting.require(events != null, "events", "is missing");
    if (entry.shape().isStatic()) {
      events.requireNothingFor(entry.name());
    } else if (entry.shape().channels() == 1) {
      events.requireOnePolarity(entry.name());
    }
    InvalidSetting.read(
        "frames", () -> entry.withFrames(frameRule(frames, steps), events.eventFilter()));
    InvalidSetting.requireText("split", split);
    InvalidSetting.require(
        split.equals(TEST) || split.equals(VALIDATION),
        "split",
        "must be test or validation, not " + split);
    InvalidSetting.require(optimizer != null, "optimizer", "is missing");
    InvalidSetting.requireText("schedule", schedule);
    InvalidSetting.read("schedule", () -> Schedule.parse(schedule, epochs));
  }

  private static void requireAlpha(String key, double alpha) {
    InvalidSetting.require(
        alpha >= 0 && alpha <= Mixing.LARGEST,
        key,
        "must be a number from 0 (none) to %.0f, not %s".formatted(Mixing.LARGEST, alpha));
  }

  private static void requireEncoder(String text, CatalogueEntry entry, int steps) {
    InvalidSetting.requireText("encoder", text);
    Encoder encoder = InvalidSetting.choice("encoder", text, Encoder.values());
    InvalidSetting.require(
        encoder == Encoder.DIRECT || entry.shape().isStatic(),
        "encoder",
        "must be direct for %s, whose samples are frames of events already, not %s"
            .formatted(entry.name(), text));
    InvalidSetting.require(
        encoder != Encoder.LATENCY || steps > 1,
        "encoder",
        "latency needs T of at least 2: with one step all pixels spike alike");
    InvalidSetting.require(
        encoder != Encoder.COLUMNS || steps == entry.shape().width(),
        "encoder",
        "columns gives each of an image's %d columns to one time step, so T must be %d, not %d"
            .formatted(entry.shape().width(), entry.shape().width(), steps));
  }

  NeuronConfig neurons() {
    return new NeuronConfig(neuron, network, macros);
  }

  /** The network, read. */
  public NetworkSpec networkSpec() {
    return neurons().spec();
  }

  /**
   * Reads the files of neurons and of a surrogate that this names.
   *
   * @param copies a run's own copies, see {@link NeuronLibrary#read}
   * @param trust says which of them may run
   * @throws KlifException with file and line when a declaration is wrong
   */
  public NeuronLibrary readNeurons(@Nullable Path copies, Trust trust) {
    return neurons().read(copies, trust);
  }

  /** Whether this names a neuron's or surrogate's file. */
  public boolean namesNeuronFiles() {
    return neurons().namesFiles();
  }

  /** With each path of a neuron's or surrogate's file changed. */
  public RunConfig withNeuronFiles(UnaryOperator<String> change) {
    if (!namesNeuronFiles()) {
      return this;
    }
    UnaryOperator<String> name = text -> NeuronSource.isFile(text) ? change.apply(text) : text;
    String curve = neuron.surrogate();
    return with(
        neuron
            .withModel(name.apply(neuron.model()))
            .withSurrogate(curve == null ? null : name.apply(curve)),
        NetworkSpec.withFiles(network, change),
        dataFolder,
        threads,
        device,
        this);
  }

  /**
   * With these paths absolute, to be written into a file elsewhere, whose folder they count from.
   */
  public RunConfig withAbsoluteNeuronFiles() {
    return withNeuronFiles(file -> Path.of(file).toAbsolutePath().normalize().toString());
  }

  /**
   * With all that files say written out: values, and each path replaced by what is in the file, so
   * that a run's copy and its original are the same. A file that is not there stays a path.
   */
  public RunConfig withNeuronContents() {
    RunConfig written = this;
    try {
      written = withValues(readNeurons(null, Trust.SHIPPED));
    } catch (KlifException e) {
      // whoever opens it says so
    }
    return written.withNeuronFiles(NeuronConfig::content);
  }

  /** With the constants and first values that the network's neurons from files have. */
  public RunConfig withValues(NeuronLibrary library) {
    NeuronOptions written = neurons().withValues(library);
    return written.equals(neuron)
        ? this
        : with(written, network, dataFolder, threads, device, this);
  }

  private static void requireThreads(int threads) {
    InvalidSetting.require(
        threads >= 0 && threads <= 1024,
        "threads",
        "must be between 0 (all processors) and 1024, not " + threads);
  }

  private static void requireShards(int shards, int batch, boolean fast) {
    InvalidSetting.requireAtLeast(1, "shards", shards);
    InvalidSetting.require(
        shards <= batch,
        "shards",
        "must be at most the batch of %d samples, not %d".formatted(batch, shards));
    InvalidSetting.require(
        shards == 1 || !fast,
        "shards",
        "exclude fast: each shard would measure and choose algorithms of its own");
  }

  /** All changes of training samples; those of recordings come first. */
  public Augmentation trainingAugmentation() {
    Augmentation ofImages = Augmentation.parse(augmentation);
    Augmentation ofEvents = events.change(frameRule());
    return ofEvents.isNone() ? ofImages : new Augmentation.Chain(List.of(ofEvents, ofImages));
  }

  /** What images become ahead of the network. */
  public Encoding encoding() {
    return new Encoding(InvalidSetting.choice("encoder", encoder, Encoder.values()), steps);
  }

  /** How recordings of events become frames. */
  public FrameRule frameRule() {
    return frameRule(frames, steps);
  }

  /** True when training changes events each time it reads them, not their frames. */
  public boolean needsRecordings() {
    return events.needsRecordings(frameRule());
  }

  /** The rule's own text form has T as its first number; here T is a key of its own. */
  private static FrameRule frameRule(String text, int steps) {
    Matcher matcher = FRAMES.matcher(text);
    if (!matcher.matches()) {
      throw new InvalidSetting(
          "frames",
          "is not understood: \"%s\"; as in count, duration(50000) or count resize(48)"
              .formatted(text));
    }
    String more = matcher.group(2) == null ? "" : "," + matcher.group(2);
    return InvalidSetting.read(
        "frames", () -> FrameRule.parse(matcher.replaceFirst("$1(" + steps + more + ")$3")));
  }

  /** True for protocol B: a part of the training samples is held out and watched. */
  public boolean holdsOutValidation() {
    return split.equals(VALIDATION);
  }

  /** The loss of training as the device knows it. */
  public Loss.Objective objective() {
    return new Loss.Objective(
        InvalidSetting.choice("loss", loss, Loss.Kind.values()),
        labelSmoothing,
        tetLambda,
        neuron.complete().threshold(),
        !mixing().isNone());
  }

  /** How training samples are mixed. */
  public Mixing mixing() {
    return new Mixing(mixup, cutmix);
  }

  /**
   * What the network is made with, besides neurons from files.
   *
   * @param input a sample as the network takes it: encoded
   */
  public Network.Options networkOptions(SampleShape input) {
    return Network.Options.of(steps, input.channels(), input.height(), input.width())
        .withConstantInput(input.isStatic())
        .withNeuron(neuron)
        .withInitialisation(initialisationKind())
        .withDropout(dropout)
        .withRatePenalty(firingRate.objective())
        .withSeed(seed);
  }

  /** The initialisation as the network knows it. */
  public Initialisation initialisationKind() {
    return InvalidSetting.choice("initialisation", initialisation, Initialisation.values());
  }

  /**
   * How the device is opened.
   *
   * @param algorithmFile where the choice of {@link #fast} is kept, or null
   */
  public DeviceOptions deviceOptions(@Nullable Path algorithmFile) {
    return new DeviceOptions(
        threads,
        Precision.parse(precision),
        fast,
        graph,
        DeviceOptions.parseMemory(gpuMemory),
        algorithmFile,
        keepCharged,
        0);
  }

  /**
   * With every value of the neuron written out that can be known without looking at a file. Whether
   * the reset is detached stays open when the network names models of its own: their defaults
   * differ.
   */
  public RunConfig complete() {
    return complete(threads);
  }

  /** The same with another number of threads. */
  public RunConfig complete(int number) {
    return with(neurons().complete(), network, dataFolder, number, device, this);
  }

  /**
   * With what runs change of a configuration.
   *
   * @param opened how the device is opened is taken from it
   */
  private RunConfig with(
      NeuronOptions newNeuron,
      String newNetwork,
      String newFolder,
      int newThreads,
      String newDevice,
      RunConfig opened) {
    return new RunConfig(
        preset,
        data,
        newFolder,
        newNetwork,
        macros,
        newNeuron,
        steps,
        epochs,
        batch,
        seed,
        newThreads,
        newDevice,
        opened.precision,
        opened.fast,
        opened.graph,
        opened.gpuMemory,
        opened.keepCharged,
        shards,
        syncBatchNorm,
        loss,
        labelSmoothing,
        tetLambda,
        firingRate,
        dropout,
        initialisation,
        augmentation,
        mixup,
        cutmix,
        encoder,
        frames,
        events,
        split,
        optimizer,
        schedule);
  }

  /** With another number of threads. */
  public RunConfig withThreads(int number) {
    return with(neuron, network, dataFolder, number, device, this);
  }

  /** With another device. */
  public RunConfig withDevice(String name) {
    return name.equals(device) ? this : with(neuron, network, dataFolder, threads, name, this);
  }

  /** On another device, opened with its defaults: what was chosen for one may not be on another. */
  public RunConfig onDevice(String name) {
    return with(neuron, network, dataFolder, threads, name, DEFAULTS);
  }

  /** With the data's folder. */
  public RunConfig withDataFolder(String folder) {
    return with(neuron, network, folder, threads, device, this);
  }
}
