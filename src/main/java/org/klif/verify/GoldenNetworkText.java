package org.klif.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.Loss;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NetworkSpec;
import org.klif.nn.Parameter;
import org.klif.optim.Optimizer;

/**
 * A network case of format klif-golden-2: any network as a line of text, one forward and backward
 * pass with everything that comes out, down to the gradient of the input, and maybe some updates. A
 * text or a loss that Klif does not have makes it a failed one, with the sentence that says so.
 *
 * <p>With activations of 16 bits {@link ReferenceNetwork} says what is expected, of x and weights
 * rounded to them. It must first give the file's values without rounding.
 */
final class GoldenNetworkText {
  private final GoldenJson json;
  private final GoldenTensor x;
  private final boolean constant;
  private final Comparison comparison;
  private final List<GoldenJson> stored;
  private final Loss.Objective objective;
  private final int[] labels;
  private final Network.Options options;

  private GoldenNetworkText(GoldenJson json, Comparison comparison) {
    this.json = json;
    this.comparison = comparison;
    x = json.tensor("x");
    if (x.shape().length != 5) {
      throw new MalformedCase("x should be (T, N, C, H, W), not " + Arrays.toString(x.shape()));
    }
    constant = json.flag("static_input", false);
    stored = json.objects("parameters");
    objective = objective();
    labels = json.integers("labels");
    options = GoldenNetwork.options(json, x, constant);
  }

  /** Runs one case. */
  static void run(GoldenJson json, Device device, Comparison comparison) {
    GoldenNetworkText golden = new GoldenNetworkText(json, comparison);
    try (BufferScope scope = new BufferScope(device)) {
      golden.run(golden.new OnDevice(device, scope), device.activationType());
    }
  }

  private Loss.Objective objective() {
    GoldenJson loss = json.object("loss");
    Loss.Kind kind = GoldenNetwork.loss(loss.text("name"));
    double smoothing = loss.number("smoothing", 0);
    Loss.Objective plain =
        kind == Loss.Kind.TET
            ? new Loss.Objective(kind, smoothing, loss.number("lambda"), loss.number("mean"))
            : new Loss.Objective(kind, smoothing);
    return plain.withMixed(json.has("mix"));
  }

  private NetworkSpec spec() {
    return NetworkSpec.parse(json.text("network"));
  }

  private void run(OnDevice device, DType type) {
    GoldenJson expect = json.object("expect");
    NetworkPass file = file(expect);
    @Nullable References references = type.isHalf() ? new References(type) : null;
    NetworkPass actual = device.pass();
    NetworkPass expected = file;
    if (references != null) {
      references.prove(file);
      expected = references.nearest(device.before, actual);
    }
    compare(actual, expected, type.isHalf());
    running("", actual, expected);
    if (json.has("optimizer")) {
      int number = 0;
      for (GoldenJson step : json.objects("steps")) {
        String prefix = "step %d ".formatted(++number);
        if (number > 1) { // the first pass is that above
          actual = device.pass();
        }
        List<double[]> after = device.update();
        NetworkPass stepExpected =
            file.withStep(
                step.tensor("loss").data()[0], spikes(step), statistics(step, "running_after"));
        List<double[]> parameters = tensors(step.tensors("params_after"));
        if (references != null) {
          references.prove(prefix, number > 1, stepExpected, parameters);
          stepExpected = number > 1 ? references.nearest(device.before, actual) : expected;
          parameters = references.update(device.before, actual.gradients());
        }
        loss(prefix, actual, stepExpected);
        comparison.equal(prefix + "spikes", actual.spikes(), stepExpected.spikes());
        running(prefix, actual, stepExpected);
        for (int i = 0; i < after.size(); i++) {
          comparison.measured(prefix + name(stored.get(i)), after.get(i), parameters.get(i));
        }
      }
    }
  }

  private void compare(NetworkPass actual, NetworkPass expected, boolean half) {
    values("output", actual.output(), expected.output(), half);
    values("rate", actual.rate(), expected.rate(), half);
    values("gradient of output", actual.outputGradient(), expected.outputGradient(), half);
    loss("", actual, expected);
    comparison.equal("spikes", actual.spikes(), expected.spikes());
    for (int i = 0; i < stored.size(); i++) {
      double[] gradient = actual.gradients().get(i);
      values("gradient of " + name(stored.get(i)), gradient, expected.gradients().get(i), half);
    }
    values("gradient of x", actual.inputGradient(), expected.inputGradient(), half);
  }

  private void values(String what, double[] actual, double[] expected, boolean half) {
    if (half) {
      comparison.near(what, actual, expected, GoldenNetwork.HALF_GRADIENTS);
    } else {
      comparison.measured(what, actual, expected);
    }
  }

  private void loss(String prefix, NetworkPass actual, NetworkPass expected) {
    comparison.measured(
        prefix + "loss", new double[] {actual.loss()}, new double[] {expected.loss()});
  }

