package org.klif.verify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;

/**
 * A neuron case: one {@link NeuronUnit} over a whole sequence, the loss being sum(weight_S S) +
 * sum(weight_V V_T).
 */
final class GoldenNeuron extends GoldenSequence {
  private final ActivationShape shape;
  private final Neuron neuron;
  private final @Nullable GoldenTensor parameter;

  private GoldenNeuron(GoldenJson json, int copies) {
    super(json, copies);
    if (x.shape().length < 2) {
      throw new MalformedCase("x should be (T, N, ...), not " + Arrays.toString(x.shape()));
    }
    int width = IntStream.range(4, x.shape().length).map(x::axis).reduce(1, Math::multiplyExact);
    shape = new ActivationShape(x.axis(0), false, copies * x.axis(1), x.axis(2), x.axis(3), width);
    String model = json.text("model");
    parameter =
        switch (model) {
          case "klif" ->
              json.has("k") ? json.tensor("k") : new GoldenTensor(new int[0], new double[] {1});
          case "plif" -> json.tensor("w");
          default -> null;
        };
    if (parameter != null
        && !parameter.hasShape()
        && !(model.equals("klif") && parameter.hasShape(shape.channels()))) {
      throw new MalformedCase(
          "%s has shape %s; it should be [] or, for k, [%d]"
              .formatted(
                  model.equals("klif") ? "k" : "w",
                  Arrays.toString(parameter.shape()),
                  shape.channels()));
    }
    neuron = neuron(json, model, parameter);
  }

  /** Runs one case. */
  static void run(GoldenJson json, Device device, Comparison comparison) {
    new GoldenNeuron(json, 1).run(device, comparison);
    new GoldenNeuron(json, COPIES).run(device, comparison);
  }

  /** The neuron of an object's options. */
  static Neuron neuron(GoldenJson json, String model, @Nullable GoldenTensor parameter) {
    Neuron.Common common =
        new Neuron.Common(
            json.number("v_threshold", 1),
            json.isNull("v_reset") ? new Reset.Soft() : new Reset.Hard(json.number("v_reset", 0)),
            json.flag("detach_reset", false),
            surrogate(json));
    boolean decayInput = json.flag("decay_input", true);
    return switch (model) {
      case "klif" ->
          new Neuron.Klif(
              common,
              json.number("tau", 2),
              decayInput,
              json.flag("scale_reset", false),
              parameter == null ? 1 : parameter.data()[0],
              parameter != null && !parameter.hasShape());
      case "lif" -> new Neuron.Lif(common, json.number("tau", 2), decayInput);
      case "plif" -> new Neuron.Plif(common, json.number("w"), decayInput);
      case "if" -> new Neuron.If(common);
      default -> throw new MalformedCase("unknown model '%s'".formatted(model));
    };
  }

  /** The surrogate of a neuron object; atan when it has none. */
  static Surrogate surrogate(GoldenJson neuron) {
    if (!neuron.has("surrogate")) {
      return Surrogate.of(Surrogate.Kind.ATAN);
    }
    GoldenJson surrogate = neuron.object("surrogate");
    Surrogate.Kind kind = Surrogate.Kind.parse(surrogate.text("name"));
    return new Surrogate(kind, surrogate.number("alpha", kind.defaultAlpha()));
  }

  @Override
  Inputs inputs() {
    int[] stateShape = Arrays.copyOfRange(x.shape(), 1, x.shape().length);
    return new Inputs(
        sequence(x),
        json.has("v0") && !json.isNull("v0") ? state(json.tensor("v0", stateShape)) : null,
        sequence(
            json.has("weight_S")
                ? json.tensor("weight_S", x.shape())
                : GoldenTensor.zeros(x.shape())),
        state(
            json.has("weight_V")
                ? json.tensor("weight_V", stateShape)
                : GoldenTensor.zeros(stateShape)));
  }

  @Override
  void compare(Comparison comparison, String what, double[] actual, double[] expected) {
    comparison.close(what, actual, expected);
  }

