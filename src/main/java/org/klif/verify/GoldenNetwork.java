package org.klif.verify;

import com.google.common.base.Ascii;
import com.google.common.base.Enums;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
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
 *
 * <p>With activations of 16 bits {@link ReferenceNetwork} says what is expected, of x and weights
 * rounded to them. It must first give the file's values without rounding.
 */
final class GoldenNetwork {
  /** Names in the files, in the order of {@link Network#parameters}. */
  private static final List<String> PARAMETERS =
      List.of("conv.weight", "bn.weight", "bn.bias", "klif1.k", "fc.weight", "fc.bias", "klif2.k");

  private static final List<String> RUNNING = List.of("bn.running_mean", "bn.running_var");
  private static final String GRADIENT = "gradient of ";

  /**
   * Gradients where activations are bfloat16, as a share of the largest of a tensor. The reference
   * rounds what devices round, so between layers nearly all numbers are the same; where a float32
   * sum lies at a tie its neighbour comes out, up to 2^-7 of itself away, which is one term of many
   * in a gradient. cuDNN stores a filter's gradient in 16 bits, another 2^-8. Spikes must be equal:
   * to move one, such a neighbour would have to lie at the threshold, too. Loss, rate, statistics
   * and updates are float32 and have its tolerance.
   */
  static final double HALF_GRADIENTS = 0x1p-7;

