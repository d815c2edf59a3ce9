package org.klif.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.DType;
import org.klif.device.Loss;
import org.klif.neuron.Neuron;
import org.klif.nn.LayerSpec;
import org.klif.nn.Network;
import org.klif.nn.NetworkSpec;
import org.klif.tensor.ActivationShape;
import org.klif.tensor.Extent;

/**
 * A network as a line of text in float64, loop by loop, by the equations of docs/MATH.md: what a
 * device is compared with where activations have 16 bits. Activations have channels last,
 * parameters are canonical and in the order of the text.
 *
 * <p>Rounding is that of docs/MATH.md, With activations of 16 bits: of weights that products read,
 * and once of each activation or gradient that one layer hands to the next. Without 16 bits nothing
 * is rounded.
 */
final class ReferenceNetwork {
  private final DType type;
  private final boolean biasLater;
  private final Network.Options options;
  private final List<ReferenceLayer.Parameter> parameters = new ArrayList<>();
  private final List<ReferenceUnit.Norm> norms = new ArrayList<>();
  private final List<ReferenceUnit> units = new ArrayList<>();
  private final ReferenceLayer layers;
  private final ActivationShape input;

  /** What reaches the next layer. */
  private ActivationShape shape;

  /**
   * A network whose running statistics are those before the first step.
   *
   * @param type of activations
   * @param biasLater a product is stored before its bias is added, as on a GPU
   * @throws MalformedCase for dropout and neurons from files, which it does not have
   */
  ReferenceNetwork(
      NetworkSpec spec, Network.Options options, int batch, DType type, boolean biasLater) {
    this.options = options;
    this.type = type;
    this.biasLater = biasLater;
    input = options.inputShape(batch);
    shape = input;
    List<ReferenceLayer> all = new ArrayList<>(sequence(spec.layers()));
    flatten(all);
    repeat(all);
    layers = new ReferenceLayer.Chain(all);
  }

  /**
   * A forward and a backward pass.
   *
   * @param values of the parameters
   * @param x (T, N, H, W, C); of a constant input the first step counts
   */
  NetworkPass pass(
      List<double[]> values, double[] x, Loss.Objective objective, ReferenceLoss.Labels labels) {
    if (values.size() != parameters.size()) {
      throw new MalformedCase(
          "it has %d parameters, and the network %d".formatted(values.size(), parameters.size()));
    }
    for (int i = 0; i < values.size(); i++) {
      parameters.get(i).values = values.get(i);
    }
    double[] stored = Arrays.copyOf(x, Math.toIntExact(input.elements()));
    double[] output = layers.forward(ReferenceLayer.stored(stored, type));
    ReferenceLoss loss = ReferenceLoss.of(objective, output, options.steps(), labels);
    double[] gOutput = ReferenceLayer.stored(loss.gradient(), type);
    double[] gInput = layers.backward(gOutput);
    return new NetworkPass(
        output,
        loss.rate(),
        gOutput,
        loss.loss(),
        units.stream().mapToDouble(ReferenceUnit::spikes).toArray(),
        parameters.stream().map(p -> p.gradient).toList(),
        gInput,
        norms.stream().map(n -> n.mean.clone()).toList(),
        norms.stream().map(n -> n.variance.clone()).toList());
  }

