package org.klif.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.Loss;
import org.klif.device.OptimizerStep;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.Surrogate;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NetworkSpec;
import org.klif.nn.NeuronLayer;
import org.klif.nn.Parameter;
import org.klif.optim.Optimizer;
import org.klif.optim.OptimizerOptions;
import org.klif.tensor.ActivationShape;

/**
 * A network case: {@code c4k3 bn klif mp2 fc10 klif} (or {@code ap2}) trained for some steps on one
 * batch.
 */
final class GoldenNetwork {
  /** Names in the files, in the order of {@link Network#parameters}. */
  private static final List<String> PARAMETERS =
      List.of("conv.weight", "bn.weight", "bn.bias", "klif1.k", "fc.weight", "fc.bias", "klif2.k");

  private static final int CLASSES = 10;

  private final GoldenJson json;
  private final GoldenTensor x;
  private final int[] labels;
  private final boolean constant;

  private GoldenNetwork(GoldenJson json) {
    this.json = json;
    x = json.tensor("x");
    if (x.shape().length != 5) {
      throw new MalformedCase("x should be (T, N, C, H, W), not " + Arrays.toString(x.shape()));
    }
    labels = json.integers("labels");
    if (labels.length != x.axis(1) || Arrays.stream(labels).anyMatch(l -> l < 0 || l >= CLASSES)) {
      throw new MalformedCase(
          "labels should be %d numbers from 0 to %d".formatted(x.axis(1), CLASSES - 1));
    }
    constant = json.flag("static_input", false);
  }

  /** Runs one case. */
  static void run(GoldenJson json, Device device, Comparison comparison) {
    new GoldenNetwork(json).run(device, comparison);
  }

  private NetworkSpec spec() {
    String pool =
        switch (json.text("pool")) {
          case "max" -> "mp2";
          case "avg" -> "ap2";
          default -> throw new MalformedCase("unknown pool '%s'".formatted(json.text("pool")));
        };
    return NetworkSpec.parse("c4k3 bn klif %s fc%db klif".formatted(pool, CLASSES));
  }

  private Network.Options options() {
    GoldenJson neuron = json.object("neuron");
    Surrogate surrogate = GoldenNeuron.surrogate(neuron);
    boolean soft = neuron.isNull("v_reset");
    NeuronOptions klif =
        new NeuronOptions(
            "klif",
            neuron.number("tau", 2),
            neuron.flag("decay_input", true),
            neuron.number("v_threshold", 1),
            soft ? 0 : neuron.number("v_reset", 0),
            soft,
            neuron.flag("detach_reset", false),
            neuron.flag("scale_reset", false),
            1.0,
            false,
            true,
            surrogate.kind().token(),
            surrogate.alpha());
    Network.Options options =
        Network.Options.of(x.axis(0), x.axis(2), x.axis(3), x.axis(4))
            .withConstantInput(constant)
            .withNeuron(klif);
    if (!json.has("bn")) {
      return options;
    }
    GoldenJson bn = json.object("bn");
    return options.withBatchNorm(bn.number("eps", 1e-5), bn.number("momentum", 0.1));
  }

  private OptimizerOptions optimizer() {
    GoldenJson optimizer = json.object("optimizer");
    String name = optimizer.text("name");
    OptimizerStep.Rule rule = OptimizerOptions.parseRule(name);
    boolean sgd = rule == OptimizerStep.Rule.SGD;
    return new OptimizerOptions(
        rule,
        optimizer.number("lr"),
        sgd ? optimizer.number("momentum", 0) : optimizer.number("beta1", 0.9),
        optimizer.number("beta2", 0.999),
        optimizer.number("eps", 1e-8),
        0,
        0,
        1,
        0);
  }

  private Loss.Kind loss() {
    return switch (json.text("loss")) {
      case "mse" -> Loss.Kind.MSE;
      case "cross_entropy" -> Loss.Kind.CROSS_ENTROPY;
      default -> throw new MalformedCase("unknown loss '%s'".formatted(json.text("loss")));
    };
  }

