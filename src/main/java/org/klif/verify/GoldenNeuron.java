package org.klif.verify;

import java.util.Arrays;
import java.util.LinkedHashMap;
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
 *
 * <p>It is run twice: as it is, and copied along the batch axis, so that vector lanes and the
 * chunks of a device are filled. A case alone has a few neurons, which a device may well compute in
 * another loop than the bulk of a layer.
 */
final class GoldenNeuron {
  /** Odd, and with the usual 6 neurons of a case no multiple of any vector's lanes. */
  private static final int COPIES = 37;

  private final GoldenJson json;
  private final int copies;
  private final GoldenTensor x;
  private final ActivationShape shape;
  private final Neuron neuron;
  private final @Nullable GoldenTensor parameter;

  private GoldenNeuron(GoldenJson json, int copies) {
    this.json = json;
    this.copies = copies;
    x = json.tensor("x");
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
        sequence(
            json.has("weight_S")
                ? json.tensor("weight_S", x.shape())
                : GoldenTensor.zeros(x.shape()));
    GoldenTensor weightV =
        state(
            json.has("weight_V")
                ? json.tensor("weight_V", stateShape)
                : GoldenTensor.zeros(stateShape));
    int sequence = weightS.data().length;
    int state = weightV.data().length;
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit =
          scope.own(device.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false)));
      Buffer k = parameter == null ? null : scope.of(parameter.floats());
      Buffer initial =
          json.has("v0") && !json.isNull("v0")
              ? scope.of(state(json.tensor("v0", stateShape)).floats())
              : null;
      NeuronUnit.Forward forward =
          NeuronUnit.Forward.of(scope.of(sequence(x).floats()), k, scope.zeros(sequence), null)
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
      double loss = dot(weightS, forward.spikes().toArray()) + dot(weightV, values(forward.last()));
      compare(forward, backward, loss / copies, comparison);
    }
  }

  /** As the device holds a sequence: channels last, each step's samples copied. */
  private GoldenTensor sequence(GoldenTensor tensor) {
    return tensor.channelsLast(2).repeated(x.axis(0), copies);
  }

  /** As the device holds a state. */
  private GoldenTensor state(GoldenTensor tensor) {
    return tensor.channelsLast(1).repeated(1, copies);
  }

  private void compare(
      NeuronUnit.Forward forward,
      NeuronUnit.Backward backward,
      double loss,
      Comparison comparison) {
    GoldenJson expect = json.object("expect");
    String suffix = copies == 1 ? "" : " (%d copies)".formatted(copies);
    int[] shapes = x.shape();
    if (expect.has("S")) {
      comparison.equal(
          "S" + suffix, forward.spikes().toArray(), sequence(expect.tensor("S", shapes)).data());
    }
    Map<String, Buffer> sequences = new LinkedHashMap<>();
    sequences.put("F", forward.charged());
    sequences.put("V", forward.potential());
    sequences.put("grad_x", backward.gx());
    sequences.forEach(
        (key, actual) -> {
          if (expect.has(key)) {
            comparison.close(
                key + suffix, values(actual), sequence(expect.tensor(key, shapes)).data());
          }
        });
    if (expect.has("V_T")) {
      comparison.close("V_T" + suffix, values(forward.last()), state(expect.tensor("V_T")).data());
    }
    if (expect.has("grad_v0")) {
      comparison.close(
          "grad_v0" + suffix, values(backward.gInitial()), state(expect.tensor("grad_v0")).data());
    }
    for (String key : new String[] {"grad_k", "grad_w"}) {
      if (expect.has(key)) {
        if (parameter == null) {
          throw new MalformedCase("expect.%s: %s learns nothing".formatted(key, neuron.token()));
        }
        float[] sums = values(backward.gParameter());
        for (int i = 0; i < sums.length; i++) {
          sums[i] /= copies;
        }
        comparison.close(key + suffix, sums, expect.tensor(key, parameter.shape()).data());
      }
    }
    if (expect.has("loss")) {
      comparison.close("loss" + suffix, loss, expect.tensor("loss").data()[0]);
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