  private void running(String prefix, NetworkPass actual, NetworkPass expected) {
    requireAsMany("batch norms", expected.means().size(), actual.means().size());
    for (int i = 0; i < expected.means().size(); i++) {
      String which = " of number " + (i + 1);
      comparison.measured(
          prefix + "running_mean" + which, actual.means().get(i), expected.means().get(i));
      comparison.measured(
          prefix + "running_var" + which, actual.variances().get(i), expected.variances().get(i));
    }
  }

  private NetworkPass file(GoldenJson expect) {
    List<List<double[]>> running = statistics(expect, "running");
    return new NetworkPass(
        expect.tensor("output").data(),
        expect.tensor("rate").data(),
        expect.tensor("grad_output").data(),
        expect.tensor("loss").data()[0],
        spikes(expect),
        tensors(expect.tensors("grads")),
        inputGradient(expect),
        running.get(0),
        running.get(1));
  }

  private static double[] spikes(GoldenJson from) {
    return Arrays.stream(from.integers("spikes")).asDoubleStream().toArray();
  }

  /** Means and variances, each in the order of the text. */
  private static List<List<double[]>> statistics(GoldenJson from, String key) {
    List<GoldenJson> all = from.has(key) ? from.objects(key) : List.of();
    return List.of(
        all.stream().map(one -> one.tensor("running_mean").data()).toList(),
        all.stream().map(one -> one.tensor("running_var").data()).toList());
  }

  private List<double[]> tensors(List<GoldenTensor> tensors) {
    requireAsMany("tensors", tensors.size(), stored.size());
    return tensors.stream().map(GoldenTensor::data).toList();
  }

  /** Each step's own in the file; a constant input is stored once, and so is its gradient. */
  private double[] inputGradient(GoldenJson expect) {
    double[] all = expect.tensor("grad_x", x.shape()).channelsLast(2).data();
    return ReferenceLayer.sumOverTime(all, constant ? all.length / x.axis(0) : all.length);
  }

  private static String name(GoldenJson parameter) {
    return "%s of %s in column %.0f"
        .formatted(
            parameter.text("parameter"), parameter.text("layer"), parameter.number("column"));
  }

  private static void requireAsMany(String what, int file, int network) {
    if (file != network) {
      throw new MalformedCase("it has %d %s, and the network %d".formatted(file, what, network));
    }
  }

  /** The network in float64: exactly, and as activations of 16 bits round it. */
  private final class References {
    private final ReferenceNetwork exact = reference(DType.FLOAT32, false);
    private final List<ReferenceNetwork> rounded;
    private final @Nullable ReferenceOptimizer exactOptimizer = optimizer();
    private final @Nullable ReferenceOptimizer optimizer = optimizer();
    private List<double[]> parameters;
    private NetworkPass last;

    References(DType type) {
      rounded = List.of(reference(type, false), reference(type, true));
      parameters = stored.stream().map(one -> one.tensor("tensor").data()).toList();
      last = pass(exact, parameters);
    }

    private ReferenceNetwork reference(DType type, boolean biasLater) {
      return new ReferenceNetwork(spec(), options, x.axis(1), type, biasLater);
    }

    private @Nullable ReferenceOptimizer optimizer() {
      return json.has("optimizer") ? new ReferenceOptimizer(GoldenNetwork.optimizer(json)) : null;
    }

    private NetworkPass pass(ReferenceNetwork network, List<double[]> values) {
      return network.pass(values, x.channelsLast(2).data(), objective, mixed());
    }

    private ReferenceLoss.Labels mixed() {
      if (!json.has("mix")) {
        return ReferenceLoss.Labels.of(labels);
      }
      GoldenJson mix = json.object("mix");
      return new ReferenceLoss.Labels(
          labels, mix.integers("labels"), mix.tensor("weight", labels.length).data());
    }

    /** The exact one's first pass is the file's. */
    void prove(NetworkPass file) {
      comparison.proven("output", last.output(), file.output());
      comparison.proven("rate", last.rate(), file.rate());
      comparison.proven("gradient of output", last.outputGradient(), file.outputGradient());
      comparison.proven("gradient of x", last.inputGradient(), file.inputGradient());
      for (int i = 0; i < stored.size(); i++) {
        String what = "gradient of " + name(stored.get(i));
        comparison.proven(what, last.gradients().get(i), file.gradients().get(i));
      }
      proveStep("", file);
    }

    /** The exact one's step is the file's. */
    void prove(String prefix, boolean another, NetworkPass file, List<double[]> after) {
      if (another) {
        last = pass(exact, parameters);
      }
      proveStep(prefix, file);
      parameters = exactOptimizer.step(parameters, last.gradients());
      for (int i = 0; i < stored.size(); i++) {
        comparison.proven(prefix + name(stored.get(i)), parameters.get(i), after.get(i));
      }
    }

