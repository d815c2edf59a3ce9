package org.klif.interchange;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.Version;
import org.klif.neuron.Neuron;
import org.klif.nn.LayerSpec;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NeuronLayer;
import org.klif.tensor.Extent;

/**
 * A trained network as a NIR graph. Each layer is mapped exactly, up to rounding of folded weights,
 * or refused with one sentence.
 */
public final class NirExport {
  /** Seconds of a time step where nothing else is said; SpikingJelly's exporter has the same. */
  public static final double DEFAULT_DT = 1e-4;

  /** A batch norm over more features than these, on its own, would be too large a matrix. */
  private static final int LARGEST_DIAGONAL = 2048;

  /**
   * What flows between layers.
   *
   * @param sources the nodes whose outputs are summed
   * @param sizes its shape, (C, H, W) or (N)
   * @param range bounds of its values
   * @param binary each value is 0 or 1
   */
  private record Flow(
      Set<String> sources, List<Integer> sizes, Affine.Range range, boolean binary) {}

  private final Network network;
  private final double dt;
  private final Map<String, NamedTensor> state;
  private final Map<String, Neuron> neurons = new LinkedHashMap<>();
  private final Map<String, NirNode> nodes = new LinkedHashMap<>();
  private final List<NirGraph.Edge> edges = new ArrayList<>();

  private NirExport(Network network, double dt) {
    this.network = network;
    this.dt = dt;
    this.state = network.state();
    try (NetworkPlan plan = network.plan(1, false)) {
      for (NeuronLayer layer : plan.neuronLayers()) {
        neurons.put(layer.name(), layer.neuron());
      }
    }
  }

  /**
   * Writes the graph.
   *
   * @param dt seconds of a time step
   * @param config text of config.yaml, which goes into the graph's metadata
   * @return the graph's nodes, as "name type", in order
   * @throws KlifException when a layer cannot be expressed, or the file not be written
   */
  public static List<String> write(Path file, Network network, double dt, String config) {
    NirGraph graph = graph(network, dt, config);
    NirFile.write(file, graph);
    return graph.nodes().values().stream().map(n -> n.name() + " " + n.type()).toList();
  }

  static NirGraph graph(Network network, double dt, String config) {
    if (!(dt > 0) || Double.isInfinite(dt)) {
      throw new KlifException("dt must be a number of seconds above 0, not " + dt);
    }
    return new NirExport(network, dt).graph(config);
  }

  private NirGraph graph(String config) {
    Network.Options options = network.options();
    List<Integer> shape =
        List.of(options.input().channels(), options.input().height(), options.input().width());
    nodes.put("input", NirNode.of("input", "Input", Map.of("shape", NirTensor.row(shape))));
    Flow flow = new Flow(Set.of("input"), shape, Affine.Range.ALL, false);
    flow = flat(sequence(LayerNode.of(network), flow), "output_flat");
    add("output", "Output", flow, Map.of("shape", NirTensor.row(flow.sizes())));
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("klif_version", Version.NUMBER);
    texts.put("klif_network", network.spec().text());
    texts.put("klif_input", options.input().constant() ? "constant" : "varying");
    texts.put("klif_config", config);
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("dt", dt);
    numbers.put("T", (double) options.steps());
    return new NirGraph(NirFile.VERSION, nodes, edges, texts, numbers);
  }

  private Flow sequence(List<LayerNode> layers, Flow input) {
    Flow flow = input;
    for (int i = 0; i < layers.size(); i++) {
      LayerNode layer = layers.get(i);
      boolean weighted =
          layer.spec() instanceof LayerSpec.Conv2d || layer.spec() instanceof LayerSpec.Linear;
      boolean folds =
          weighted
              && i + 1 < layers.size()
              && layers.get(i + 1).spec() instanceof LayerSpec.BatchNorm2d;
      flow =
          weighted ? weighted(layer, folds ? layers.get(i + 1) : null, flow) : layer(layer, flow);
      i += folds ? 1 : 0;
    }
    return flow;
  }

