package org.klif.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.OptimizerStep;
import org.klif.device.RatePenalty;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.tensor.ActivationShape;

/**
 * A spiking network on a device: layers, parameters, gradients and running statistics.
 *
 * <p>Parameters are one flat buffer in the device's order, each padded to a multiple of 16
 * elements; {@link Parameter} and {@link #state} show them in canonical order. Work is done by
 * {@link #plan plans}. Like its device, a network is used by one thread at a time.
 */
public final class Network implements AutoCloseable {

  /**
   * The input of a network.
   *
   * @param steps T
   * @param constant the same at each step (static images) and stored once
   */
  public record Input(int steps, boolean constant, int channels, int height, int width) {
    /** Checks T. */
    public Input {
      if (steps < 1 || steps > 1 << 20) {
        throw new UsageException("T must be between 1 and 1048576, not " + steps);
      }
    }
  }

  /**
   * Constants of batch norm.
   *
   * @param eps added to the variance
   * @param momentum weight of the newest batch in the running statistics
   */
  public record Norm(double eps, double momentum) {
    /** Checks ranges. */
    public Norm {
      if (!(eps > 0) || !(momentum >= 0 && momentum <= 1)) {
        throw new UsageException(
            "batch norm needs eps above 0 and a momentum from 0 to 1, not %s and %s"
                .formatted(eps, momentum));
      }
    }
  }

  /**
   * What a network needs besides its text.
   *
   * @param neuron what {@code sn} stands for; other neuron tokens take these options too, with
   *     their own model
   * @param neurons those from files
   * @param dropout probability of {@code dp} without a number
   * @param seed of initialisation and dropout
   * @param smooth for gradient checks: spikes are the surrogate's primitive
   * @param penalty on firing rates, in training
   */
  public record Options(
      Input input,
      NeuronOptions neuron,
      NeuronLibrary neurons,
      Initialisation initialisation,
      double dropout,
      long seed,
      boolean smooth,
      Norm norm,
      RatePenalty.Objective penalty) {

    /** Checks ranges. */
    public Options {
      if (!(dropout >= 0 && dropout < 1)) {
        throw new UsageException("dropout must be at least 0 and below 1, not " + dropout);
      }
    }

    /** KLIF, Kaiming-normal, dropout 0.5, seed 1, a varying input, for an input of that size. */
    public static Options of(int steps, int channels, int height, int width) {
      return new Options(
          new Input(steps, false, channels, height, width),
          NeuronOptions.of("klif"),
          NeuronLibrary.NONE,
          Initialisation.KAIMING_NORMAL,
          0.5,
          1,
          false,
          new Norm(1e-5, 0.1),
          RatePenalty.Objective.NONE);
    }

    /** T. */
    public int steps() {
      return input.steps;
    }

    /** With a constant or varying input. */
    public Options withConstantInput(boolean value) {
      return new Options(
          new Input(input.steps, value, input.channels, input.height, input.width),
          neuron,
          neurons,
          initialisation,
          dropout,
          seed,
          smooth,
          norm,
          penalty);
    }

    /** With another neuron. */
    public Options withNeuron(NeuronOptions value) {
      return new Options(
          input, value, neurons, initialisation, dropout, seed, smooth, norm, penalty);
    }

    /** With neurons from files. */
    public Options withNeurons(NeuronLibrary value) {
      return new Options(
          input, neuron, value, initialisation, dropout, seed, smooth, norm, penalty);
    }

    /** With another initialisation. */
    public Options withInitialisation(Initialisation value) {
      return new Options(input, neuron, neurons, value, dropout, seed, smooth, norm, penalty);
    }

    /** With another probability of dropping. */
    public Options withDropout(double value) {
      return new Options(
          input, neuron, neurons, initialisation, value, seed, smooth, norm, penalty);
    }

    /** With another seed. */
    public Options withSeed(long value) {
      return new Options(
          input, neuron, neurons, initialisation, dropout, value, smooth, norm, penalty);
    }

    /** With smooth spikes, for gradient checks. */
    public Options withSmooth(boolean value) {
      return new Options(
          input, neuron, neurons, initialisation, dropout, seed, value, norm, penalty);
    }

    /** With other constants of batch norm. */
    public Options withBatchNorm(double eps, double momentum) {
      Norm value = new Norm(eps, momentum);
      return new Options(
          input, neuron, neurons, initialisation, dropout, seed, smooth, value, penalty);
    }

    /** With a penalty on firing rates. */
    public Options withRatePenalty(RatePenalty.Objective value) {
      return new Options(
          input, neuron, neurons, initialisation, dropout, seed, smooth, norm, value);
    }

    /** Shape of an input of that many samples. */
    public ActivationShape inputShape(int batch) {
      return new ActivationShape(
          input.steps, input.constant, batch, input.channels, input.height, input.width);
    }
  }

  private final Device device;
  private final NetworkSpec spec;
  private final Options options;
  private final ParameterStore store;
  private final Sequence layers;
  private final List<LayerSummary> summary;
  private final List<Neuron> neurons;
  private final int outputs;
  private final Workspace workspace;
  private final DropoutCounter dropoutCounter;
  private final StepReadback readings = new StepReadback();

  private Network(Device device, NetworkSpec spec, Options options, ParameterStore store) {
    this.device = device;
    this.spec = spec;
    this.options = options;
    this.store = store;
    NetworkBuilder builder = new NetworkBuilder(device, options, store, readings);
    layers = builder.build(spec);
    summary = List.copyOf(builder.summary());
    neurons = List.copyOf(builder.neurons());
    outputs = builder.outputShape().channels();
    store.finish();
    readings.bind(store.memory(readings.size()));
    dropoutCounter = new DropoutCounter(store.own(device.allocate(DType.INT32, 2)));
    workspace = new Workspace(device);
  }

