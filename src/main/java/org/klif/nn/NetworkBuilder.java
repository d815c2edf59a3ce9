package org.klif.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.device.Attention;
import org.klif.device.Convolution;
import org.klif.device.Device;
import org.klif.device.Pooling;
import org.klif.neuron.LayerOptions;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.tensor.ActivationShape;
import org.klif.tensor.Extent;

/**
 * Makes the layers of a network from its description: infers shapes, creates parameters, and fuses
 * batch norm, neuron and pooling where they follow each other. A fused layer keeps the names of its
 * parts.
 */
final class NetworkBuilder {
  private final Device device;
  private final Network.Options options;
  private final LayerParameters parameters;
  private final StepReadback readings;
  private final List<LayerSummary> summary = new ArrayList<>();
  private final List<Neuron> used = new ArrayList<>();
  private int dropouts;
  private Iterator<Optional<LayerSpec.Spiking>> behindThresholdNorms = Collections.emptyIterator();

  /** What reaches the next layer: its shape for one sample, and whether it comes from spikes. */
  private ActivationShape shape;

  private boolean spiking;
  private boolean normalised;

  NetworkBuilder(
      Device device, Network.Options options, ParameterStore store, StepReadback readings) {
    this.readings = readings;
    this.device = device;
    this.options = options;
    this.parameters = new LayerParameters(options, store);
    shape = options.inputShape(1);
  }

  Sequence build(NetworkSpec spec) {
    behindThresholdNorms = spec.behindThresholdNorms().iterator();
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
    try {
      int taken = add(name, spec, prefix, specs, index, layers);
      var unused = shape.features(); // has them counted
      return taken;
    } catch (ArithmeticException e) {
      throw shapes(
          name,
          spec,
          "it is too large: a layer's weights, and its output for a sample and a step, are at most %d values each; use fewer channels, a smaller kernel or factor, or less padding"
              .formatted(Integer.MAX_VALUE));
    }
  }

