package org.klif.interchange;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.tensor.Extent;

/** Reads the nodes of a chain as layers, and follows the shape of what flows between them. */
final class NirReader {
  /** What is known but has no counterpart here, with the reason. */
  private static final Map<String, String> REFUSED =
      Map.of(
          "Conv1d", "Klif's convolutions are over images",
          "CubaLI", "Klif has no synaptic current",
          "CubaLIF", "Klif's built-in neurons have no synaptic current",
          "Delay", "Klif has no delays",
          "I", "an integrator that neither leaks nor fires has no counterpart",
          "NIRGraph", "a graph within the graph is not read",
          "Threshold", "only behind SumPool2d, or with one number for all, it has a counterpart");

  private static final List<String> KNOWN =
      List.of(
          "Affine",
          "AvgPool2d",
          "Conv2d",
          "Flatten",
          "IF",
          "Input",
          "LI",
          "LIF",
          "Linear",
          "Output",
          "Scale",
          "SumPool2d",
          "Threshold");

  private static final Extent ONE = Extent.square(1);
  private static final Extent NONE = Extent.square(0);

  private final double dt;
  private List<Integer> shape;
  private boolean spikes;

  private NirReader(double dt, List<Integer> shape) {
    this.dt = dt;
    this.shape = shape;
  }

  static boolean isNeuron(@Nullable NirNode node) {
    return node != null
        && (node.type().equals("LIF") || node.type().equals("IF") || node.type().equals("CubaLIF"));
  }

  /**
   * The layers of a graph.
   *
   * @param dt seconds of a time step
   * @throws KlifException naming the node that is unknown, malformed, or has no counterpart
   */
  static List<Op> read(NirGraph graph, double dt) {
    for (NirNode node : graph.nodes().values()) {
      requireKnown(node);
      requireNumbers(node);
    }
    List<NirStructure.Item> items = NirStructure.of(graph);
    NirNode input =
        graph.nodes().values().stream().filter(n -> n.type().equals("Input")).findFirst().get();
    List<Integer> shape = input.sizes("shape");
    // (H, W) is an image of one channel
    NirReader reader =
        new NirReader(dt, shape.size() == 2 ? List.of(1, shape.get(0), shape.get(1)) : shape);
    List<Op> ops = new ArrayList<>();
    if (shape.size() == 1) {
      ops.add(new Op.Flat());
    }
    ops.addAll(reader.ops(items));
    return ops;
  }

  private static void requireKnown(NirNode node) {
    if (REFUSED.containsKey(node.type()) && !node.type().equals("Threshold")) {
      throw new KlifException(
          "%s cannot be imported: %s; docs/INTERCHANGE.md lists the nodes that can"
              .formatted(node.where(), REFUSED.get(node.type())));
    }
    if (!KNOWN.contains(node.type())) {
      throw new KlifException(
          "node '%s' has the unknown type '%s'; known are %s"
              .formatted(node.name(), node.type(), String.join(", ", KNOWN)));
    }
  }

  private static void requireNumbers(NirNode node) {
    node.tensors()
        .forEach(
            (name, tensor) -> {
              for (int i = 0; i < tensor.data().length; i++) {
                double value = tensor.data()[i];
                if (!(Math.abs(value) <= Float.MAX_VALUE)) {
                  throw new KlifException(
                      "element %d of %s in %s is %s%s"
                          .formatted(
                              i,
                              name,
                              node.where(),
                              value,
                              Double.isFinite(value) ? ", which is infinite in float32" : ""));
                }
              }
            });
  }

