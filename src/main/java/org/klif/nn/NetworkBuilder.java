package org.klif.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Convolution;
import org.klif.device.Device;
import org.klif.device.ParameterLayout;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronLibrary;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronOptions;
import org.klif.tensor.ActivationShape;

/**
 * Makes the layers of a network from its description: infers shapes, creates parameters, and fuses
 * batch norm, neuron and pooling where they follow each other. A fused layer keeps the names of its
 * parts.
 */
final class NetworkBuilder {
  private final Device device;
  private final Network.Options options;
  private final ParameterStore store;
  private final Readings readings;
  private final List<LayerSummary> summary = new ArrayList<>();
  private final List<Neuron> used = new ArrayList<>();
  private int dropouts;

  /** What reaches the next layer: its shape for one sample, and whether it comes from spikes. */
  private ActivationShape shape;

  private boolean spiking;

  NetworkBuilder(Device device, Network.Options options, ParameterStore store, Readings readings) {
    this.readings = readings;
    this.device = device;
    this.options = options;
    this.store = store;
    shape = options.inputShape(1);
  }

  Sequence build(NetworkSpec spec) {
    List<Layer> layers = new ArrayList<>(sequence("", spec.layers()));
    flatten("output", layers);
    repeat("output", layers);
    NeuronLibrary.requireUsed(options.neuron(), used);
    return new Sequence("network", layers);
  }

  /** Shape of the output for one sample, once built. */
  ActivationShape outputShape() {
    return shape;
  }

  List<Neuron> neurons() {
    return used;
  }

  List<LayerSummary> summary() {
    return summary;
  }