  private Flow layer(LayerNode layer, Flow flow) {
    LayerSpec spec = layer.spec();
    String name = id(layer);
    if (spec instanceof LayerSpec.BatchNorm2d) {
      return norm(layer, flow);
    }
    if (spec instanceof LayerSpec.Spiking) {
      return neurons(layer, flow);
    }
    if (spec instanceof LayerSpec.Pool pool) {
      return pool.maximum()
          ? maximum(layer, pool, flow)
          : add(name, "AvgPool2d", flow, pooling(pool), pooled(layer, flow), flow.range());
    }
    if (spec instanceof LayerSpec.GlobalAvgPool) {
      Extent image = new Extent(layer.input().height(), layer.input().width());
      LayerSpec.Pool mean = new LayerSpec.Pool(false, image);
      return add(name, "AvgPool2d", flow, pooling(mean), pooled(layer, flow), flow.range());
    }
    if (spec instanceof LayerSpec.Flatten) {
      return flat(flow, name);
    }
    if (spec instanceof LayerSpec.Dropout) {
      return flow; // nothing is dropped but in training
    }
    if (spec instanceof LayerSpec.Voting voting) {
      return voting(layer, voting.group(), flat(flow, name + "_flat"));
    }
    if (spec instanceof LayerSpec.Residual) {
      return residual(layer, flow);
    }
    if (spec instanceof LayerSpec.Attention) {
      throw new KlifException(
          layer.where()
              + " cannot be a NIR node: NIR has no product of two activations; export it for"
              + " PyTorch, or train a network without attention");
    }
    if (spec instanceof LayerSpec.Upsampling) {
      throw new KlifException(
          layer.where()
              + " cannot be a NIR node: NIR has no upsampling; export it for PyTorch, or train a"
              + " network without it");
    }
    if (spec instanceof LayerSpec.LeakyReadout readout) {
      Flow features = flat(flow, name + "_flat");
      Map<String, NirTensor> tensors = new LinkedHashMap<>();
      tensors.put("tau", spread(features, readout.tau() * dt));
      tensors.put("r", spread(features, 1));
      tensors.put("v_leak", spread(features, 0));
      return add(name, "LI", features, tensors, features.sizes(), Affine.Range.ALL);
    }
    throw new KlifException(layer.where() + " cannot be a NIR node: there is no rule for it");
  }

  private Flow weighted(LayerNode layer, @Nullable LayerNode norm, Flow input) {
    String name = id(layer);
    NamedTensor weight = tensor(layer, "weight");
    NamedTensor bias = state.get(layer.name() + ".bias");
    Affine affine =
        Affine.of(Shapes.list(weight.shape()), weight.data(), bias == null ? null : bias.data());
    if (norm != null) {
      Scaling scaling = scaling(norm);
      affine = affine.then(scaling.scale(), scaling.shift());
    }
    Map<String, NirTensor> tensors = new LinkedHashMap<>();
    if (!(layer.spec() instanceof LayerSpec.Conv2d conv)) {
      Flow features = flat(input, name + "_flat");
      tensors.put("weight", NirTensor.floats(affine.shape(), affine.weight()));
      if (affine.bias() != null) {
        tensors.put("bias", NirTensor.floats(List.of(affine.outputs()), affine.biases()));
      }
      String type = affine.bias() == null ? "Linear" : "Affine";
      List<Integer> sizes = List.of(affine.outputs());
      return add(name, type, features, tensors, sizes, affine.range(features.range()));
    }
    tensors.putAll(convolution(affine, input, 1));
    tensors.put("stride", NirTensor.pair(conv.stride()));
    tensors.put("padding", NirTensor.pair(conv.padding()));
    ImageShape out = layer.output();
    List<Integer> sizes = List.of(out.channels(), out.height(), out.width());
    return add(name, "Conv2d", input, tensors, sizes, affine.range(input.range()));
  }