  /**
   * Makes a network and initialises its parameters.
   *
   * @throws org.klif.KlifException when shapes do not fit; it names the layer and the shapes
   */
  public static Network create(Device device, NetworkSpec spec, Options options) {
    ParameterStore store = new ParameterStore(device);
    try {
      return new Network(device, spec, options, store);
    } catch (RuntimeException | Error e) {
      store.close();
      throw e;
    }
  }

  /** What it was made from. */
  public NetworkSpec spec() {
    return spec;
  }

  /** What it was made with. */
  public Options options() {
    return options;
  }

  /** The neurons of its layers, in their order. */
  public List<Neuron> neurons() {
    return neurons;
  }

  /** Where it lives. */
  public Device device() {
    return device;
  }

  /** Number of values of the output at each step: the classes. */
  public int outputs() {
    return outputs;
  }

  /** All parameters in canonical order. */
  public List<Parameter> parameters() {
    return List.copyOf(store.parameters());
  }

  /** All parameters, flat, in the device's order. */
  public Buffer parameterBuffer() {
    return store.values();
  }

  /** All gradients, laid out as {@link #parameterBuffer}. */
  public Buffer gradientBuffer() {
    return store.gradients();
  }

  /** The small results of the last step. */
  public StepReadback readings() {
    return readings;
  }

  /**
   * Begins a training step, ahead of its forward pass: dropout draws the masks of this step.
   *
   * @param step counted through the whole training; a resumed one goes on counting
   */
  public void beginStep(long step) {
    dropoutCounter.begin(step);
  }

  /** Which parts of the flat buffers an optimizer treats how. */
  public List<OptimizerStep.Segment> segments(SegmentOptions how) {
    List<OptimizerStep.Segment> segments = new ArrayList<>();
    for (Parameter parameter : store.parameters()) {
      segments.add(
          new OptimizerStep.Segment(
              parameter.offset(),
              parameter.physicalSize(),
              how.rateFactor(parameter),
              how.weightDecay(parameter),
              parameter.bounds().smallestMagnitude(),
              parameter.bounds().lower(),
              parameter.bounds().upper()));
    }
    return segments;
  }

  /** Parameters and running statistics, canonical, in network order; waits for the device. */
  public Map<String, NamedTensor> state() {
    return store.state();
  }

  /** As {@link #state}, one tensor at a time, each downloaded when it is asked for. */
  public List<StoredTensor> storedState() {
    return store.storedState();
  }

  /**
   * Sets all parameters and running statistics; nothing changes when one does not fit.
   *
   * @throws org.klif.KlifException naming what is missing, unknown or of another shape
   */
  public void load(Map<String, NamedTensor> state) {
    store.load(state);
  }

  /** A parameter's part of a flat buffer laid out as {@link #parameterBuffer}, canonical. */
  public float[] canonical(Parameter parameter, Buffer flat) {
    Buffer part = flat.view(parameter.offset(), parameter.physicalSize());
    return parameter.layout().toCanonical(part.toArray());
  }

  /** Sets a parameter's part of a flat buffer from canonical values. */
  public void setFlat(Parameter parameter, Buffer flat, float[] canonical) {
    if (canonical.length != parameter.size()) {
      throw new IllegalArgumentException(
          "%s has %d elements, not %d"
              .formatted(parameter.name(), parameter.size(), canonical.length));
    }
    flat.view(parameter.offset(), parameter.physicalSize())
        .upload(parameter.layout().toPhysical(canonical));
  }

  /** One line a layer, also for the parts of fused layers. */
  public List<LayerSummary> summary() {
    return summary;
  }

  /**
   * Plans the work for a batch size. Plans of one network share memory: what one left is gone when
   * another runs. The caller closes the plan, before the network.
   *
   * @param training the plan can go backward and keeps all activations
   */
  public NetworkPlan plan(int batch, boolean training) {
    return plan(options.inputShape(batch), training, false, null);
  }

  /** As {@link #plan(int, boolean)} for training, with {@link NetworkPlan#inputGradient}. */
  public NetworkPlan planWithInputGradient(int batch) {
    return plan(options.inputShape(batch), true, true, null);
  }

  /**
   * As {@link #plan(int, boolean)}, for training on a part of a batch. Forward and backward
   * exchange numbers with the other shards, so they cannot be captured.
   */
  public NetworkPlan plan(BatchPart part) {
    return plan(options.inputShape(part.size()), true, false, part);
  }

  private NetworkPlan plan(
      ActivationShape input, boolean training, boolean inputGradient, @Nullable BatchPart part) {
    return NetworkPlan.create(
        device,
        layers,
        input,
        training,
        inputGradient,
        dropoutCounter,
        part,
        workspace,
        options.penalty,
        readings);
  }

  /** Running statistics of all batch norms, in network order; see {@link #state}. */
  public List<Buffer> runningStatistics() {
    return store.runningStatistics();
  }

  /**
   * Plans the work of single time steps for a batch size; for memory and closing see {@link #plan}.
   *
   * @param sameBits each product (convolution, linear layer, attention) behind the first neuron is
   *     the one of the run over all T, of which one step is used: T times the work, and the same
   *     bits as {@link #plan} on every device. Else it is that of one step, for which a library may
   *     have another algorithm, so that sums are rounded differently; T of the options then has no
   *     meaning
   */
  public StreamingPlan stream(int batch, boolean sameBits) {
    return StreamingPlan.create(
        device,
        layers,
        options.inputShape(batch).withSteps(1),
        sameBits ? options.steps() : 1,
        dropoutCounter,
        workspace);
  }

  @Override
  public void close() {
    workspace.close();
    store.close();
  }
}