  private List<Op> ops(List<NirStructure.Item> items) {
    List<Op> ops = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i) instanceof NirStructure.Item.Block block) {
        ops.add(block(block));
        continue;
      }
      NirNode node = ((NirStructure.Item.One) items.get(i)).node();
      if (node.type().equals("SumPool2d")) {
        NirStructure.Item next = i + 1 < items.size() ? items.get(i + 1) : null;
        if (next instanceof NirStructure.Item.One one && isAny(one.node())) {
          ops.add(maximum(node));
          i++;
          continue;
        }
      }
      ops.addAll(op(node));
    }
    return ops;
  }

  private Op block(NirStructure.Item.Block block) {
    List<Integer> before = shape;
    List<Op> inside = ops(block.items());
    if (!shape.equals(before)) {
      throw new KlifException(
          "a sum of edges has parts of shape %s and %s".formatted(before, shape));
    }
    spikes = false;
    return new Op.Block(inside);
  }

  private List<Op> op(NirNode node) {
    return switch (node.type()) {
      case "Affine", "Linear" -> List.of(linear(node));
      case "Conv2d" -> List.of(convolution(node));
      case "Scale" -> scale(node);
      case "AvgPool2d" -> List.of(pool(node, false));
      case "SumPool2d" -> sum(node);
      case "Flatten" -> flatten(node);
      case "LIF", "IF", "Threshold" -> {
        Cell cell = NirCells.cell(node, shape, dt);
        spikes = true;
        yield List.of(new Op.Neurons(cell));
      }
      case "LI" -> {
        Cell cell = NirCells.cell(node, shape, dt);
        spikes = false;
        shape = List.of(Math.toIntExact(Shapes.elements(shape)));
        yield List.of(new Op.Readout(cell));
      }
      default -> throw node.wrong("is not where it may be");
    };
  }

  private Op linear(NirNode node) {
    NirTensor weight = node.tensor("weight");
    if (weight.shape().size() != 2 || weight.data().length == 0) {
      throw node.wrong("has a weight of shape %s, not (out, in)".formatted(weight.shape()));
    }
    if (node.type().equals("Affine") && !node.has("bias")) {
      throw node.wrong("has no bias; what has none is a Linear in NIR");
    }
    requireInput(node, List.of(weight.shape().get(1)));
    double[] bias = node.has("bias") ? bias(node, weight) : null;
    shape = List.of(weight.shape().get(0));
    spikes = false;
    int group = weight.shape().get(1) / Math.max(1, weight.shape().get(0));
    return bias == null && isVote(weight, group)
        ? new Op.Vote(group)
        : new Op.Linear(new Affine(weight.shape(), weight.data(), bias));
  }

  private double[] bias(NirNode node, NirTensor weight) {
    NirTensor bias = node.tensor("bias");
    if (bias.data().length != weight.shape().get(0)) {
      throw node.wrong(
          "has a bias of shape %s for a weight of shape %s"
              .formatted(bias.shape(), weight.shape()));
    }
    return bias.data();
  }

  /** Each output is the mean of a group of neighbours. */
  private static boolean isVote(NirTensor weight, int group) {
    int out = weight.shape().get(0);
    int in = weight.shape().get(1);
    if (group < 2 || out * group != in) {
      return false;
    }
    for (int i = 0; i < out * in; i++) {
      float expected = i % in / group == i / in ? 1f / group : 0;
      if ((float) weight.data()[i] != expected) {
        return false;
      }
    }
    return true;
  }

  private Op convolution(NirNode node) {
    NirTensor weight = node.tensor("weight");
    List<Integer> sizes = weight.shape();
    if (sizes.size() != 4 || weight.data().length == 0) {
      throw node.wrong(
          "has a kernel of shape %s; Klif's are (out, in, height, width)".formatted(sizes));
    }
    int groups = node.has("groups") ? node.whole("groups", 1) : 1;
    Extent kernel = new Extent(sizes.get(2), sizes.get(3));
    requireImage(node);
    if ((long) sizes.get(1) * groups != shape.get(0)) {
      throw node.wrong(
          "takes %d channels in %d groups, but gets %d"
              .formatted((long) sizes.get(1) * groups, groups, shape.get(0)));
    }
    if (!node.extent("dilation", ONE, 1).equals(ONE)) {
      throw node.wrong("has a dilation, which Klif's convolutions have not");
    }
    Extent stride = node.extent("stride", ONE, 1);
    Extent padding = padding(node, kernel, stride);
    double[] bias = node.has("bias") ? bias(node, weight) : null;
    if (bias != null && Arrays.stream(bias).allMatch(b -> b == 0)) {
      bias = null; // NIR has no convolution without one
    }
    Affine affine = new Affine(sizes, weight.data(), bias);
    if (groups > 1) {
      boolean one = groups == sizes.get(0) && sizes.get(1) == 1 && kernel.equals(ONE);
      if (!one || !stride.equals(ONE) || !padding.equals(NONE)) {
        throw node.wrong("has %d groups, which Klif's convolutions have not".formatted(groups));
      }
      spikes = false;
      return new Op.Norm(weight.data(), affine.biases());
    }
    int rows = shape.get(1) + 2 * padding.height() - kernel.height();
    int columns = shape.get(2) + 2 * padding.width() - kernel.width();
    if (rows < 0 || columns < 0) {
      throw node.wrong("has a kernel of %s over an image of shape %s".formatted(kernel, shape));
    }
    shape = List.of(sizes.get(0), rows / stride.height() + 1, columns / stride.width() + 1);
    requireCountable(node);
    spikes = false;
    return new Op.Conv(affine, stride, padding);
  }

  private Extent padding(NirNode node, Extent kernel, Extent stride) {
    String text = node.texts().get("padding");
    if (text == null) {
      return node.extent("padding", NONE, 0);
    }
    boolean odd = kernel.height() % 2 == 1 && kernel.width() % 2 == 1;
    if (text.equals("same") && odd && stride.equals(ONE)) {
      return new Extent(kernel.height() / 2, kernel.width() / 2);
    }
    if (text.equals("valid")) {
      return NONE;
    }
    throw node.wrong("has the padding '%s', which Klif cannot express here".formatted(text));
  }

  private List<Op> scale(NirNode node) {
    double[] scale = node.channels("scale", shape);
    spikes = false;
    return Arrays.stream(scale).allMatch(s -> s == 1) ? List.of() : List.of(norm(scale));
  }

  private Op norm(double[] scale) {
    double[] spread = NirTensor.spread(NirTensor.Type.FLOAT64, List.of(shape.get(0)), scale).data();
    return new Op.Norm(spread, new double[spread.length]);
  }

  private List<Op> sum(NirNode node) {
    Op.Pool pool = pool(node, false);
    return List.of(pool, norm(new double[] {pool.window().area()}));
  }

  private static boolean isAny(NirNode node) {
    NirTensor threshold = node.tensors().get("threshold");
    return node.type().equals("Threshold")
        && threshold != null
        && Arrays.stream(threshold.data()).allMatch(t -> t >= 0 && t < 1);
  }

  private Op maximum(NirNode node) {
    if (!spikes) {
      throw node.wrong(
          "has a Threshold behind it, which is a maximum only of single spikes; others come");
    }
    Op pool = pool(node, true);
    spikes = true;
    return pool;
  }

  private Op.Pool pool(NirNode node, boolean maximum) {
    requireImage(node);
    Extent window = node.extent("kernel_size", NONE, 1);
    Extent stride = node.extent("stride", window, 1);
    Extent padding = node.extent("padding", NONE, 0);
    int rows = shape.get(1) + 2 * padding.height() - window.height();
    int columns = shape.get(2) + 2 * padding.width() - window.width();
    if (!window.isAtLeast(1) || rows < 0 || columns < 0) {
      throw node.wrong("has a window of %s over an image of shape %s".formatted(window, shape));
    }
    if (padding.height() >= window.height() || padding.width() >= window.width()) {
      throw node.wrong(
          "has a padding of %s, which is not smaller than its window of %s"
              .formatted(padding, window));
    }
    shape = List.of(shape.get(0), rows / stride.height() + 1, columns / stride.width() + 1);
    requireCountable(node);
    spikes = false;
    return new Op.Pool(maximum, window, stride, padding);
  }

  private List<Op> flatten(NirNode node) {
    int last = shape.size() - 1;
    int start = node.whole("start_dim", -shape.size());
    int end = node.whole("end_dim", -shape.size());
    boolean all = start == 0 && (end == -1 || end == last);
    boolean nothing = shape.size() == 1 && start <= 1;
    if (!all && !nothing) {
      throw node.wrong("flattens axes %d to %d of shape %s, not all".formatted(start, end, shape));
    }
    shape = List.of(Math.toIntExact(Shapes.elements(shape)));
    return List.of(new Op.Flat());
  }

  private void requireCountable(NirNode node) {
    double values = shape.stream().mapToDouble(Integer::doubleValue).reduce(1, (a, b) -> a * b);
    if (values > Integer.MAX_VALUE) {
      throw node.wrong(
          "has an output of shape %s, and %d values are the most"
              .formatted(shape, Integer.MAX_VALUE));
    }
  }

  private void requireImage(NirNode node) {
    if (shape.size() != 3) {
      throw node.wrong("wants an image, but its input has shape %s".formatted(shape));
    }
  }

  private void requireInput(NirNode node, List<Integer> wanted) {
    if (!shape.equals(wanted)) {
      throw node.wrong("takes an input of shape %s, but gets %s".formatted(wanted, shape));
    }
  }
}
