package org.klif.verify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.file.NeuronFile;
import org.klif.tensor.ActivationShape;

/**
 * A neuron case of format 2: a neuron that comes with Klif as a file, over a whole sequence, the
 * loss being sum(weight_S S) + sum(weight_V V_T), and sum(weight_M M_T) where there is a second
 * state. It is also run step by step, which gives all states of each step.
 */
final class GoldenFileNeuron extends GoldenSequence {
  static final String FORMAT = "klif-golden-2";

  /**
   * The files' names of the states, first the potential; of what they begin with; of what weighs
   * them.
   */
  private static final List<String> STATES = List.of("V", "M");

  private static final List<String> INITIAL = List.of("v0", "m0");
  private static final List<String> WEIGHTS = List.of("weight_V", "weight_M");

  private final ActivationShape shape;
  private final Neuron.Custom neuron;
  private final float[] learned;
  private final int states;

  private GoldenFileNeuron(GoldenJson json, int copies) {
    super(json, copies);
    if (x.shape().length != 3) {
      throw new MalformedCase("x should be (T, N, C), not " + Arrays.toString(x.shape()));
    }
    shape = new ActivationShape(x.axis(0), false, copies * x.axis(1), x.axis(2), 1, 1);
    neuron = neuron(json);
    states = neuron.model().states().size();
    learned = neuron.model().initialNumbers(shape.channels());
    if (neuron.hasParameter()) {
      learned[0] = (float) json.number(neuron.model().learned().get(0).name());
    }
  }

  /** Runs one case. */
  static void run(GoldenJson json, Device device, Comparison comparison) {
    new GoldenFileNeuron(json, 1).run(device, comparison);
    new GoldenFileNeuron(json, COPIES).run(device, comparison);
  }

  private static Neuron.Custom neuron(GoldenJson json) {
    String model = json.text("model");
    if (!NeuronFile.SHIPPED.contains(model)) {
      throw new MalformedCase("no neuron '%s' comes with Klif as a file".formatted(model));
    }
    NeuronModel file = NeuronFile.shipped(model);
    Map<String, Double> said = new LinkedHashMap<>();
    said.put("tau", json.number("tau", 2));
    said.put("decayInput", json.flag("decay_input", false) ? 1.0 : 0);
    said.put("threshold", json.number("v_threshold", 1));
    said.put("softReset", json.isNull("v_reset") ? 1.0 : 0);
    said.put("vReset", json.isNull("v_reset") ? 0 : json.number("v_reset"));
    said.put("detachReset", json.flag("detach_reset", false) ? 1.0 : 0);
    said.keySet().retainAll(file.constants().stream().map(NeuronModel.Constant::name).toList());
    Neuron.Custom plain = Neuron.Custom.of(file, GoldenNeuron.surrogate(json));
    return new Neuron.Custom(plain.common(), file, said, null);
  }

  @Override
  Inputs inputs() {
    return new Inputs(
        sequence(x),
        allStates(INITIAL),
        sequence(json.tensor("weight_S", x.shape())),
        allStates(WEIGHTS));
  }

  @Override
  void compare(Comparison comparison, String what, double[] actual, double[] expected) {
    comparison.measured(what, actual, expected);
  }

  /** Of the loss and w the mean over the copies. */
  @Override
  Map<String, double[]> stored() {
    GoldenJson expect = json.object("expect");
    Map<String, double[]> all = new LinkedHashMap<>();
    all.put("S", sequence(expect.tensor("S", x.shape())).data());
    for (String key : List.of("H", "V", "M", "grad_x")) {
      if (expect.has(key)) {
        all.put(key, sequence(expect.tensor(key, x.shape())).data());
      }
    }
    for (String key : List.of("V_T", "M_T", "grad_v0", "grad_m0")) {
      if (expect.has(key)) {
        all.put(key, state(expect.tensor(key)).data());
      }
    }
    for (String key : List.of("grad_w", "loss")) {
      if (expect.has(key)) {
        all.put(key, expect.tensor(key).data());
      }
    }
    return all;
  }

  @Override
  Map<String, double[]> reference(Inputs in) {
    int size = Math.toIntExact(shape.elements()) / shape.steps();
    Map<String, double[]> all =
        ReferenceFileNeuron.of(json)
            .run(
                in.x().data(),
                in.initial().data(),
                in.weightS().data(),
                in.weightLast().data(),
                size);
    for (String key : List.of("grad_w", "loss")) {
      all.computeIfPresent(key, (k, sum) -> new double[] {sum[0] / copies});
    }
    return all;
  }

