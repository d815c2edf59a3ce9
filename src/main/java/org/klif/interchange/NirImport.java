package org.klif.interchange;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.nn.LayerSpec;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.NetworkSpec;
import org.klif.tensor.Extent;

/** A NIR graph as a network of Klif: its text, its neuron's settings, and its parameters. */
public final class NirImport {
  /**
   * Running variance for which batch norm divides by 1, its eps of 1e-5 added: a Scale is then
   * weight and bias alone.
   */
  private static final float UNIT_VARIANCE = 1 - 1e-5f;

  /** A layer and its parameters by role. */
  private record Built(LayerSpec spec, Map<String, double[]> tensors, List<Built> inside) {
    static Built of(LayerSpec spec) {
      return new Built(spec, Map.of(), List.of());
    }
  }

  private final Path file;
  private final NirGraph graph;
  private final NeuronChoice choice;
  private final List<Built> layers;
  private final Iterator<NeuronChoice.Layer> neurons;

  private NirImport(Path file, NirGraph graph, double dt) {
    this.file = file;
    this.graph = graph;
    List<Op> ops = NirReader.read(graph, dt);
    List<Cell> cells = new ArrayList<>();
    collect(ops, cells);
    choice = NeuronChoice.of(cells);
    neurons = choice.layers().iterator();
    layers = build(ops);
    if (layers.isEmpty()) {
      throw new KlifException("there is no layer between its input and its output");
    }
  }

  /**
   * Reads a graph.
   *
   * @param dt seconds of a time step; null for the graph's own (metadata dt), or 1e-4
   * @throws KlifException in one sentence, when the file is damaged or a node has no counterpart
   */
  public static NirImport read(Path file, @Nullable Double dt) {
    NirGraph graph = NirFile.read(file);
    double step = dt == null ? graph.numbers().getOrDefault("dt", NirExport.DEFAULT_DT) : dt;
    if (!(step > 0) || Double.isInfinite(step)) {
      throw new KlifException("dt must be a number of seconds above 0, not " + step);
    }
    try {
      return new NirImport(file, graph, step);
    } catch (KlifException e) {
      throw new KlifException(file + ": " + e.getMessage(), e);
    }
  }

  /** Text of the network. */
  public String network() {
    return NetworkSpec.of(layers.stream().map(Built::spec).toList()).text();
  }

  /** What the configuration has to say of the neuron, by key. */
  public Map<String, String> settings() {
    return choice.settings();
  }

  /** T that the graph was exported with, as it says it; null when it does not. */
  public @Nullable String steps() {
    Double steps = graph.numbers().get("T");
    return steps == null
        ? null
        : steps == Math.rint(steps) && Math.abs(steps) < 1e9
            ? Long.toString(steps.longValue())
            : steps.toString();
  }

  /** The config.yaml that a graph of Klif's has with it; null for others. */
  public @Nullable String config() {
    return graph.texts().get("klif_config");
  }

  /**
   * Sets the parameters of a network made from {@link #network} and {@link #settings}.
   *
   * @throws KlifException when a shape does not fit
   */
  public void load(Network network) {
    Map<String, NamedTensor> state = new LinkedHashMap<>(network.state());
    assign(LayerNode.of(network), layers, state);
    network.load(state);
  }

  private void assign(List<LayerNode> nodes, List<Built> built, Map<String, NamedTensor> state) {
    for (int i = 0; i < nodes.size(); i++) {
      String name = nodes.get(i).name();
      assign(nodes.get(i).inside(), built.get(i).inside(), state);
      built
          .get(i)
          .tensors()
          .forEach(
              (role, values) -> {
                NamedTensor old = state.get(name + "." + role);
                if (old == null || (values.length > 1 && values.length != old.data().length)) {
                  throw new KlifException(
                      "%s: its values for %s of layer %s are %d, which do not fit the network"
                          .formatted(file, role, name, values.length));
                }
                float[] data = new float[old.data().length];
                for (int k = 0; k < data.length; k++) {
                  data[k] = (float) Cell.at(values, k);
                  if (!Float.isFinite(data[k])) {
                    throw new KlifException(
                        "%s: element %d of %s of layer %s, scales around it included, is %s in float32"
                            .formatted(file, k, role, name, data[k]));
                  }
                }
                state.put(name + "." + role, new NamedTensor(old.shape(), data));
              });
    }
  }