    private void proveStep(String prefix, NetworkPass file) {
      comparison.proven(prefix + "loss", new double[] {last.loss()}, new double[] {file.loss()});
      comparison.equal(prefix + "spikes of the reference", last.spikes(), file.spikes());
      for (int i = 0; i < file.means().size(); i++) {
        comparison.proven(prefix + "running_mean", last.means().get(i), file.means().get(i));
        comparison.proven(prefix + "running_var", last.variances().get(i), file.variances().get(i));
      }
    }

    /** A device has either rule for a bias: that of the two which is nearer. */
    NetworkPass nearest(List<double[]> values, NetworkPass actual) {
      NetworkPass a = pass(rounded.get(0), values);
      NetworkPass b = pass(rounded.get(1), values);
      return a.distance(actual) <= b.distance(actual) ? a : b;
    }

    /**
     * The update by the device's own gradients: Adam moves a parameter by its gradient's sign,
     * whatever its size.
     */
    List<double[]> update(List<double[]> before, List<double[]> gradients) {
      return optimizer.step(before, gradients);
    }
  }

  /** The network on a device. */
  private final class OnDevice {
    private final Network network;
    private final NetworkPlan plan;
    private final Loss loss;
    private final Buffer target;
    private final Buffer rate;
    private final Buffer result;
    private final @Nullable Optimizer optimizer;

    /** Parameters of the last pass. */
    private List<double[]> before = List.of();

    OnDevice(Device device, BufferScope scope) {
      int batch = x.axis(1);
      network = scope.own(Network.create(device, spec(), options));
      network.beginStep(0);
      setParameters();
      plan = scope.own(network.planWithInputGradient(batch));
      int classes = plan.outputShape().features();
      loss = scope.own(device.loss(new Loss.Spec(objective, x.axis(0), batch, classes)));
      target = scope.ofInts(packed());
      rate = scope.zeros((long) batch * classes);
      result = scope.zeros(2);
      optimizer =
          json.has("optimizer")
              ? scope.own(new Optimizer(network, GoldenNetwork.optimizer(json)))
              : null;
    }

    private int[] packed() {
      if (!json.has("mix")) {
        return labels;
      }
      GoldenJson mix = json.object("mix");
      int[] packed = new int[3 * labels.length];
      Loss.mixed(
          labels, mix.integers("labels"), mix.tensor("weight", labels.length).floats(), packed);
      return packed;
    }

    /** In the order of the text, as the network's own are. */
    private void setParameters() {
      List<Parameter> parameters = network.parameters();
      requireAsMany("parameters", stored.size(), parameters.size());
      for (int i = 0; i < stored.size(); i++) {
        Parameter parameter = parameters.get(i);
        GoldenJson one = stored.get(i);
        if (!parameter.name().endsWith("." + one.text("parameter"))) {
          throw new MalformedCase(
              "%sparameter is '%s', where the network has %s"
                  .formatted(one.path(), one.text("parameter"), parameter.name()));
        }
        if (one.has("default")) {
          double[] all = new double[parameter.size()];
          Arrays.fill(all, (float) one.number("default")); // the nearest that a device has
          comparison.equal(
              "first value of " + name(one), Comparison.doubles(parameter.values()), all);
        }
        parameter.set(one.tensor("tensor", parameter.shape()).floats());
      }
    }

    NetworkPass pass() {
      before = parameters();
      float[] image = x.channelsLast(2).floats();
      plan.input().upload(image, 0, 0, Math.toIntExact(plan.inputShape().elements()));
      plan.forward(true);
      loss.forward(plan.output(), target, rate, result);
      loss.backward(plan.output(), rate, target, plan.outputGradient());
      double[] output = doubles(plan.output());
      double[] gOutput = doubles(plan.outputGradient()); // the backward pass may overwrite it
      plan.backward();
      return new NetworkPass(
          output,
          doubles(rate),
          gOutput,
          result.toArray()[0],
          plan.neuronLayers().stream()
              .mapToDouble(layer -> GoldenNetwork.spikes(layer, x))
              .toArray(),
          network.parameters().stream().map(p -> Comparison.doubles(p.gradients())).toList(),
          doubles(plan.inputGradient()),
          running("running_mean"),
          running("running_var"));
    }

    /** The parameters behind an update. */
    List<double[]> update() {
      optimizer.step(GoldenNetwork.optimizer(json).learningRate());
      return parameters();
    }

    private List<double[]> parameters() {
      return network.parameters().stream().map(p -> Comparison.doubles(p.values())).toList();
    }

    private List<double[]> running(String key) {
      List<double[]> all = new ArrayList<>();
      network
          .state()
          .forEach(
              (name, tensor) -> {
                if (name.endsWith("." + key)) {
                  all.add(Comparison.doubles(tensor.data()));
                }
              });
      return all;
    }

    private static double[] doubles(Buffer buffer) {
      return Comparison.doubles(buffer.toArray());
    }
  }
}