  private void run(Device device, Comparison comparison) {
    int steps = x.axis(0);
    int batch = x.axis(1);
    OptimizerOptions optimizerOptions = optimizer();
    Loss.Spec lossSpec = new Loss.Spec(loss(), steps, batch, CLASSES);
    try (BufferScope scope = new BufferScope(device)) {
      Network network = scope.own(Network.create(device, spec(), options()));
      setParameters(network);
      Optimizer optimizer = scope.own(new Optimizer(network, optimizerOptions));
      NetworkPlan plan = scope.own(network.plan(batch, true));
      Loss loss = scope.own(device.loss(lossSpec));
      Buffer target = scope.ofInts(labels);
      Buffer rate = scope.zeros((long) batch * CLASSES);
      Buffer result = scope.zeros(2);
      int number = 0;
      for (GoldenJson step : json.objects("steps")) {
        upload(plan);
        plan.forward(true);
        loss.forward(plan.output(), target, rate, result);
        loss.backward(rate, target, plan.outputGradient());
        plan.backward();
        String prefix = "step %d ".formatted(++number);
        compareGradients(network, plan, rate, result, step, prefix, comparison);
        optimizer.step(optimizerOptions.learningRate());
        compareParameters(network, step, prefix, comparison);
      }
    }
  }

  private void setParameters(Network network) {
    GoldenJson initial = json.object("initial_params");
    List<Parameter> parameters = network.parameters();
    for (int i = 0; i < PARAMETERS.size(); i++) {
      Parameter parameter = parameters.get(i);
      parameter.set(initial.tensor(PARAMETERS.get(i), parameter.shape()).floats());
    }
  }

  private void upload(NetworkPlan plan) {
    float[] all = x.channelsLast(2).floats();
    ActivationShape shape = plan.inputShape();
    plan.input().upload(all, 0, 0, Math.toIntExact(shape.elements()));
  }

  private void compareGradients(
      Network network,
      NetworkPlan plan,
      Buffer rate,
      Buffer result,
      GoldenJson step,
      String prefix,
      Comparison comparison) {
    if (step.has("loss")) {
      comparison.close(prefix + "loss", result.toArray()[0], step.number("loss"));
    }
    if (step.has("rate")) {
      comparison.close(
          prefix + "rate", rate.toArray(), step.tensor("rate", x.axis(1), CLASSES).data());
    }
    List<NeuronLayer> neurons = plan.neuronLayers();
    for (int i = 0; i < neurons.size(); i++) {
      String key = "spikes_klif" + (i + 1);
      if (step.has(key)) {
        double perStep = neurons.get(i).activity().toArray()[0];
        double cells = (double) neurons.get(i).neurons() * x.axis(0) * x.axis(1);
        comparison.equal(prefix + key, Math.round(perStep * cells), Math.round(step.number(key)));
      }
    }
    if (step.has("grads")) {
      for (Pair pair : pairs(network, step.object("grads"))) {
        comparison.close(
            "%sgradient of %s".formatted(prefix, pair.name()),
            pair.parameter().gradients(),
            pair.expected().data());
      }
    }
  }

  private void compareParameters(
      Network network, GoldenJson step, String prefix, Comparison comparison) {
    if (step.has("params_after")) {
      for (Pair pair : pairs(network, step.object("params_after"))) {
        comparison.close(prefix + pair.name(), pair.parameter().values(), pair.expected().data());
      }
    }
    if (step.has("running_after")) {
      GoldenJson running = step.object("running_after");
      for (Map.Entry<String, NamedTensor> entry : network.state().entrySet()) {
        for (String key : List.of("bn.running_mean", "bn.running_var")) {
          if (entry.getKey().endsWith(key) && running.has(key)) {
            comparison.close(
                prefix + key,
                entry.getValue().data(),
                running.tensor(key, entry.getValue().shape()).data());
          }
        }
      }
    }
  }

  private record Pair(String name, Parameter parameter, GoldenTensor expected) {}

  private static List<Pair> pairs(Network network, GoldenJson expected) {
    List<Pair> pairs = new ArrayList<>();
    List<Parameter> parameters = network.parameters();
    for (int i = 0; i < PARAMETERS.size(); i++) {
      String name = PARAMETERS.get(i);
      if (expected.has(name)) {
        Parameter parameter = parameters.get(i);
        pairs.add(new Pair(name, parameter, expected.tensor(name, parameter.shape())));
      }
    }
    return pairs;
  }
}