  private static final int CHANNELS = 4;
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
    return NetworkSpec.parse("c%dk3 bn klif %s fc%db klif".formatted(CHANNELS, pool, CLASSES));
  }

  private Network.Options options() {
    return options(json, x, constant);
  }

  /** What a file says of neurons, batch norms and the input. */
  static Network.Options options(GoldenJson json, GoldenTensor x, boolean constant) {
    GoldenJson neuron = json.object("neuron");
    Surrogate surrogate = GoldenNeuron.surrogate(neuron);
    boolean soft = neuron.isNull("v_reset");
    NeuronOptions chosen =
        new NeuronOptions(
            neuron.has("model") ? neuron.text("model") : "klif",
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
            surrogate.alpha(),
            Map.of());
    Network.Options options =
        Network.Options.of(x.axis(0), x.axis(2), x.axis(3), x.axis(4))
            .withConstantInput(constant)
            .withNeuron(chosen);
    if (!json.has("bn")) {
      return options;
    }
    GoldenJson bn = json.object("bn");
    return options.withBatchNorm(bn.number("eps", 1e-5), bn.number("momentum", 0.1));
  }

  static OptimizerOptions optimizer(GoldenJson json) {
    GoldenJson optimizer = json.object("optimizer");
    String name = optimizer.text("name");
    OptimizerStep.Rule rule =
        Enums.getIfPresent(OptimizerStep.Rule.class, Ascii.toUpperCase(name))
            .toJavaUtil()
            .orElseThrow(() -> new MalformedCase("unknown optimizer '%s'".formatted(name)));
    boolean sgd = rule == OptimizerStep.Rule.SGD;
    return new OptimizerOptions(
        rule,
        optimizer.number("lr"),
        sgd ? optimizer.number("momentum", 0) : optimizer.number("beta1", 0.9),
        false,
        optimizer.number("beta2", 0.999),
        optimizer.number("eps", 1e-8),
        0,
        false,
        0,
        1,
        0);
  }

  private Loss.Kind loss() {
    return loss(json.text("loss"));
  }

  static Loss.Kind loss(String name) {
    return switch (name) {
      case "mse" -> Loss.Kind.MSE;
      case "cross_entropy" -> Loss.Kind.CROSS_ENTROPY;
      case "tet" -> Loss.Kind.TET;
      default -> throw new MalformedCase("unknown loss '%s'".formatted(name));
    };
  }

  private void run(Device device, Comparison comparison) {
    int steps = x.axis(0);
    int batch = x.axis(1);
    OptimizerOptions optimizerOptions = optimizer(json);
    Loss.Spec lossSpec = new Loss.Spec(loss(), steps, batch, CLASSES);
    try (BufferScope scope = new BufferScope(device)) {
      Network network = scope.own(Network.create(device, spec(), options()));
      network.beginStep(0);
      setParameters(network);
      Optimizer optimizer = scope.own(new Optimizer(network, optimizerOptions));
      NetworkPlan plan = scope.own(network.plan(batch, true));
      Loss loss = scope.own(device.loss(lossSpec));
      Buffer target = scope.ofInts(labels);
      Buffer rate = scope.zeros((long) batch * CLASSES);
      Buffer result = scope.zeros(2);
      boolean half = device.activationType().isHalf();
      References references = new References(device.activationType());
      int number = 0;
      for (GoldenJson step : json.objects("steps")) {
        String prefix = "step %d ".formatted(++number);
        Map<String, double[]> stored = stored(step, network);
        Map<String, double[]> parameters = parameters(network);
        upload(plan);
        plan.forward(true);
        loss.forward(plan.output(), target, rate, result);
        loss.backward(plan.output(), rate, target, plan.outputGradient());
        plan.backward();
        Map<String, double[]> actual = results(network, plan, rate, result);
        optimizer.step(optimizerOptions.learningRate());
        Map<String, double[]> expected = stored;
        if (half) {
          Map<String, double[]> proof = references.exactStep();
          stored.forEach((key, v) -> comparison.proven(prefix + key, proof.get(key), v));
          // Adam moves a parameter by its gradient's sign, whatever its size: an update is compared
          // with that of the device's own gradients, and the next step starts from its parameters
          expected = references.nearest(parameters, actual);
          expected.keySet().retainAll(stored.keySet());
        }
        actual.putAll(parameters(network));
        actual.putAll(runningStatistics(network));
        compare(prefix, actual, expected, half, comparison);
      }
    }
  }

  private static void compare(
      String prefix,
      Map<String, double[]> actual,
      Map<String, double[]> expected,
      boolean half,
      Comparison comparison) {
    expected.forEach(
        (key, values) -> {
          if (key.startsWith("spikes")) {
            comparison.equal(prefix + key, actual.get(key), values);
          } else if (half && key.startsWith(GRADIENT)) {
            comparison.near(prefix + key, actual.get(key), values, HALF_GRADIENTS);
          } else {
            comparison.close(prefix + key, actual.get(key), values);
          }
        });
  }

  /** The network in float64: exactly, and as activations of 16 bits round it. */
  private final class References {
    private final ReferenceNetwork exact = reference(DType.FLOAT32, false);
    private final ReferenceOptimizer exactUpdates = new ReferenceOptimizer(optimizer(json));
    private final ReferenceOptimizer updates = new ReferenceOptimizer(optimizer(json));
    private final ReferenceNetwork rounded;
    private final ReferenceNetwork biasLater;
    private List<double[]> parameters;

    References(DType type) {
      rounded = reference(type, false);
      biasLater = reference(type, true);
      GoldenJson initial = json.object("initial_params");
      parameters = PARAMETERS.stream().map(name -> initial.tensor(name).data()).toList();
    }

    private ReferenceNetwork reference(DType type, boolean biasAfter) {
      return new ReferenceNetwork(spec(), options(), x.axis(1), type, biasAfter);
    }

    private NetworkPass pass(ReferenceNetwork network, List<double[]> values) {
      Loss.Objective objective = new Loss.Objective(loss(), 0);
      return network.pass(
          values, x.channelsLast(2).data(), objective, ReferenceLoss.Labels.of(labels));
    }

    /** The next step without rounding. */
    Map<String, double[]> exactStep() {
      NetworkPass pass = pass(exact, parameters);
      parameters = exactUpdates.step(parameters, pass.gradients());
      return named(pass, parameters);
    }

    /** A device has either rule for a bias, and the bias's own gradient shows it most. */
    Map<String, double[]> nearest(Map<String, double[]> before, Map<String, double[]> actual) {
      List<double[]> values = List.copyOf(before.values());
      List<double[]> gradients =
          PARAMETERS.stream().map(name -> actual.get(GRADIENT + name)).toList();
      List<double[]> after = updates.step(values, gradients);
      NetworkPass a = pass(rounded, values);
      NetworkPass b = pass(biasLater, values);
      int bias = PARAMETERS.indexOf("fc.bias");
      double[] gradient = gradients.get(bias);
      boolean first =
          NetworkPass.distance(a.gradients().get(bias), gradient)
              <= NetworkPass.distance(b.gradients().get(bias), gradient);
      return named(first ? a : b, after);
    }

    private static Map<String, double[]> named(NetworkPass pass, List<double[]> after) {
      Map<String, double[]> all = new LinkedHashMap<>();
      all.put("loss", new double[] {pass.loss()});
      all.put("rate", pass.rate());
      all.put("spikes_klif1", new double[] {pass.spikes()[0]});
      all.put("spikes_klif2", new double[] {pass.spikes()[1]});
      for (int i = 0; i < PARAMETERS.size(); i++) {
        all.put(GRADIENT + PARAMETERS.get(i), pass.gradients().get(i));
        all.put(PARAMETERS.get(i), after.get(i));
      }
      all.put("bn.running_mean", pass.means().get(0));
      all.put("bn.running_var", pass.variances().get(0));
      return all;
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

  private Map<String, double[]> results(
      Network network, NetworkPlan plan, Buffer rate, Buffer result) {
    Map<String, double[]> all = new LinkedHashMap<>();
    all.put("loss", new double[] {result.toArray()[0]});
    all.put("rate", Comparison.doubles(rate.toArray()));
    List<NeuronLayer> neurons = plan.neuronLayers();
    for (int i = 0; i < neurons.size(); i++) {
      all.put("spikes_klif" + (i + 1), new double[] {spikes(neurons.get(i), x)});
    }
    for (int i = 0; i < PARAMETERS.size(); i++) {
      Parameter parameter = network.parameters().get(i);
      all.put(GRADIENT + PARAMETERS.get(i), Comparison.doubles(parameter.gradients()));
    }
    return all;
  }

  /** Number of a layer's spikes in the last forward pass over x, (T, N, ...). */
  static double spikes(NeuronLayer layer, GoldenTensor x) {
    double perStep = layer.activity().toArray()[0];
    return Math.rint(perStep * layer.neurons() * x.axis(0) * x.axis(1));
  }

  private static Map<String, double[]> parameters(Network network) {
    Map<String, double[]> all = new LinkedHashMap<>();
    for (int i = 0; i < PARAMETERS.size(); i++) {
      all.put(PARAMETERS.get(i), Comparison.doubles(network.parameters().get(i).values()));
    }
    return all;
  }

  private static Map<String, double[]> runningStatistics(Network network) {
    Map<String, double[]> all = new LinkedHashMap<>();
    for (Map.Entry<String, NamedTensor> entry : network.state().entrySet()) {
      for (String key : RUNNING) {
        if (entry.getKey().endsWith(key)) {
          all.put(key, Comparison.doubles(entry.getValue().data()));
        }
      }
    }
    return all;
  }

  /** What the file expects of a step. */
  private Map<String, double[]> stored(GoldenJson step, Network network) {
    Map<String, double[]> all = new LinkedHashMap<>();
    if (step.has("loss")) {
      all.put("loss", new double[] {step.number("loss")});
    }
    if (step.has("rate")) {
      all.put("rate", step.tensor("rate", x.axis(1), CLASSES).data());
    }
    for (String key : List.of("spikes_klif1", "spikes_klif2")) {
      if (step.has(key)) {
        all.put(key, new double[] {step.number(key)});
      }
    }
    if (step.has("grads")) {
      read(step.object("grads"), GRADIENT, network, all);
    }
    if (step.has("params_after")) {
      read(step.object("params_after"), "", network, all);
    }
    if (step.has("running_after")) {
      GoldenJson running = step.object("running_after");
      for (String key : RUNNING) {
        if (running.has(key)) {
          all.put(key, running.tensor(key, CHANNELS).data());
        }
      }
    }
    return all;
  }

  private static void read(
      GoldenJson from, String prefix, Network network, Map<String, double[]> to) {
    for (int i = 0; i < PARAMETERS.size(); i++) {
      String name = PARAMETERS.get(i);
      if (from.has(name)) {
        int[] shape = network.parameters().get(i).shape();
        to.put(prefix + name, from.tensor(name, shape).data());
      }
    }
  }
}