  private List<ReferenceLayer> sequence(List<LayerSpec> specs) {
    List<ReferenceLayer> sequence = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      LayerSpec spec = specs.get(i);
      if (spec instanceof LayerSpec.BatchNorm2d) {
        ReferenceUnit.Norm norm = norm();
        LayerSpec next = i + 1 < specs.size() ? specs.get(i + 1) : spec;
        if (next instanceof LayerSpec.Spiking spiking) {
          sequence.add(neurons(norm, spiking));
          i++;
        } else {
          sequence.add(new ReferenceUnit(shape, norm, null, null, type));
        }
      } else {
        layer(spec, sequence);
      }
    }
    return sequence;
  }

  private void layer(LayerSpec spec, List<ReferenceLayer> to) {
    if (spec instanceof LayerSpec.Conv2d conv) {
      ActivationShape in = shape;
      image(conv.out(), conv.kernel(), conv.stride(), conv.padding());
      ReferenceLayer.Parameter weight = parameter();
      ReferenceLayer.@Nullable Parameter bias = conv.bias() ? parameter() : null;
      to.add(new ReferenceMaps.Convolution(conv, in, shape, weight, bias, type, biasLater));
    } else if (spec instanceof LayerSpec.Spiking spiking) {
      to.add(neurons(null, spiking));
    } else if (spec instanceof LayerSpec.Pool pool) {
      pool(pool, to);
    } else if (spec instanceof LayerSpec.GlobalAvgPool) {
      pool(new LayerSpec.Pool(false, new Extent(shape.height(), shape.width())), to);
    } else if (spec instanceof LayerSpec.Flatten) {
      flatten(to);
    } else if (spec instanceof LayerSpec.Linear linear) {
      flatten(to);
      Extent one = Extent.square(1);
      layer(new LayerSpec.Conv2d(linear.out(), one, one, Extent.square(0), linear.bias()), to);
    } else if (spec instanceof LayerSpec.Voting voting) {
      flatten(to);
      to.add(new ReferenceMaps.Vote(voting.group(), type));
      shape = shape.withImage(shape.features() / voting.group(), 1, 1);
    } else if (spec instanceof LayerSpec.LeakyReadout readout) {
      flatten(to);
      repeat(to);
      to.add(new ReferenceMaps.LeakyReadout(options.steps(), readout.tau(), type));
    } else if (spec instanceof LayerSpec.Residual residual) {
      List<ReferenceLayer> parts = branches(residual);
      to.add(new ReferenceLayer.Residual(parts.get(0), parts.get(1), type));
    } else if (spec instanceof LayerSpec.Attention attention) {
      List<ReferenceLayer> parts = branches(attention);
      to.add(
          new ReferenceLayer.Attention(parts, shape, attention.heads(), attention.scale(), type));
    } else {
      throw new MalformedCase("the float64 reference has no layer '%s'".formatted(spec.token()));
    }
  }

  private ReferenceLayer.Parameter parameter() {
    ReferenceLayer.Parameter parameter = new ReferenceLayer.Parameter();
    parameters.add(parameter);
    return parameter;
  }

  private ReferenceUnit.Norm norm() {
    ReferenceUnit.Norm norm =
        new ReferenceUnit.Norm(
            parameter(),
            parameter(),
            shape.channels(),
            options.norm().eps(),
            options.norm().momentum());
    norms.add(norm);
    return norm;
  }

  private ReferenceUnit neurons(ReferenceUnit.@Nullable Norm norm, LayerSpec.Spiking spec) {
    Neuron neuron = options.neurons().neuron(spec.over(options.neuron()));
    if (neuron instanceof Neuron.Custom) {
      throw new MalformedCase("the float64 reference has no neuron '%s'".formatted(spec.token()));
    }
    ReferenceLayer.@Nullable Parameter learned = neuron.hasParameter() ? parameter() : null;
    ReferenceUnit unit = new ReferenceUnit(shape, norm, neuron, learned, type);
    shape = shape.varying();
    units.add(unit);
    return unit;
  }

  private void pool(LayerSpec.Pool pool, List<ReferenceLayer> to) {
    ActivationShape in = shape;
    image(shape.channels(), pool.window(), pool.stride(), pool.padding());
    to.add(new ReferenceMaps.Pool(pool, in, shape, type));
  }

  /** What windows make of the present shape. */
  private void image(int channels, Extent window, Extent stride, Extent padding) {
    shape =
        shape.withImage(
            channels,
            (shape.height() + 2 * padding.height() - window.height()) / stride.height() + 1,
            (shape.width() + 2 * padding.width() - window.width()) / stride.width() + 1);
  }

  /**
   * All parts of a block, which read the same input; a constant one repeated where another varies.
   */
  private List<ReferenceLayer> branches(LayerSpec.Block block) {
    ActivationShape before = shape;
    List<List<ReferenceLayer>> parts = new ArrayList<>();
    List<ActivationShape> ends = new ArrayList<>();
    for (LayerSpec.Block.Part part : block.parts()) {
      shape = before;
      parts.add(new ArrayList<>(sequence(part.layers())));
      ends.add(shape);
    }
    boolean constant = ends.stream().allMatch(ActivationShape::constant);
    List<ReferenceLayer> branches = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      if (!constant && ends.get(i).constant()) {
        parts.get(i).add(new ReferenceLayer.Repeat(options.steps(), type));
      }
      branches.add(new ReferenceLayer.Chain(parts.get(i)));
    }
    shape = constant ? ends.get(0) : ends.get(0).varying();
    return branches;
  }

  private void flatten(List<ReferenceLayer> to) {
    if (shape.height() * shape.width() > 1) {
      to.add(new ReferenceMaps.Flatten(shape));
      shape = shape.withImage(shape.features(), 1, 1);
    }
  }

  private void repeat(List<ReferenceLayer> to) {
    if (shape.constant()) {
      to.add(new ReferenceLayer.Repeat(options.steps(), type));
      shape = shape.varying();
    }
  }
}
