package org.klif.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.ParameterLayout;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;

/** Makes the parameters of layers, with their names and first values. */
final class LayerParameters {
  private final Network.Options options;
  private final ParameterStore store;

  LayerParameters(Network.Options options, ParameterStore store) {
    this.options = options;
    this.store = store;
  }

  /** Weights with their first values. */
  Parameter weight(
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

  /** Biases with their first values. */
  Parameter bias(String name, int out, long fanIn) {
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

  /**
   * Weight, bias and running statistics of a batch norm.
   *
   * @param first what each weight starts at
   */
  Normalization normalization(String name, int channels, double first) {
    float[] weights = new float[channels];
    Arrays.fill(weights, (float) first);
    Parameter weight = norm(name + ".weight", weights);
    Parameter bias = norm(name + ".bias", new float[channels]);
    return new Normalization(
        channels,
        options.norm().eps(),
        options.norm().momentum(),
        weight,
        bias,
        store.addRunning(name + ".running_mean", channels, 0, -Float.MAX_VALUE),
        store.addRunning(name + ".running_var", channels, 1, 0),
        store.memory(Normalization.scratchSize(channels)));
  }

  /**
   * What a layer of neurons learns.
   *
   * @return null for nothing
   */
  @Nullable NeuronParameters neuron(String name, Neuron neuron, int channels) {
    if (neuron instanceof Neuron.Custom custom) {
      return custom.model().learned().isEmpty() ? null : fromFile(name, custom.model(), channels);
    }
    Parameter one = builtIn(name, neuron, channels);
    return one == null ? null : store.together(List.of(one), one.physicalSize());
  }

  /** The raw numbers of all that a neuron from a file learns, in its order and padding. */
  private NeuronParameters fromFile(String name, NeuronModel model, int channels) {
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
    return store.together(parameters, model.learnedSize(channels));
  }

  private @Nullable Parameter builtIn(String name, Neuron neuron, int channels) {
    if (neuron instanceof Neuron.Klif klif) {
      int[] kShape = klif.perChannel() ? new int[] {channels} : new int[0];
      float[] first = new float[klif.perChannel() ? channels : 1];
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
}
