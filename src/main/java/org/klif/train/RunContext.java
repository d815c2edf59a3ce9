package org.klif.train;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.klif.KlifException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.data.BatchLoader;
import org.klif.data.CatalogueEntry;
import org.klif.data.DataStore;
import org.klif.data.Dataset;
import org.klif.data.DatasetPair;
import org.klif.data.RecordedFrames;
import org.klif.data.SampleShape;
import org.klif.data.cache.CacheNotes;
import org.klif.data.cache.CacheProgress;
import org.klif.device.Device;
import org.klif.device.Devices;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.neuron.file.Trust;
import org.klif.nn.Network;
import org.klif.run.RunFolder;
import org.klif.tensor.ActivationShape;

/** What a configuration names, opened: the device, the network on it, and the data set's entry. */
public final class RunContext implements AutoCloseable {
  private static final int MOST_LOADER_THREADS = 2;

  private final RunConfig config;
  private final DataStore store;
  private final CatalogueEntry entry;
  private final Device device;
  private final Network network;

  private RunContext(
      RunConfig config, DataStore store, CatalogueEntry entry, Device device, Network network) {
    this.config = config;
    this.store = store;
    this.entry = entry;
    this.device = device;
    this.network = network;
  }

  /**
   * Opens the device and makes the network with its first parameters.
   *
   * @param folder where the device keeps its choice of algorithms, when it makes one; need not be
   *     there yet
   * @param trust says which neurons from files may run
   * @throws KlifException when a neuron's file may not run here or has changed since the run was
   *     trained, when there is no such device, or the network does not fit the data set
   */
  public static RunContext open(RunConfig config, RunFolder folder, Trust trust) {
    return open(config, folder, trust, device -> device);
  }

  /**
   * The same with a device around the one that is opened, which it closes.
   *
   * @param wrap makes it
   */
  static RunContext open(
      RunConfig config, RunFolder folder, Trust trust, UnaryOperator<Device> wrap) {
    DataStore store = store(config);
    CatalogueEntry entry = entry(config, store);
    Path algorithms = config.fast() ? folder.algorithms() : null;
    // both ahead of the device, which compiles and loads what a file says
    NeuronLibrary neurons = config.readNeurons(folder.neurons(), trust);
    Checkpoint.requireUnchanged(folder.last(), neurons);
    trust.require(neurons.sources());
    return open(
        config,
        store,
        entry,
        neurons,
        wrap.apply(Devices.open(config.device(), config.deviceOptions(algorithms))));
  }

  /** Without a folder: a choice of algorithms is not kept. */
  public static RunContext open(RunConfig config, Trust trust) {
    DataStore store = store(config);
    CatalogueEntry entry = entry(config, store);
    NeuronLibrary neurons = config.readNeurons(null, trust);
    trust.require(neurons.sources());
    return open(
        config, store, entry, neurons, Devices.open(config.device(), config.deviceOptions(null)));
  }

  /**
   * Recordings of events become as many frames as the network has steps, of the size that the
   * filter and the frame rule leave.
   */
  private static CatalogueEntry entry(RunConfig config, DataStore store) {
    return store.entry(config.data()).withFrames(config.frameRule(), config.events().eventFilter());
  }

  private static DataStore store(RunConfig config) {
    return DataStore.open(
        config.dataFolder().isEmpty()
            ? Optional.empty()
            : Optional.of(Path.of(config.dataFolder())));
  }

  private static RunContext open(
      RunConfig config,
      DataStore store,
      CatalogueEntry entry,
      NeuronLibrary neurons,
      Device device) {
    Network network = null;
    try {
      network =
          Network.create(device, config.networkSpec(), options(config, entry).withNeurons(neurons));
      requireOutputs(config, entry, network);
      // auto is written down as what it took, so that a resumed run takes the same
      return new RunContext(config.withDevice(device.info().name()), store, entry, device, network);
    } catch (RuntimeException | Error e) {
      if (network != null) {
        network.close();
      }
      device.close();
      throw e;
    }
  }

  private static Network.Options options(RunConfig config, CatalogueEntry entry) {
    SampleShape shape = entry.shape();
    if (!shape.isStatic() && shape.steps() != config.steps()) {
      throw new KlifException(
          "%s has %d frames a sample, so T must be %d, not %d"
              .formatted(entry.name(), shape.steps(), shape.steps(), config.steps()));
    }
    return config.networkOptions(config.encoding().shape(shape));
  }

  private static void requireOutputs(RunConfig config, CatalogueEntry entry, Network network) {
    int classes = entry.classNames().size();
    if (network.outputs() != classes) {
      throw new KlifException(
          "the network '%s' has %d outputs, but %s has %d classes"
              .formatted(config.network(), network.outputs(), entry.name(), classes));
    }
  }