  private static void collect(List<Op> ops, List<Cell> cells) {
    for (Op op : ops) {
      if (op instanceof Op.Neurons layer) {
        cells.add(layer.cell());
      } else if (op instanceof Op.Block block) {
        collect(block.layers(), cells);
      }
    }
  }

  private List<Built> build(List<Op> ops) {
    List<Built> built = new ArrayList<>();
    @Nullable Op before = null;
    for (Op op : ops) {
      if (op instanceof Op.Neurons) {
        NeuronChoice.Layer layer = neurons.next();
        scale(built, before, layer.scale(), layer.shift());
        Map<String, double[]> tensors =
            layer.parameter() == null
                ? Map.of()
                : Map.of(layer.token().equals("klif") ? "k" : "w", layer.parameter());
        built.add(new Built(new LayerSpec.Spiking(layer.token()), tensors, List.of()));
      } else if (op instanceof Op.Readout readout) {
        readout(built, before, readout.cell());
      } else {
        built.add(built(op));
      }
      before = op;
    }
    return built;
  }

  private Built built(Op op) {
    if (op instanceof Op.Conv conv) {
      return conv(conv, conv.affine());
    }
    if (op instanceof Op.Linear linear) {
      return linear(linear.affine());
    }
    if (op instanceof Op.Norm norm) {
      return norm(norm.scale(), norm.shift());
    }
    if (op instanceof Op.Pool pool) {
      return Built.of(
          new LayerSpec.Pool(pool.maximum(), pool.window(), pool.stride(), pool.padding()));
    }
    if (op instanceof Op.Vote vote) {
      return Built.of(new LayerSpec.Voting(vote.group()));
    }
    if (op instanceof Op.Block block) {
      List<Built> inside = build(block.layers());
      if (inside.isEmpty()) {
        throw new KlifException("a sum adds an activation to itself");
      }
      return new Built(
          new LayerSpec.Residual(inside.stream().map(Built::spec).toList()), Map.of(), inside);
    }
    return Built.of(new LayerSpec.Flatten());
  }

  private static Built conv(Op.Conv conv, Affine affine) {
    LayerSpec spec =
        new LayerSpec.Conv2d(
            affine.outputs(),
            new Extent(affine.shape().get(2), affine.shape().get(3)),
            conv.stride(),
            conv.padding(),
            affine.bias() != null);
    return new Built(spec, tensors(affine), List.of());
  }

  private static Built linear(Affine affine) {
    LayerSpec spec = new LayerSpec.Linear(affine.outputs(), affine.bias() != null);
    return new Built(spec, tensors(affine), List.of());
  }

  private static Map<String, double[]> tensors(Affine affine) {
    return affine.bias() == null
        ? Map.of("weight", affine.weight())
        : Map.of("weight", affine.weight(), "bias", affine.bias());
  }

  private static Built norm(double[] scale, double[] shift) {
    return new Built(
        new LayerSpec.BatchNorm2d(),
        Map.of(
            "weight",
            scale,
            "bias",
            shift,
            "running_mean",
            new double[] {0},
            "running_var",
            new double[] {UNIT_VARIANCE}),
        List.of());
  }

  /** scale x + shift: into the weights that were built last, or as a batch norm. */
  private static void scale(
      List<Built> built, @Nullable Op before, double[] scale, double[] shift) {
    if (Arrays.stream(scale).allMatch(s -> s == 1) && Arrays.stream(shift).allMatch(s -> s == 0)) {
      return;
    }
    if (before instanceof Op.Conv conv) {
      built.set(built.size() - 1, conv(conv, conv.affine().then(scale, shift)));
    } else if (before instanceof Op.Linear linear) {
      built.set(built.size() - 1, linear(linear.affine().then(scale, shift)));
    } else {
      built.add(norm(scale, shift));
    }
  }

  private void readout(List<Built> built, @Nullable Op before, Cell cell) {
    if (cell.a().length > 1) {
      throw new KlifException(
          "%s has time constants that differ; Klif's readout has one".formatted(cell.node()));
    }
    double a = cell.a()[0];
    double[] scale = cell.gain().clone();
    Arrays.setAll(scale, i -> cell.gain()[i] / a);
    scale(built, before, Cell.shortest(scale), cell.leak());
    built.add(Built.of(new LayerSpec.LeakyReadout(Cell.plain(1 / a))));
  }
}