  private static Map<String, NirTensor> convolution(Affine affine, Flow input, int groups) {
    Map<String, NirTensor> tensors = new LinkedHashMap<>();
    tensors.put("input_shape", NirTensor.row(input.sizes().subList(1, 3)));
    tensors.put("weight", NirTensor.floats(affine.shape(), affine.weight()));
    tensors.put("stride", NirTensor.pair(1));
    tensors.put("padding", NirTensor.pair(0));
    tensors.put("dilation", NirTensor.pair(1));
    tensors.put("groups", NirTensor.whole(groups));
    tensors.put("bias", NirTensor.floats(List.of(affine.outputs()), affine.biases()));
    return tensors;
  }

  /** y = scale x + shift, one of each for a channel. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Scaling(double[] scale, double[] shift) {}

  private Scaling scaling(LayerNode norm) {
    float[] weight = tensor(norm, "weight").data();
    float[] bias = tensor(norm, "bias").data();
    float[] mean = tensor(norm, "running_mean").data();
    float[] variance = tensor(norm, "running_var").data();
    double[] scale = new double[weight.length];
    double[] shift = new double[weight.length];
    for (int c = 0; c < scale.length; c++) {
      scale[c] = weight[c] / Math.sqrt(variance[c] + network.options().norm().eps());
      shift[c] = bias[c] - mean[c] * scale[c];
    }
    return new Scaling(scale, shift);
  }

  /** A batch norm with no weights ahead of it to be folded into. */
  private Flow norm(LayerNode layer, Flow flow) {
    Scaling scaling = scaling(layer);
    int channels = scaling.scale().length;
    if (flow.sizes().size() == 3) {
      Affine affine = new Affine(List.of(channels, 1, 1, 1), scaling.scale(), scaling.shift());
      Map<String, NirTensor> tensors = convolution(affine, flow, channels);
      return add(id(layer), "Conv2d", flow, tensors, flow.sizes(), affine.range(flow.range()));
    }
    if (channels > LARGEST_DIAGONAL) {
      throw new KlifException(
          "%s cannot be a NIR node: NIR has no batch norm, there is no layer of weights ahead of it"
                  .formatted(layer.where())
              + " to fold it into, and a matrix of %d x %d is too large"
                  .formatted(channels, channels));
    }
    double[] diagonal = new double[channels * channels];
    for (int c = 0; c < channels; c++) {
      diagonal[c * channels + c] = scaling.scale()[c];
    }
    Affine affine = new Affine(List.of(channels, channels), diagonal, scaling.shift());
    Map<String, NirTensor> tensors = new LinkedHashMap<>();
    tensors.put("weight", NirTensor.floats(affine.shape(), diagonal));
    tensors.put("bias", NirTensor.floats(List.of(channels), scaling.shift()));
    return add(id(layer), "Affine", flow, tensors, flow.sizes(), affine.range(flow.range()));
  }

  private Flow neurons(LayerNode layer, Flow flow) {
    Neuron neuron = neurons.get(layer.name());
    if (neuron == null) {
      throw new IllegalStateException("no neuron " + layer.name());
    }
    NamedTensor parameter =
        neuron instanceof Neuron.Klif
            ? tensor(layer, "k")
            : neuron instanceof Neuron.Plif ? tensor(layer, "w") : null;
    NirNode node =
        NirNeurons.node(
            id(layer),
            layer,
            neuron,
            parameter == null ? null : parameter.data(),
            dt,
            flow.sizes(),
            network.options().steps(),
            flow.range().low() >= 0);
    Flow out =
        add(node.name(), node.type(), flow, node.tensors(), flow.sizes(), Affine.Range.SPIKES);
    return new Flow(out.sources(), out.sizes(), out.range(), true);
  }