  /**
   * Reads the data set with the samples to train on and those to watch meanwhile, which the
   * configuration's split names; the caller closes it.
   *
   * @param notes is told a line now and then while recordings become frames
   */
  public DatasetPair loadData(Consumer<String> notes) {
    return loadData(new CacheNotes(notes));
  }

  /** As {@link #loadData(Consumer)}, with progress of the recordings that become frames. */
  public DatasetPair loadData(CacheProgress progress) {
    DatasetPair whole = load(config.needsRecordings(), progress);
    try {
      return config.holdsOutValidation() ? store.withoutTest(config.data(), whole) : whole;
    } catch (RuntimeException | Error e) {
      whole.close();
      throw e;
    }
  }

  /**
   * Reads the data set with all its training and test samples; the caller closes it.
   *
   * @param notes is told a line now and then while recordings become frames
   */
  public DatasetPair loadWhole(Consumer<String> notes) {
    return loadWhole(new CacheNotes(notes));
  }

  /** As {@link #loadWhole(Consumer)}, with progress of the recordings that become frames. */
  public DatasetPair loadWhole(CacheProgress progress) {
    return load(false, progress);
  }

  private DatasetPair load(boolean recordings, CacheProgress progress) {
    return store.load(
        config.data(), config.frameRule(), config.events().eventFilter(), recordings, progress);
  }

  /**
   * The recordings of a file in the format of the data set, as this run's samples are made.
   *
   * @throws KlifException when it cannot be read, or is no sample of that set
   */
  public List<RecordedFrames> recordings(Path file) {
    return store.recordings(config.data(), config.frameRule(), config.events().eventFilter(), file);
  }

  /** What makes the batches of training from the samples to train on; the caller closes it. */
  public BatchLoader trainingLoader(Dataset train) {
    return trainingLoader(train, 0, 1);
  }

  /** As {@link #trainingLoader(Dataset)}, for one shard's parts of the batches. */
  BatchLoader trainingLoader(Dataset train, int shard, int shards) {
    return new BatchLoader(
        train,
        Math.min(config.batch(), train.size()),
        config.seed(),
        true,
        config.trainingAugmentation(),
        config.mixing(),
        entry.normalisation(),
        config.encoding(),
        Math.max(1, Math.min(MOST_LOADER_THREADS, config.threads())),
        shard,
        shards);
  }

  /** What was opened. */
  public RunConfig config() {
    return config;
  }

  /** What is known of the data set. */
  public CatalogueEntry entry() {
    return entry;
  }

  /** The shape of a sample as the network takes it: encoded. */
  SampleShape inputShape() {
    return sampleInput().encoded();
  }

  /** What becomes of a sample ahead of the network. */
  public SampleInput sampleInput() {
    return new SampleInput(entry.shape(), config.encoding(), entry.normalisation(), config.seed());
  }

  /** The device's kind without its number, as in --device: cpu, cuda. */
  String deviceKind() {
    String name = config.device();
    int colon = name.indexOf(':');
    return colon < 0 ? name : name.substring(0, colon);
  }

  /**
   * Compiles the neurons' files of a run that is not begun.
   *
   * @throws KlifException as the run would
   */
  public static void compileNeurons(RunConfig config, Trust trust) {
    try (RunContext context = open(config, trust)) {
      context.compileNeurons();
    }
  }

  /**
   * Compiles the kernels of neurons from files, or finds them compiled: a mistake in a file is then
   * found ahead of all else.
   *
   * @throws KlifException with file and line, or saying which compiler is missing
   */
  void compileNeurons() {
    ActivationShape one = new ActivationShape(1, false, 1, 1, 1, 1);
    for (Neuron neuron : new LinkedHashSet<>(network.neurons())) {
      if (neuron instanceof Neuron.Custom) {
        device.neuronUnit(new NeuronUnit.Spec(neuron, one, false, null, false)).close();
      }
    }
  }

  /** The files of neurons and surrogates. */
  NeuronLibrary neurons() {
    return network.options().neurons();
  }

  /** The device. */
  public Device device() {
    return device;
  }

  /** The network. */
  public Network network() {
    return network;
  }

  /** Loads the network from a checkpoint; returns the epochs it was trained and what they gave. */
  public Trained load(Path checkpoint) {
    return load(checkpoint, config.steps());
  }

  /**
   * The same for a network that runs another number of steps than it was trained with.
   *
   * @param trainedSteps T of the training, as config.yaml says it
   */
  public Trained load(Path checkpoint, int trainedSteps) {
    RunConfig trained =
        new ConfigTree(config).set("T", Integer.toString(trainedSteps), "T").build();
    TrainState state = Checkpoint.read(checkpoint, trained, network, null);
    return new Trained(state.epoch(), state.bestTestAccuracy(), state.bestEpoch(), state.last());
  }

  @Override
  public void close() {
    try (device) {
      network.close();
    }
  }
}
