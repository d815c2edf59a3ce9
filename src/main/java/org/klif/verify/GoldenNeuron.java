package org.klif.verify;

import java.util.Arrays;
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
final class GoldenNeuron {
  private final GoldenJson json;
  private final GoldenTensor x;
  private final ActivationShape shape;
  private final Neuron neuron;
  private final @Nullable GoldenTensor parameter;

  private GoldenNeuron(GoldenJson json) {
    this.json = json;
    x = json.tensor("x");
    if (x.shape().length < 2) {
      throw new MalformedCase("x should be (T, N, ...), not " + Arrays.toString(x.shape()));
    }
    int width = IntStream.range(4, x.shape().length).map(x::axis).reduce(1, Math::multiplyExact);
    shape = new ActivationShape(x.axis(0), false, x.axis(1), x.axis(2), x.axis(3), width);
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
    new GoldenNeuron(json).run(device, comparison);
  }

  private static Neuron neuron(GoldenJson json, String model, @Nullable GoldenTensor parameter) {
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

  private void run(Device device, Comparison comparison) {
    int[] stateShape = Arrays.copyOfRange(x.shape(), 1, x.shape().length);
    GoldenTensor weightS =
        json.has("weight_S")
            ? json.tensor("weight_S", x.shape()).channelsLast(2)
            : GoldenTensor.zeros(x.shape());
    GoldenTensor weightV =
        json.has("weight_V")
            ? json.tensor("weight_V", stateShape).channelsLast(1)
            : GoldenTensor.zeros(stateShape);
    int sequence = x.data().length;
    int state = weightV.data().length;
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit =
          scope.own(device.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false)));
      Buffer k = parameter == null ? null : scope.of(parameter.floats());
      Buffer initial =
          json.has("v0") && !json.isNull("v0")
              ? scope.of(json.tensor("v0", stateShape).channelsLast(1).floats())
              : null;
      NeuronUnit.Forward forward =
          NeuronUnit.Forward.of(
                  scope.of(x.channelsLast(2).floats()), k, scope.zeros(sequence), null)
              .streaming(initial, scope.zeros(state))
              .traced(scope.zeros(sequence), scope.zeros(sequence));
      unit.forward(forward);
      NeuronUnit.Backward backward =
          new NeuronUnit.Backward(
              forward,
              scope.of(weightS.floats()),
              scope.of(weightV.floats()),
              scope.zeros(sequence),
              scope.zeros(state),
              parameter == null ? null : scope.zeros(parameter.data().length),
              null,
              null);
      unit.backward(backward);
      compare(forward, backward, weightS, weightV, comparison);
    }
  }

  private void compare(
      NeuronUnit.Forward forward,
      NeuronUnit.Backward backward,
      GoldenTensor weightS,
      GoldenTensor weightV,
      Comparison comparison) {
    GoldenJson expect = json.object("expect");
    float[] spikes = forward.spikes().toArray();
    float[] last = values(forward.last());
    if (expect.has("S")) {
      comparison.equal("S", spikes, expect.tensor("S", x.shape()).channelsLast(2).data());
    }
    sequence(expect, "F", forward.charged(), comparison);
    sequence(expect, "V", forward.potential(), comparison);
    sequence(expect, "grad_x", backward.gx(), comparison);
    if (expect.has("V_T")) {
      comparison.close("V_T", last, expect.tensor("V_T").channelsLast(1).data());
    }
    if (expect.has("grad_v0")) {
      comparison.close(
          "grad_v0", values(backward.gInitial()), expect.tensor("grad_v0").channelsLast(1).data());
    }
    for (String key : new String[] {"grad_k", "grad_w"}) {
      if (expect.has(key)) {
        if (parameter == null) {
          throw new MalformedCase("expect.%s: %s learns nothing".formatted(key, neuron.token()));
        }
        comparison.close(
            key, values(backward.gParameter()), expect.tensor(key, parameter.shape()).data());
      }
    }
    if (expect.has("loss")) {
      comparison.close(
          "loss", dot(weightS, spikes) + dot(weightV, last), expect.tensor("loss").data()[0]);
    }
  }

  private void sequence(
      GoldenJson expect, String key, @Nullable Buffer actual, Comparison comparison) {
    if (expect.has(key)) {
      comparison.close(key, values(actual), expect.tensor(key, x.shape()).channelsLast(2).data());
    }
  }

  private static float[] values(@Nullable Buffer buffer) {
    return buffer == null ? new float[0] : buffer.toArray();
  }

  private static double dot(GoldenTensor weights, float[] values) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += weights.data()[i] * values[i];
    }
    return sum;
  }
}