  private List<Layer> sequence(String prefix, List<LayerSpec> specs) {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < specs.size(); ) {
      i += layer(prefix, specs, i, layers);
    }
    return layers;
  }

  /** Adds the layer at that position; returns how many positions it takes. */
  private int layer(String prefix, List<LayerSpec> specs, int index, List<Layer> layers) {
    LayerSpec spec = specs.get(index);
    String name = prefix + index + "." + kind(spec);
    if (spec instanceof LayerSpec.Conv2d conv) {
      layers.add(convolution(name, conv));
    } else if (spec instanceof LayerSpec.BatchNorm2d) {
      Normalization norm = normalization(name, spec);
      if (index + 1 < specs.size() && specs.get(index + 1) instanceof LayerSpec.Spiking) {
        return 1 + neuron(prefix, specs, index + 1, norm, layers);
      }
      layers.add(new BatchNormLayer(name, norm));
    } else if (spec instanceof LayerSpec.Spiking) {
      return neuron(prefix, specs, index, null, layers);
    } else if (spec instanceof LayerSpec.MaxPool pool) {
      layers.add(pooling(name, spec, Pooling.Kind.MAX, pool.window()));
    } else if (spec instanceof LayerSpec.AvgPool pool) {
      layers.add(pooling(name, spec, Pooling.Kind.AVERAGE, pool.window()));
    } else if (spec instanceof LayerSpec.Flatten) {
      flatten(name, layers);
      plain(name, spec);
    } else if (spec instanceof LayerSpec.Linear linear) {
      flatten(name, layers);
      layers.add(linear(name, linear));
    } else if (spec instanceof LayerSpec.Dropout dropout) {
      double p = dropout.p() == null ? options.dropout() : dropout.p();
      layers.add(new DropoutLayer(name, p, options.seed(), dropouts++));
      plain(name, spec);
    } else if (spec instanceof LayerSpec.Voting voting) {
      flatten(name, layers);
      layers.add(voting(name, voting));
    } else if (spec instanceof LayerSpec.Residual residual) {
      layers.add(residual(name, residual));
    } else if (spec instanceof LayerSpec.LeakyReadout readout) {
      flatten(name, layers);
      repeat(name, layers);
      layers.add(new LeakyReadoutLayer(name, readout.tau()));
      spiking = false;
      plain(name, spec);
    } else {
      throw new IllegalStateException("unknown layer " + spec);
    }
    return 1;
  }

  private String kind(LayerSpec spec) {
    return spec instanceof LayerSpec.Spiking neuron ? options(neuron).name() : spec.kind();
  }

  private NeuronOptions options(LayerSpec.Spiking spec) {
    NeuronOptions chosen = options.neuron();
    return spec.model() == null ? chosen : chosen.withModel(spec.model());
  }

  private Layer convolution(String name, LayerSpec.Conv2d conv) {
    Convolution.Spec planned =
        fitting(
            name,
            conv,
            () ->
                ConvolutionLayer.spec(
                    shape, conv.out(), conv.kernel(), conv.stride(), conv.padding()));
    int in = shape.channels();
    int area = conv.kernel() * conv.kernel();
    int[] weightShape = {conv.out(), in, conv.kernel(), conv.kernel()};
    Parameter weight =
        weight(
            name,
            weightShape,
            (long) in * area,
            (long) conv.out() * area,
            device.convolutionWeightLayout(in, conv.out(), conv.kernel()));
    Parameter bias = conv.bias() ? bias(name, conv.out(), (long) in * area) : null;
    int passes = shape.storedSteps();
    boolean spikingInput = spiking;
    shape = shape.withImage(conv.out(), planned.outHeight(), planned.outWidth());
    spiking = false;
    long macs = (long) shape.features() * in * area;
    summarize(name, conv, count(weight, bias), 0, macs, passes, spikingInput);
    return new ConvolutionLayer(
        name, conv.out(), conv.kernel(), conv.stride(), conv.padding(), weight, bias);
  }

  private Layer linear(String name, LayerSpec.Linear linear) {
    int in = shape.features();
    Parameter weight =
        weight(
            name,
            new int[] {linear.out(), in},
            in,
            linear.out(),
            device.linearWeightLayout(in, linear.out()));
    Parameter bias = linear.bias() ? bias(name, linear.out(), in) : null;
    int passes = shape.storedSteps();
    boolean spikingInput = spiking;
    shape = shape.withImage(linear.out(), 1, 1);
    spiking = false;
    summarize(name, linear, count(weight, bias), 0, (long) in * linear.out(), passes, spikingInput);
    return new LinearLayer(name, in, linear.out(), weight, bias);
  }

  private Normalization normalization(String name, LayerSpec spec) {
    int channels = shape.channels();
    float[] ones = new float[channels];
    Arrays.fill(ones, 1);
    Parameter weight = norm(name + ".weight", ones);
    Parameter bias = norm(name + ".bias", new float[channels]);
    spiking = false;
    summarize(name, spec, 2L * channels, 0, 0, shape.storedSteps(), false);
    return new Normalization(
        channels,
        options.batchNormEps(),
        options.batchNormMomentum(),
        weight,
        bias,
        store.addRunning(name + ".running_mean", channels, 0),
        store.addRunning(name + ".running_var", channels, 1),
        store.memory(Normalization.scratchSize(channels)));
  }

  /** A neuron with the batch norm in front and, where it can be fused, the pooling behind. */
  private int neuron(
      String prefix,
      List<LayerSpec> specs,
      int index,
      @Nullable Normalization norm,
      List<Layer> layers) {
    LayerSpec.Spiking spec = (LayerSpec.Spiking) specs.get(index);
    String name = prefix + index + "." + kind(spec);
    Neuron neuron = options.neurons().neuron(options(spec));
    used.add(neuron);
    NeuronParameters learned = neuronParameters(name, neuron);
    shape = shape.varying();
    spiking = true;
    int neurons = shape.features();
    summarize(name, spec, count(learned), neurons, 0, options.steps(), false);
    boolean mayFuse = index + 1 < specs.size() && !(neuron instanceof Neuron.Custom);
    Pooling.Kind kind = mayFuse ? fusible(specs.get(index + 1)) : null;
    if (kind != null) {
      LayerSpec pool = specs.get(index + 1);
      shape = shape.withImage(shape.channels(), shape.height() / 2, shape.width() / 2);
      plain(prefix + (index + 1) + "." + pool.kind(), pool);
    }
    layers.add(
        new SpikingLayer(
            name, neuron, learned, norm, kind, options.smooth(), readings, readings.addLayer()));
    return kind == null ? 1 : 2;
  }

  private Pooling.@Nullable Kind fusible(LayerSpec spec) {
    if (shape.height() % 2 != 0 || shape.width() % 2 != 0) {
      return null;
    }
    if (spec instanceof LayerSpec.MaxPool pool && pool.window() == 2) {
      return Pooling.Kind.MAX;
    }
    return spec instanceof LayerSpec.AvgPool pool && pool.window() == 2
        ? Pooling.Kind.AVERAGE
        : null;
  }

  private @Nullable NeuronParameters neuronParameters(String name, Neuron neuron) {
    if (neuron instanceof Neuron.Custom custom) {
      return custom.model().learned().isEmpty() ? null : fromFile(name, custom.model());
    }
    Parameter one = neuronParameter(name, neuron);
    return one == null ? null : store.together(List.of(one), one.physicalSize());
  }

  /** The raw numbers of all that a neuron from a file learns, in its order and padding. */
  private NeuronParameters fromFile(String name, NeuronModel model) {
    int channels = shape.channels();
    List<Parameter> parameters = new ArrayList<>();
    for (NeuronModel.Learned learned : model.learned()) {
      float[] first = new float[learned.size(channels)];
      Arrays.fill(first, (float) learned.rawInitial());
      boolean asItIs = learned.constraint() == NeuronModel.Constraint.NONE;
      parameters.add(
          store.add(
              name + "." + learned.name(),
              learned.perChannel() ? new int[] {channels} : new int[0],
              Parameter.Group.NEURON,
              ParameterLayout.plain(first.length),
              asItIs
                  ? new Parameter.Bounds(0, learned.lower(), learned.upper())
                  : Parameter.Bounds.NONE,
              () -> first));
    }
    return store.together(parameters, model.stretch(channels));
  }

  private @Nullable Parameter neuronParameter(String name, Neuron neuron) {
    if (neuron instanceof Neuron.Klif klif) {
      int[] kShape = klif.perChannel() ? new int[] {shape.channels()} : new int[0];
      float[] first = new float[klif.perChannel() ? shape.channels() : 1];
      Arrays.fill(first, (float) klif.k());
      return store.add(
          name + ".k",
          kShape,
          Parameter.Group.NEURON,
          ParameterLayout.plain(first.length),
          Parameter.Bounds.awayFromZero(klif.scaleReset() ? Neuron.Klif.SMALLEST_K : 0),
          () -> first);
    }
    if (neuron instanceof Neuron.Plif plif) {
      return store.add(
          name + ".w",
          new int[0],
          Parameter.Group.NEURON,
          ParameterLayout.plain(1),
          Parameter.Bounds.NONE,
          () -> new float[] {(float) plif.w()});
    }
    return null;
  }

  private Layer pooling(String name, LayerSpec spec, Pooling.Kind kind, int window) {
    Pooling.Spec planned = fitting(name, spec, () -> PoolingLayer.spec(kind, window, shape));
    shape = shape.withImage(shape.channels(), planned.outHeight(), planned.outWidth());
    plain(name, spec);
    return new PoolingLayer(name, kind, window);
  }

  private Layer voting(String name, LayerSpec.Voting voting) {
    int features = shape.features();
    if (features % voting.group() != 0) {
      throw shapes(
          name,
          voting,
          "%d features cannot be cut into groups of %d".formatted(features, voting.group()));
    }
    shape = shape.withImage(features / voting.group(), 1, 1);
    plain(name, voting);
    return new VotingLayer(name, voting.group());
  }

  private Layer residual(String name, LayerSpec.Residual residual) {
    ActivationShape before = shape;
    boolean spikingBefore = spiking;
    List<Layer> inside = sequence(name + ".", residual.layers());
    if (!shape.imageText().equals(before.imageText())) {
      throw shapes(
          name,
          residual,
          "its input is %s and its layers end with %s; y = x + f(x) needs equal shapes"
              .formatted(before.imageText(), shape.imageText()));
    }
    spiking &= spikingBefore;
    return new ResidualLayer(name, new Sequence(name, inside));
  }

  /** Ahead of layers that see features, not images. */
  private void flatten(String name, List<Layer> layers) {
    if (shape.height() * shape.width() > 1) {
      layers.add(new FlattenLayer(name));
      shape = shape.withImage(shape.features(), 1, 1);
    }
  }

  /** Ahead of what needs every time step. */
  private void repeat(String name, List<Layer> layers) {
    if (shape.constant()) {
      layers.add(new RepeatLayer(name));
      shape = shape.varying();
    }
  }

  private Parameter weight(
      String name, int[] weightShape, long fanIn, long fanOut, ParameterLayout layout) {
    String full = name + ".weight";
    int size = Arrays.stream(weightShape).reduce(1, (a, b) -> multiply(name, a, b));
    return store.add(
        full,
        weightShape,
        Parameter.Group.WEIGHT,
        layout,
        Parameter.Bounds.NONE,
        () ->
            options
                .initialisation()
                .weights(size, fanIn, fanOut, new ParameterRandom(options.seed(), full)));
  }

  private static int multiply(String name, int a, int b) {
    long product = (long) a * b;
    if (product > Integer.MAX_VALUE - 8) {
      throw new KlifException("layer %s has more weights than one array can hold".formatted(name));
    }
    return (int) product;
  }

  private Parameter bias(String name, int out, long fanIn) {
    String full = name + ".bias";
    float[] first =
        options.initialisation().biases(out, fanIn, new ParameterRandom(options.seed(), full));
    return store.add(
        full,
        new int[] {out},
        Parameter.Group.BIAS,
        ParameterLayout.plain(out),
        Parameter.Bounds.NONE,
        () -> first);
  }

  private Parameter norm(String name, float[] first) {
    return store.add(
        name,
        new int[] {first.length},
        Parameter.Group.NORM,
        ParameterLayout.plain(first.length),
        Parameter.Bounds.NONE,
        () -> first);
  }

  private static long count(@Nullable NeuronParameters learned) {
    return learned == null ? 0 : learned.list().stream().mapToLong(Parameter::size).sum();
  }

  private static long count(@Nullable Parameter one, @Nullable Parameter other) {
    return (one == null ? 0L : one.size()) + (other == null ? 0L : other.size());
  }

  /** A line for a layer without parameters. */
  private void plain(String name, LayerSpec spec) {
    summarize(name, spec, 0, 0, 0, shape.storedSteps(), spiking);
  }

  private void summarize(
      String name,
      LayerSpec spec,
      long parameters,
      long neurons,
      long macs,
      int passes,
      boolean spikingInput) {
    summary.add(
        new LayerSummary(
            name,
            spec.token(),
            shape.imageText(),
            parameters,
            neurons,
            macs,
            passes,
            spikingInput));
  }

  /** Runs a shape check and says which layer it was about. */
  private <T> T fitting(String name, LayerSpec spec, Supplier<T> check) {
    try {
      return check.get();
    } catch (KlifException e) {
      throw new KlifException(where(name, spec) + ": " + e.getMessage(), e);
    }
  }

  private static KlifException shapes(String name, LayerSpec spec, String what) {
    return new KlifException(where(name, spec) + ": " + what);
  }

  private static String where(String name, LayerSpec spec) {
    return "layer %s '%s'".formatted(name, spec.token());
  }
}
