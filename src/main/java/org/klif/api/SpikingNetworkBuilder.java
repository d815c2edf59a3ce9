package org.klif.api;

import java.util.Set;
import org.klif.config.ConfigTree;
import org.klif.data.Normalisation;
import org.klif.data.SampleShape;

/** Describes a network; {@link SpikingNetwork#builder} begins one. */
public final class SpikingNetworkBuilder {
  /** What describes a run and not a network. */
  private static final Set<String> OF_RUNS =
      Set.of(
          "preset",
          "data",
          "dataFolder",
          "epochs",
          "batch",
          "augmentation",
          "mixup",
          "cutmix",
          "encoder",
          "frames",
          "split",
          "schedule",
          "shards",
          "syncBatchNorm");

  private final ConfigTree tree = ConfigTree.defaults();
  private Normalisation normalisation = Normalisation.NONE;
  private int steps = 4;
  private int[] size = {};
  private boolean frames;

  SpikingNetworkBuilder(String network) {
    put("network", network, "network");
  }

  /** Samples are images that are the same at each step: (C, H, W). */
  public SpikingNetworkBuilder images(int channels, int height, int width) {
    return input(false, channels, height, width);
  }

  /** Samples have one frame a step: (T, C, H, W). */
  public SpikingNetworkBuilder frames(int channels, int height, int width) {
    return input(true, channels, height, width);
  }

  private SpikingNetworkBuilder input(boolean sequence, int... sizes) {
    frames = sequence;
    size = sizes;
    SampleShape.image(sizes[0], sizes[1], sizes[2]);
    return this;
  }

  /** T; 4 where it is not given. */
  public SpikingNetworkBuilder steps(int number) {
    steps = number;
    return put("T", Integer.toString(number), "steps");
  }

  /**
   * The neuron that the network's {@code sn} stands for.
   *
   * @param model klif, lif, plif, if, one that comes with Klif, or a file as in {@code ./mine.cuh},
   *     which is compiled and run
   */
  public SpikingNetworkBuilder neuron(String model) {
    return put("neuron.model", model, "neuron");
  }

  /** The loss: mse, cross-entropy or tet. */
  public SpikingNetworkBuilder loss(String name) {
    return put("loss", name, "loss");
  }

  /** The optimizer: sgd, adam or adamw. */
  public SpikingNetworkBuilder optimizer(String rule, double learningRate) {
    put("optimizer.rule", rule, "optimizer");
    return put("optimizer.learningRate", Double.toString(learningRate), "optimizer");
  }

  /** Where it is computed: auto (a GPU where there is one), cpu, cuda or cuda:N. */
  public SpikingNetworkBuilder device(String name) {
    return put("device", name, "device");
  }

  /** How it is computed: float32, tf32, bf16 or fp16. */
  public SpikingNetworkBuilder precision(String name) {
    return put("precision", name, "precision");
  }

  /** Threads of the CPU; all processors where it is not given. */
  public SpikingNetworkBuilder threads(int number) {
    return put("threads", Integer.toString(number), "threads");
  }

  /** The seed of first weights and dropout. */
  public SpikingNetworkBuilder seed(long seed) {
    return put("seed", Long.toString(seed), "seed");
  }

  /**
   * What {@link SpikingNetwork#predict}, record and stream do to a sample first: (x - mean) /
   * deviation. Batches of training are taken as they are.
   */
  public SpikingNetworkBuilder normalisation(double mean, double deviation) {
    normalisation = Normalisation.of(mean, deviation);
    return this;
  }

  /**
   * Any other setting of a network, by its name in config.yaml: {@code neuron.tau}, {@code
   * optimizer.neuronRateFactor} (the learning rate of k), {@code dropout}.
   */
  public SpikingNetworkBuilder set(String key, String value) {
    if (OF_RUNS.contains(key) || key.startsWith("events.")) {
      throw new IllegalArgumentException(
          "key: %s describes a run, not a network; Training takes it".formatted(key));
    }
    if (key.equals("T")) {
      throw new IllegalArgumentException("key: T is given by steps(...)");
    }
    return put(key, value, "set(\"%s\", \"%s\")".formatted(key, value));
  }

  private SpikingNetworkBuilder put(String key, String value, String place) {
    Misuse.asArgument(() -> tree.set(key, value, place));
    return this;
  }

  /**
   * Opens the device and makes the network with its first parameters.
   *
   * @throws org.klif.KlifException when there is no such device, or a neuron's file does not
   *     compile
   */
  public SpikingNetwork build() {
    if (size.length == 0) {
      throw new IllegalArgumentException("images or frames: the shape of a sample is missing");
    }
    SampleShape shape =
        frames
            ? SampleShape.sequence(steps, size[0], size[1], size[2])
            : SampleShape.image(size[0], size[1], size[2]);
    return Misuse.asArgument(
        () -> new SpikingNetwork(OpenedNetwork.of(tree, shape, normalisation)));
  }
}