  @Override
  Map<String, double[]> onDevice(Inputs in, Device device) {
    int sequence = in.weightS().data().length;
    int state = in.weightLast().data().length;
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit =
          scope.own(device.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false)));
      Buffer k = parameter == null ? null : scope.of(parameter.floats());
      Buffer spikes = scope.activations(sequence);
      Buffer last = scope.zeros(state);
      Buffer charged = scope.zeros(sequence);
      Buffer potential = scope.zeros(sequence);
      NeuronUnit.Forward forward =
          NeuronUnit.Forward.of(scope.activationsOf(in.x().floats()), k, spikes, null)
              .streaming(in.initial() == null ? null : scope.of(in.initial().floats()), last)
              .traced(charged, potential);
      unit.forward(forward);
      Buffer gx = scope.activations(sequence);
      Buffer gInitial = scope.zeros(state);
      Buffer gParameter = parameter == null ? null : scope.zeros(parameter.data().length);
      unit.backward(
          new NeuronUnit.Backward(
              forward,
              scope.activationsOf(in.weightS().floats()),
              scope.of(in.weightLast().floats()),
              gx,
              gInitial,
              gParameter,
              null,
              null));
      return results(
          in,
          doubles(spikes),
          doubles(charged),
          doubles(potential),
          doubles(last),
          new ReferenceNeuron.Gradients(
              doubles(gx), doubles(gInitial), doubles(gParameter), new double[0]));
    }
  }

  @Override
  Map<String, double[]> reference(Inputs in) {
    ReferenceNeuron reference =
        new ReferenceNeuron(
            neuron,
            false,
            shape.steps(),
            in.weightLast().data().length,
            shape.channels(),
            parameter == null ? new double[0] : parameter.data());
    System.arraycopy(in.x().data(), 0, reference.x, 0, reference.x.length);
    if (in.initial() != null) {
      System.arraycopy(in.initial().data(), 0, reference.initial, 0, reference.initial.length);
    }
    reference.forward();
    return results(
        in,
        reference.s,
        reference.f,
        reference.v,
        reference.last(),
        reference.backward(in.weightS().data(), in.weightLast().data()));
  }

  /** By the files' keys; what is summed over the batch is that of one copy. */
  private Map<String, double[]> results(
      Inputs in,
      double[] spikes,
      double[] charged,
      double[] potential,
      double[] last,
      ReferenceNeuron.Gradients gradients) {
    double loss = dot(in.weightS(), spikes) + dot(in.weightLast(), last);
    double[] ofParameter = Arrays.stream(gradients.parameter()).map(g -> g / copies).toArray();
    Map<String, double[]> all = new LinkedHashMap<>();
    all.put("S", spikes);
    all.put("F", charged);
    all.put("V", potential);
    all.put("grad_x", gradients.x());
    all.put("V_T", last);
    all.put("grad_v0", gradients.initial());
    all.put("grad_k", ofParameter);
    all.put("grad_w", ofParameter);
    all.put("loss", new double[] {loss / copies});
    return all;
  }

  @Override
  Map<String, double[]> stored() {
    GoldenJson expect = json.object("expect");
    Map<String, double[]> all = new LinkedHashMap<>();
    for (String key : List.of("S", "F", "V", "grad_x")) {
      if (expect.has(key)) {
        all.put(key, sequence(expect.tensor(key, x.shape())).data());
      }
    }
    for (String key : List.of("V_T", "grad_v0")) {
      if (expect.has(key)) {
        all.put(key, state(expect.tensor(key)).data());
      }
    }
    for (String key : List.of("grad_k", "grad_w")) {
      if (expect.has(key)) {
        if (parameter == null) {
          throw new MalformedCase("expect.%s: %s learns nothing".formatted(key, neuron.token()));
        }
        all.put(key, expect.tensor(key, parameter.shape()).data());
      }
    }
    if (expect.has("loss")) {
      all.put("loss", expect.tensor("loss").data());
    }
    return all;
  }

  private static double[] doubles(@Nullable Buffer buffer) {
    return buffer == null ? new double[0] : Comparison.doubles(buffer.toArray());
  }
}