  @Override
  Map<String, double[]> onDevice(Inputs in, Device device) {
    int sequence = (int) shape.elements();
    int size = sequence / shape.steps();
    Map<String, double[]> all = new LinkedHashMap<>();
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit = scope.own(device.neuronUnit(spec(shape)));
      boolean learns = neuron.hasParameter();
      Buffer parameter = learns ? scope.of(learned) : null;
      Buffer argument = scope.zeros(sequence);
      NeuronUnit.Forward forward =
          NeuronUnit.Forward.of(
                  scope.activationsOf(in.x().floats()),
                  parameter,
                  scope.activations(sequence),
                  null)
              .streaming(scope.of(in.initial().floats()), scope.zeros((long) states * size))
              .traced(argument, scope.zeros(sequence));
      unit.forward(forward);
      NeuronUnit.Backward backward =
          new NeuronUnit.Backward(
              forward,
              scope.activationsOf(in.weightS().floats()),
              scope.of(in.weightLast().floats()),
              scope.activations(sequence),
              scope.zeros((long) states * size),
              learns ? scope.zeros(learned.length) : null,
              null,
              null);
      unit.backward(backward);
      double[] spikes = Comparison.doubles(forward.spikes().toArray());
      double[] last = Comparison.doubles(forward.last().toArray());
      double[] gInitial = Comparison.doubles(backward.gInitial().toArray());
      all.put("S", spikes);
      all.put("H", plus(Comparison.doubles(argument.toArray()), threshold()));
      all.put("grad_x", Comparison.doubles(backward.gx().toArray()));
      all.put(
          "loss", new double[] {(dot(in.weightS(), spikes) + dot(in.weightLast(), last)) / copies});
      for (int i = 0; i < states; i++) {
        String name = STATES.get(i);
        all.put(name, stepByStep(scope, forward.x(), forward.initial(), parameter, i));
        all.put(name + "_T", part(last, i, size));
        all.put("grad_" + INITIAL.get(i), part(gInitial, i, size));
      }
      if (learns) {
        all.put("grad_w", new double[] {backward.gParameter().toArray()[0] / (double) copies});
      }
    }
    return all;
  }

  private NeuronUnit.Spec spec(ActivationShape of) {
    return new NeuronUnit.Spec(neuron, of, false, null, false);
  }

  /** The argument of the spike is H less this. */
  private double threshold() {
    return neuron.hasParameter() ? Math.tanh(learned[0]) : json.number("v_threshold", 1);
  }

  /** A state after each step, by units of one step each that hand their states on. */
  private double[] stepByStep(
      BufferScope scope, Buffer current, Buffer initial, Buffer parameter, int state) {
    int size = (int) (shape.elements() / shape.steps());
    double[] all = new double[(int) shape.elements()];
    ActivationShape one =
        new ActivationShape(
            1, false, shape.batch(), shape.channels(), shape.height(), shape.width());
    NeuronUnit unit = scope.own(scope.device().neuronUnit(spec(one)));
    Buffer before = initial;
    for (int t = 0; t < shape.steps(); t++) {
      Buffer after = scope.zeros((long) states * size);
      unit.forward(
          NeuronUnit.Forward.of(
                  current.view((long) t * size, size), parameter, scope.activations(size), null)
              .streaming(before, after));
      System.arraycopy(Comparison.doubles(after.toArray()), state * size, all, t * size, size);
      before = after;
    }
    return all;
  }

  /** One tensor a state, one after the other; zeros where the file has none. */
  private GoldenTensor allStates(List<String> keys) {
    int[] stateShape = Arrays.copyOfRange(x.shape(), 1, x.shape().length);
    int size = (int) (shape.elements() / shape.steps());
    double[] all = new double[states * size];
    for (int i = 0; i < states; i++) {
      String key = keys.get(i);
      if (json.has(key) && !json.isNull(key)) {
        System.arraycopy(state(json.tensor(key, stateShape)).data(), 0, all, i * size, size);
      }
    }
    return new GoldenTensor(new int[] {all.length}, all);
  }

  private static double[] part(double[] all, int number, int size) {
    return Arrays.copyOfRange(all, number * size, (number + 1) * size);
  }

  private static double[] plus(double[] values, double constant) {
    return Arrays.stream(values).map(v -> v + constant).toArray();
  }
}
