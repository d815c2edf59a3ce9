package org.klif.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.Loss;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NetworkSpec;
import org.klif.nn.NeuronLayer;
import org.klif.nn.Parameter;
import org.klif.optim.Optimizer;
import org.klif.optim.OptimizerOptions;

/**
 * A network case of format klif-golden-2: any network as a line of text, one forward and backward
 * pass with everything that comes out, down to the gradient of the input, and maybe some updates. A
 * text or a loss that Klif does not have makes it a failed one, with the sentence that says so.
 */
final class GoldenNetworkText {
  private final GoldenJson json;
  private final GoldenTensor x;
  private final boolean constant;
  private final Comparison comparison;
  private final List<GoldenJson> stored;

  private GoldenNetworkText(GoldenJson json, Comparison comparison) {
    this.json = json;
    this.comparison = comparison;
    x = json.tensor("x");
    if (x.shape().length != 5) {
      throw new MalformedCase("x should be (T, N, C, H, W), not " + Arrays.toString(x.shape()));
    }
    constant = json.flag("static_input", false);
    stored = json.objects("parameters");
  }

  /** Runs one case. */
  static void run(GoldenJson json, Device device, Comparison comparison) {
    if (device.activationType().isHalf()) {
      throw new MalformedCase("a case of kind netline needs float32; leave out --precision");
    }
    new GoldenNetworkText(json, comparison).run(device);
  }

  private Loss.Objective objective() {
    GoldenJson loss = json.object("loss");
    Loss.Kind kind = GoldenNetwork.loss(loss.text("name"));
    double smoothing = loss.number("smoothing", 0);
    Loss.Objective objective =
        kind == Loss.Kind.TET
            ? new Loss.Objective(kind, smoothing, loss.number("lambda"), loss.number("mean"))
            : new Loss.Objective(kind, smoothing);
    return objective.withMixed(json.has("mix"));
  }

  private int[] labels() {
    int[] labels = json.integers("labels");
    if (!json.has("mix")) {
      return labels;
    }
    GoldenJson mix = json.object("mix");
    int[] packed = new int[3 * labels.length];
    Loss.mixed(
        labels, mix.integers("labels"), mix.tensor("weight", labels.length).floats(), packed);
    return packed;
  }

  private void run(Device device) {
    Loss.Objective objective = objective();
    NetworkSpec spec = NetworkSpec.parse(json.text("network"));
    int batch = x.axis(1);
    int[] labels = labels();
    try (BufferScope scope = new BufferScope(device)) {
      Network.Options options = GoldenNetwork.options(json, x, constant);
      Network network = scope.own(Network.create(device, spec, options));
      network.beginStep(0);
      setParameters(network);
      NetworkPlan plan = scope.own(network.planWithInputGradient(batch));
      int classes = plan.outputShape().features();
      Loss loss = scope.own(device.loss(new Loss.Spec(objective, x.axis(0), batch, classes)));
      Buffer target = scope.ofInts(labels);
      Buffer rate = scope.zeros((long) batch * classes);
      Buffer result = scope.zeros(2);
      Runnable pass =
          () -> {
            float[] image = x.channelsLast(2).floats();
            plan.input().upload(image, 0, 0, Math.toIntExact(plan.inputShape().elements()));
            plan.forward(true);
            loss.forward(plan.output(), target, rate, result);
            loss.backward(plan.output(), rate, target, plan.outputGradient());
          };
      GoldenJson expect = json.object("expect");
      pass.run();
      comparison.measured("output", doubles(plan.output()), expect.tensor("output").data());
      comparison.measured("rate", doubles(rate), expect.tensor("rate").data());
      double[] gOutput = expect.tensor("grad_output").data();
      comparison.measured("gradient of output", doubles(plan.outputGradient()), gOutput);
      plan.backward();
      loss("", expect, result);
      spikes("", expect, plan);
      tensors("gradient of ", expect.tensors("grads"), network, Parameter::gradients);
      comparison.measured("gradient of x", doubles(plan.inputGradient()), inputGradient(expect));
      running("", expect.has("running") ? expect.objects("running") : List.of(), network);
      if (json.has("optimizer")) {
        OptimizerOptions how = GoldenNetwork.optimizer(json);
        Optimizer optimizer = scope.own(new Optimizer(network, how));
        int number = 0;
        for (GoldenJson step : json.objects("steps")) {
          String prefix = "step %d ".formatted(++number);
          if (number > 1) { // the first pass is that above
            pass.run();
            plan.backward();
          }
          loss(prefix, step, result);
          spikes(prefix, step, plan);
          optimizer.step(how.learningRate());
          tensors(prefix, step.tensors("params_after"), network, Parameter::values);
          running(prefix, step.objects("running_after"), network);
        }
      }
    }
  }

  private static double[] doubles(Buffer buffer) {
    return Comparison.doubles(buffer.toArray());
  }

  /** In the order of the text, as the network's own are. */
  private void setParameters(Network network) {
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

  private static String name(GoldenJson parameter) {
    return "%s of %s in column %.0f"
        .formatted(
            parameter.text("parameter"), parameter.text("layer"), parameter.number("column"));
  }

  private void tensors(
      String prefix,
      List<GoldenTensor> expected,
      Network network,
      Function<Parameter, float[]> actual) {
    requireAsMany("tensors", expected.size(), stored.size());
    for (int i = 0; i < expected.size(); i++) {
      double[] values = Comparison.doubles(actual.apply(network.parameters().get(i)));
      comparison.measured(prefix + name(stored.get(i)), values, expected.get(i).data());
    }
  }

  private void loss(String prefix, GoldenJson expect, Buffer result) {
    double[] loss = {result.toArray()[0]};
    comparison.measured(prefix + "loss", loss, expect.tensor("loss").data());
  }

  private void spikes(String prefix, GoldenJson expect, NetworkPlan plan) {
    List<NeuronLayer> neurons = plan.neuronLayers();
    double[] actual =
        neurons.stream().mapToDouble(layer -> GoldenNetwork.spikes(layer, x)).toArray();
    double[] expected = Arrays.stream(expect.integers("spikes")).asDoubleStream().toArray();
    comparison.equal(prefix + "spikes", actual, expected);
  }

  /** Each step's own in the file; a constant input is stored once, and so is its gradient. */
  private double[] inputGradient(GoldenJson expect) {
    double[] all = expect.tensor("grad_x", x.shape()).channelsLast(2).data();
    int image = all.length / x.axis(0);
    double[] sums = new double[constant ? image : all.length];
    for (int i = 0; i < all.length; i++) {
      sums[i % sums.length] += all[i];
    }
    return sums;
  }

  private void running(String prefix, List<GoldenJson> expected, Network network) {
    for (String key : List.of("running_mean", "running_var")) {
      List<NamedTensor> actual = new ArrayList<>();
      network
          .state()
          .forEach(
              (name, tensor) -> {
                if (name.endsWith("." + key)) {
                  actual.add(tensor);
                }
              });
      requireAsMany(key, expected.size(), actual.size());
      for (int i = 0; i < actual.size(); i++) {
        comparison.measured(
            "%s%s of number %d".formatted(prefix, key, i + 1),
            Comparison.doubles(actual.get(i).data()),
            expected.get(i).tensor(key).data());
      }
    }
  }

  private static void requireAsMany(String what, int file, int network) {
    if (file != network) {
      throw new MalformedCase("it has %d %s, and the network %d".formatted(file, what, network));
    }
  }
}