  private int add(
      String name,
      LayerSpec spec,
      String prefix,
      List<LayerSpec> specs,
      int index,
      List<Layer> layers) {
    if (spec instanceof LayerSpec.Conv2d conv) {
      layers.add(convolution(name, conv));
    } else if (spec instanceof LayerSpec.BatchNorm2d batchNorm) {
      Normalization norm = normalization(name, batchNorm);
      if (index + 1 < specs.size() && specs.get(index + 1) instanceof LayerSpec.Spiking) {
        return 1 + neuron(prefix, specs, index + 1, norm, layers);
      }
      layers.add(new BatchNormLayer(name, norm));
    } else if (spec instanceof LayerSpec.Spiking) {
      return neuron(prefix, specs, index, null, layers);
    } else if (spec instanceof LayerSpec.Pool pool) {
      layers.add(pooling(name, spec, pool));
    } else if (spec instanceof LayerSpec.GlobalAvgPool) {
      Extent image = new Extent(shape.height(), shape.width());
      layers.add(pooling(name, spec, new LayerSpec.Pool(false, image)));
    } else if (spec instanceof LayerSpec.Upsampling up) {
      layers.add(upsampling(name, up));
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
    } else if (spec instanceof LayerSpec.Attention attention) {
      layers.add(attention(name, attention));
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
    return spec instanceof LayerSpec.Spiking neuron
        ? neuron.over(options.neuron()).name()
        : spec.kind();
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
    int area = conv.kernel().area();
    int[] weightShape = {conv.out(), in, conv.kernel().height(), conv.kernel().width()};
    Parameter weight =
        parameters.weight(
            name,
            weightShape,
            (long) in * area,
            (long) conv.out() * area,
            device.convolutionWeightLayout(in, conv.out(), conv.kernel()));
    Parameter bias = conv.bias() ? parameters.bias(name, conv.out(), (long) in * area) : null;
    int passes = shape.storedSteps();
    boolean spikingInput = spiking;
    shape = shape.withImage(conv.out(), planned.outHeight(), planned.outWidth());
    spiking = false;
    normalised = false;
    long macs = (long) shape.features() * in * area;
    summarize(name, conv, count(weight, bias), 0, macs, passes, spikingInput);
    return new ConvolutionLayer(
        name, conv.out(), conv.kernel(), conv.stride(), conv.padding(), weight, bias);
  }

  private Layer linear(String name, LayerSpec.Linear linear) {
    int in = shape.features();
    Parameter weight =
        parameters.weight(
            name,
            new int[] {linear.out(), in},
            in,
            linear.out(),
            device.linearWeightLayout(in, linear.out()));
    Parameter bias = linear.bias() ? parameters.bias(name, linear.out(), in) : null;
    int passes = shape.storedSteps();
    boolean spikingInput = spiking;
    shape = shape.withImage(linear.out(), 1, 1);
    spiking = false;
    normalised = false;
    summarize(name, linear, count(weight, bias), 0, (long) in * linear.out(), passes, spikingInput);
    return new LinearLayer(name, in, linear.out(), weight, bias);
  }

  private Normalization normalization(String name, LayerSpec.BatchNorm2d spec) {
    int channels = shape.channels();
    spiking = false;
    normalised = true;
    summarize(name, spec, 2L * channels, 0, 0, shape.storedSteps(), false);
    return parameters.normalization(name, channels, spec.ofThreshold() ? threshold(name, spec) : 1);
  }

  /** V_th of the neurons behind a tdbn. */
  private double threshold(String name, LayerSpec.BatchNorm2d spec) {
    Optional<LayerSpec.Spiking> behind = behindThresholdNorms.next();
    if (behind.isEmpty()) {
      return options.neuron().complete().threshold();
    }
    Neuron neuron = options.neurons().neuron(behind.get().over(options.neuron()));
    return NeuronLibrary.threshold(neuron)
        .orElseThrow(
            () ->
                new UsageException(
                    "%s: its weight starts at the threshold of the neurons behind it, and neuron %s declares no threshold; use bn"
                        .formatted(where(name, spec), neuron.token())));
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
    Neuron neuron = neuron(name, spec);
    used.add(neuron);
    NeuronParameters learned = parameters.neuron(name, neuron, shape.channels());
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
            name,
            spec,
            neuron,
            learned,
            norm,
            kind,
            normalised,
            options.smooth(),
            readings,
            readings.addLayer()));
    normalised = false;
    return kind == null ? 1 : 2;
  }

  private Neuron neuron(String name, LayerSpec.Spiking spec) {
    NeuronOptions all = options.neuron();
    if (spec.options().equals(LayerOptions.NONE)) {
      return options.neurons().neuron(spec.over(all));
    }
    try {
      Neuron neuron = options.neurons().neuron(spec.over(all));
      NeuronLibrary.requireRead(spec.options(), neuron);
      return neuron;
    } catch (UsageException e) {
      throw new UsageException(where(name, spec) + ": " + e.getMessage());
    }
  }

  private Pooling.@Nullable Kind fusible(LayerSpec spec) {
    if (shape.height() % 2 != 0 || shape.width() % 2 != 0) {
      return null;
    }
    return spec instanceof LayerSpec.Pool pool
            && pool.equals(new LayerSpec.Pool(pool.maximum(), Extent.square(2)))
        ? kind(pool)
        : null;
  }

  private static Pooling.Kind kind(LayerSpec.Pool pool) {
    return pool.maximum() ? Pooling.Kind.MAX : Pooling.Kind.AVERAGE;
  }

  /**
   * A pooling.
   *
   * @param spec as the text has it
   * @param pool what it is
   */
  private Layer pooling(String name, LayerSpec spec, LayerSpec.Pool pool) {
    PoolingLayer layer =
        new PoolingLayer(name, kind(pool), pool.window(), pool.stride(), pool.padding());
    Pooling.Spec planned = fitting(name, spec, () -> layer.spec(shape));
    shape = shape.withImage(shape.channels(), planned.outHeight(), planned.outWidth());
    plain(name, spec);
    return layer;
  }

  private Layer upsampling(String name, LayerSpec.Upsampling up) {
    UpsamplingLayer layer = new UpsamplingLayer(name, up.factor());
    shape = layer.output(shape);
    plain(name, up);
    return layer;
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
    List<Branch> branches = branches(name, residual);
    Branch body = branches.get(0);
    Branch shortcut = branches.get(1);
    boolean identity = residual.shortcut().isEmpty();
    if (!shortcut.fits(body)) {
      throw shapes(
          name,
          residual,
          identity
              ? "its input is %s and its layers end with %s; y = x + f(x) needs equal shapes, or a shortcut of its own, as in res( BODY : c64k1s2 bn )"
                  .formatted(before.imageText(), body.shape().imageText())
              : "its body ends with %s and its shortcut with %s; give both the same channels, strides and pooling"
                  .formatted(body.shape().imageText(), shortcut.shape().imageText()));
    }
    shape = body.shape().constant() ? shortcut.shape() : body.shape();
    spiking = body.spiking() && shortcut.spiking();
    // of the layers that end here the body's count: an identity has none
    normalised = body.normalised() && (identity || shortcut.normalised());
    return new ResidualLayer(name, body.sequence(), shortcut.sequence());
  }

  private Layer attention(String name, LayerSpec.Attention attention) {
    List<Branch> branches = branches(name, attention);
    Branch q = branches.get(0);
    Branch k = branches.get(1);
    Branch v = branches.get(2);
    if (!q.fits(k) || !q.fits(v)) {
      throw shapes(
          name,
          attention,
          "its Q ends with %s, its K with %s and its V with %s; give all three the same channels, strides and pooling"
              .formatted(q.shape().imageText(), k.shape().imageText(), v.shape().imageText()));
    }
    boolean constant = branches.stream().allMatch(branch -> branch.shape().constant());
    shape = constant ? q.shape() : q.shape().varying();
    AttentionLayer layer =
        new AttentionLayer(
            name,
            branches.stream().map(branch -> branch.repeated(constant)).toList(),
            attention.heads(),
            attention.scale());
    Attention.Spec planned = fitting(name, attention, () -> layer.spec(shape));
    boolean spikes = branches.stream().allMatch(Branch::spiking);
    spiking = false;
    normalised = false;
    summarize(name, attention, 0, 0, 2 * planned.macsOfProduct(), shape.storedSteps(), spikes);
    return layer;
  }

  /**
   * A part of a block, and what comes out of it.
   *
   * @param shape for one sample
   */
  private record Branch(
      Sequence sequence, ActivationShape shape, boolean spiking, boolean normalised) {
    boolean fits(Branch other) {
      return shape.imageText().equals(other.shape.imageText());
    }

    /** With each step of its output stored, unless all branches' are constant. */
    Sequence repeated(boolean allConstant) {
      if (allConstant || !shape.constant()) {
        return sequence;
      }
      List<Layer> layers = new ArrayList<>(sequence.layers());
      layers.add(new RepeatLayer(sequence.name()));
      return new Sequence(sequence.name(), layers);
    }
  }

  /** All parts of a block, which read the same input. */
  private List<Branch> branches(String name, LayerSpec.Block block) {
    Branch before = new Branch(new Sequence(name, List.of()), shape, spiking, normalised);
    List<Branch> branches = new ArrayList<>();
    for (LayerSpec.Block.Part part : block.parts()) {
      shape = before.shape();
      spiking = before.spiking();
      normalised = before.normalised();
      String branch = part.name().isEmpty() ? name : name + "." + part.name();
      Sequence layers = new Sequence(branch, sequence(branch + ".", part.layers()));
      branches.add(new Branch(layers, shape, spiking, normalised));
    }
    return branches;
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
            spec instanceof LayerSpec.Block block ? block.word() : spec.token(),
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