  /** Of spikes a maximum is whether there is any: their sum, and a threshold between 0 and 1. */
  private Flow maximum(LayerNode layer, LayerSpec.Pool pool, Flow flow) {
    if (!flow.binary()) {
      throw new KlifException(
          layer.where()
              + " cannot be a NIR node: NIR has no maximum, and only of single spikes it is"
              + " SumPool2d and Threshold; here other values arrive (average pooling, ap, has a"
              + " node)");
    }
    String name = id(layer);
    List<Integer> sizes = pooled(layer, flow);
    Affine.Range range = new Affine.Range(0, pool.window().area());
    Flow sum = add(name + "_sum", "SumPool2d", flow, pooling(pool), sizes, range);
    Map<String, NirTensor> threshold =
        Map.of("threshold", NirTensor.spread(NirTensor.Type.FLOAT64, sizes, 0.5));
    Flow out = add(name, "Threshold", sum, threshold, sizes, Affine.Range.SPIKES);
    return new Flow(out.sources(), sizes, Affine.Range.SPIKES, true);
  }

  private static Map<String, NirTensor> pooling(LayerSpec.Pool pool) {
    Map<String, NirTensor> tensors = new LinkedHashMap<>();
    tensors.put("kernel_size", NirTensor.pair(pool.window()));
    tensors.put("stride", NirTensor.pair(pool.stride()));
    tensors.put("padding", NirTensor.pair(pool.padding()));
    return tensors;
  }

  private static List<Integer> pooled(LayerNode layer, Flow flow) {
    return List.of(flow.sizes().get(0), layer.output().height(), layer.output().width());
  }

  private Flow voting(LayerNode layer, int group, Flow flow) {
    int in = flow.sizes().get(0);
    double[] weight = new double[in / group * in];
    for (int i = 0; i < in; i++) {
      weight[i / group * in + i] = 1f / group;
    }
    List<Integer> sizes = List.of(in / group);
    Map<String, NirTensor> tensors =
        Map.of("weight", NirTensor.floats(List.of(in / group, in), weight));
    return add(id(layer), "Linear", flow, tensors, sizes, flow.range());
  }

  private Flow residual(LayerNode layer, Flow flow) {
    Flow body = sequence(layer.parts().get(0), flow);
    Flow shortcut = sequence(layer.parts().get(1), flow);
    Set<String> sources = new LinkedHashSet<>(body.sources());
    for (String source : shortcut.sources()) {
      if (!sources.add(source)) {
        throw new KlifException(
            layer.where()
                + " cannot be edges of NIR: its layers hand their input on, so that it would be"
                + " added to itself");
      }
    }
    return new Flow(sources, body.sizes(), shortcut.range().plus(body.range()), false);
  }

  private Flow flat(Flow flow, String name) {
    if (flow.sizes().size() == 1) {
      return flow;
    }
    Map<String, NirTensor> tensors = new LinkedHashMap<>();
    tensors.put("start_dim", NirTensor.whole(0));
    tensors.put("end_dim", NirTensor.whole(-1));
    tensors.put("input_type", NirTensor.row(flow.sizes()));
    List<Integer> sizes = List.of(Math.toIntExact(Shapes.elements(flow.sizes())));
    Flow out = add(name, "Flatten", flow, tensors, sizes, flow.range());
    return new Flow(out.sources(), sizes, flow.range(), flow.binary());
  }

  private static NirTensor spread(Flow flow, double value) {
    return NirTensor.spread(NirTensor.Type.FLOAT64, flow.sizes(), value);
  }

  private NamedTensor tensor(LayerNode layer, String role) {
    NamedTensor tensor = state.get(layer.name() + "." + role);
    if (tensor == null) {
      throw new IllegalStateException("no tensor " + role + " of " + layer.name());
    }
    return tensor;
  }

  /** Frameworks make attributes of the names, so there is no dot in them. */
  private static String id(LayerNode layer) {
    return layer.name().replace('.', '_');
  }

  private void add(String name, String type, Flow input, Map<String, NirTensor> tensors) {
    nodes.put(name, NirNode.of(name, type, tensors));
    input.sources().forEach(source -> edges.add(new NirGraph.Edge(source, name)));
  }

  private Flow add(
      String name,
      String type,
      Flow input,
      Map<String, NirTensor> tensors,
      List<Integer> sizes,
      Affine.Range range) {
    add(name, type, input, tensors);
    return new Flow(Set.of(name), sizes, range, false);
  }
}
