package org.klif.train;

import com.google.common.primitives.Ints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.io.AtomicFile;
import org.klif.io.Safetensors;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.StoredTensor;
import org.klif.optim.Optimizer;
import org.klif.run.RunFolder;

/**
 * Reads and writes the checkpoints of a run. A checkpoint is one safetensors file, so that one
 * rename makes it valid: parameters and running statistics under their own names, the optimizer's
 * moments as {@code optimizer.m.NAME} and {@code optimizer.v.NAME}, all in PyTorch's order, and the
 * {@link TrainState} in its metadata, and there the {@link NeuronSources} of neurons from files.
 * With a moving average the network's own names are the average, which whoever reads a checkpoint
 * is to use, and {@code optimizer.trained.NAME} is what training goes on with. {@code last.json} is
 * a readable copy of the state; nothing is read from it. Nothing in a checkpoint depends on time,
 * path, host or the number of interruptions.
 */
public final class Checkpoint {
  private static final String OPTIMIZER = "optimizer.";
  private static final String RUNNING = ".running_";

  /** Writes last.safetensors and last.json. */
  static void writeLast(RunFolder folder, TrainState state, Network network, Optimizer optimizer) {
    optimizer.withAverage(
        () -> {
          List<Safetensors.Entry> entries = entries(network.storedState(), state);
          entries.addAll(entries(optimizer.storedState(), state));
          Safetensors.write(folder.last(), metadata(state, network), entries);
        });
    AtomicFile.write(folder.lastState(), state.toJson() + "\n");
  }

  /** Writes best.safetensors, without the optimizer. */
  static void writeBest(RunFolder folder, TrainState state, Network network) {
    Safetensors.write(
        folder.best(), metadata(state, network), entries(network.storedState(), state));
  }

  private static Map<String, String> metadata(TrainState state, Network network) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(TrainState.KEY, state.toJson());
    NeuronSources.of(network).write(metadata);
    return metadata;
  }

  private static List<Safetensors.Entry> entries(List<StoredTensor> tensors, TrainState state) {
    List<Safetensors.Entry> entries = new ArrayList<>();
    for (StoredTensor tensor : tensors) {
      entries.add(
          new Safetensors.Entry(
              tensor.name(), Ints.asList(tensor.shape()), () -> finite(tensor, state)));
    }
    return entries;
  }

  /** Loss and gradients can be finite where weights or running statistics are not any more. */
  private static float[] finite(StoredTensor tensor, TrainState state) {
    float[] values = tensor.values().get();
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new KlifException(
            "training has diverged: element %d of %s is %s after %d steps; the checkpoint before is kept, and a lower optimizer.learningRate may help"
                .formatted(i, tensor.name(), values[i], state.step()));
      }
    }
    return values;
  }

  /**
   * Loads a network, and its optimizer when given one.
   *
   * @param config what the network was made from
   * @return where the run stood
   * @throws KlifException when the file is damaged, or was trained with another configuration;
   *     nothing is changed then
   */
  static TrainState read(
      Path file, RunConfig config, Network network, @Nullable Optimizer optimizer) {
    if (!Files.exists(file)) {
      throw new KlifException("there is no checkpoint " + file);
    }
    try (Safetensors tensors = Safetensors.open(file)) {
      TrainState state = TrainState.fromJson(file, tensors.metadata().get(TrainState.KEY));
      tensors.requireUnchanged();
      NeuronSources.of(network).requireSame(file, tensors.metadata());
      state.requireTrainedWith(file, config, network.options().neurons(), optimizer != null);
      Map<String, NamedTensor> ofNetwork = new LinkedHashMap<>();
      Map<String, NamedTensor> ofOptimizer = new LinkedHashMap<>();
      for (String name : tensors.names()) {
        boolean moment = name.startsWith(OPTIMIZER);
        if (moment && optimizer == null) {
          continue;
        }
        NamedTensor tensor =
            new NamedTensor(Ints.toArray(tensors.shape(name)), tensors.values(name));
        (moment ? ofOptimizer : ofNetwork).put(name, tensor);
      }
      try {
        network.load(ofNetwork);
        if (optimizer != null) {
          optimizer.load(ofOptimizer, state.step());
        }
      } catch (KlifException e) {
        throw new KlifException(file + ": " + e.getMessage(), e);
      }
      return state;
    }
  }

  /**
   * Refuses neurons from files whose text is another one now, ahead of all that would run it.
   *
   * @param file need not be there yet
   */
  static void requireUnchanged(Path file, NeuronLibrary neurons) {
    if (!neurons.sources().isEmpty() && Files.exists(file)) {
      try (Safetensors tensors = Safetensors.open(file)) {
        NeuronSources.of(neurons).requireUnchanged(file, tensors.metadata());
      }
    }
  }

  /** Number of values that are learned in the network of a checkpoint without optimizer. */
  public static long parameters(Path file) {
    try (Safetensors tensors = Safetensors.open(file)) {
      long parameters = 0;
      for (String name : tensors.names()) {
        if (!name.contains(RUNNING)) {
          parameters += tensors.shape(name).stream().mapToLong(n -> n).reduce(1, (a, b) -> a * b);
        }
      }
      return parameters;
    }
  }

  /**
   * What a run's newest checkpoint says of the training so far.
   *
   * @throws KlifException when there is none, or it is damaged
   */
  public static Trained trained(RunFolder folder) {
    TrainState state = state(folder.last());
    return new Trained(state.epoch(), state.bestTestAccuracy(), state.bestEpoch(), state.last());
  }

  /** Where the run stood that wrote a checkpoint; no tensor is read. */
  static TrainState state(Path file) {
    if (!Files.exists(file)) {
      throw new KlifException("there is no checkpoint " + file);
    }
    try (Safetensors tensors = Safetensors.open(file)) {
      return TrainState.fromJson(file, tensors.metadata().get(TrainState.KEY));
    }
  }

  private Checkpoint() {}
}
