package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Loss;
import org.klif.device.Precision;
import org.klif.nn.Network;
import org.klif.nn.NetworkSpec;
import org.klif.nn.Parameter;
import org.klif.testing.Shared;

/** {@link ReferenceNetwork} beside the CPU, for what no shared file has. */
class ReferenceNetworkTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BATCH = 3;

  @TempDir Path folder;

  private CaseResult run(ObjectNode json, Precision precision) throws IOException {
    Path file = folder.resolve("net.json");
    Files.writeString(file, json.toString());
    try (Device device = Devices.open("cpu", new DeviceOptions(1).withPrecision(precision))) {
      return GoldenVectors.runFile(file, device);
    }
  }

  private static ObjectNode shared() throws IOException {
    return (ObjectNode)
        JSON.readTree(Shared.require().resolve("golden").resolve("net_adam.json").toFile());
  }

  /** Seeds whose draws keep away from thresholds by more than float32's rounding. */
  @ParameterizedTest
  @CsvSource({
    "c4k3 bn lif{threshold=0.3} mp3s2p1 c4k3 bn sn{threshold=0.3} ap3x2s2x1p1x0 fc6 bn sn{threshold=0.3} vote2, cross_entropy, adam, false, 9",
    "c4k3 bn mp3s2p1 sn res( c4k3 bn sn mp2 : ap2 ) fc3 li3, tet, sgd, false, 2",
    "c4k3b sn{perChannel=true} flat fc5b lif{threshold=0.1} fc3, mse, sgd, true, 3",
    "res( c4k3 bn : c4k1 ) res( c6k3s2 bn sn : c6k1s2 bn ) res( c6k1 : c6k3 sn ) fc6 sn, tet, sgd, false, 5",
    "res( c4k3 bn : c4k1 ) res( c6k3s2 bn sn : c6k1s2 bn ) res( c6k1 : c6k3 sn ) fc6 sn, mse, sgd, true, 6",
    "c8k3 bn sn mp3 attend1( c8k1 bn sn : c8k1 bn : c8k1b ) bn sn fc3, cross_entropy, sgd, false, 7",
    "res( c4k3 bn sn : c4k1 ) fc3, mse, sgd, true, 8",
    "c4k3 res( c4k3 bn sn : attend2( c4k1 : c4k1b : c4k1 ) ) bn plif gap fc3, tet, adam, true, 4"
  })
  void theCpuAgrees(String text, String loss, String rule, boolean constant, int seed)
      throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    ObjectNode json = JSON.createObjectNode();
    json.put("format", "klif-golden-2").put("kind", "netline").put("network", text);
    json.put("static_input", constant);
    json.putObject("neuron").put("model", "klif").put("tau", 2);
    json.putObject("bn").put("eps", 1e-5).put("momentum", 0.1);
    json.putObject("loss").put("name", loss).put("lambda", 0.1).put("mean", 1);
    int[] shape = {4, BATCH, 2, 6, 6};
    double[] x = new double[4 * BATCH * 2 * 36];
    for (int i = 0; i < x.length; i++) {
      int first = i % (x.length / 4);
      x[i] = constant && i != first ? x[first] : (float) random.nextDouble(-1, 2);
    }
    tensor(json.putObject("x"), shape, x);
    int[] labels = {0, 2, 1};
    Arrays.stream(labels).forEach(json.putArray("labels")::add);
    ObjectNode optimizer = json.putObject("optimizer").put("name", rule).put("lr", 0.01);
    optimizer.put("momentum", 0.9);

    GoldenJson golden = new GoldenJson(json, "");
    Network.Options options = GoldenNetwork.options(golden, golden.tensor("x"), constant);
    List<double[]> parameters = parameters(json, text, options, random);
    ReferenceNetwork reference =
        new ReferenceNetwork(NetworkSpec.parse(text), options, BATCH, DType.FLOAT32, false);
    Loss.Objective objective =
        new Loss.Objective(GoldenNetwork.loss(loss), 0, loss.equals("tet") ? 0.1 : 0, 1);
    ReferenceOptimizer updates = new ReferenceOptimizer(GoldenNetwork.optimizer(golden));
    ArrayNode steps = json.putArray("steps");
    double[] pixels = golden.tensor("x").channelsLast(2).data();
    for (int step = 0; step < 2; step++) {
      NetworkPass pass =
          reference.pass(parameters, pixels, objective, ReferenceLoss.Labels.of(labels));
      // what is silent everywhere agrees with anything
      assertTrue(Arrays.stream(pass.spikes()).allMatch(n -> n > 0), text);
      if (step == 0) {
        expect(json.putObject("expect"), json, pass, constant);
      }
      List<double[]> after = updates.step(parameters, pass.gradients());
      ObjectNode noted = steps.addObject();
      tensor(noted.putObject("loss"), new int[0], pass.loss());
      Arrays.stream(pass.spikes()).forEach(n -> noted.withArray("spikes").add((int) n));
      ArrayNode all = noted.putArray("params_after");
      for (int i = 0; i < after.size(); i++) {
        tensor(all.addObject(), shape(json, i), after.get(i));
      }
      if (!pass.means().isEmpty()) {
        running(noted.putArray("running_after"), pass);
      }
      parameters = after;
    }
    for (Precision precision : List.of(Precision.FLOAT32, Precision.BF16)) {
      CaseResult result = run(json, precision);
      assertTrue(result.passed(), precision + " " + result.line());
    }
  }

  /** Random values for the network's parameters, also into the file. */
  private static List<double[]> parameters(
      ObjectNode json, String text, Network.Options options, SplittableRandom random) {
    ArrayNode to = json.putArray("parameters");
    List<double[]> all = new ArrayList<>();
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network network = Network.create(device, NetworkSpec.parse(text), options)) {
      for (Parameter parameter : network.parameters()) {
        String name = parameter.name().substring(parameter.name().lastIndexOf('.') + 1);
        double[] values = Comparison.doubles(parameter.values());
        Arrays.setAll(values, i -> (float) (values[i] * random.nextDouble(0.5, 1.5)));
        ObjectNode one = to.addObject().put("layer", parameter.name()).put("column", all.size());
        one.put("parameter", name);
        tensor(one.putObject("tensor"), parameter.shape(), values);
        all.add(values);
      }
    }
    return all;
  }

  private static int[] shape(ObjectNode json, int parameter) {
    return new GoldenJson(json, "").objects("parameters").get(parameter).tensor("tensor").shape();
  }

  private static void expect(ObjectNode to, ObjectNode json, NetworkPass pass, boolean constant) {
    tensor(to.putObject("output"), new int[] {pass.output().length}, pass.output());
    tensor(to.putObject("rate"), new int[] {pass.rate().length}, pass.rate());
    tensor(to.putObject("grad_output"), new int[] {pass.output().length}, pass.outputGradient());
    tensor(to.putObject("loss"), new int[0], pass.loss());
    ArrayNode gradients = to.putArray("grads");
    for (int i = 0; i < pass.gradients().size(); i++) {
      tensor(gradients.addObject(), shape(json, i), pass.gradients().get(i));
    }
    // a file has the steps' own, channels first; of a constant image their sum counts
    int[] x = new GoldenJson(json, "").tensor("x").shape();
    double[] own = new double[x[0] * BATCH * x[2] * x[3] * x[4]];
    int image = own.length / x[0];
    int pixels = x[3] * x[4];
    for (int i = 0; i < own.length; i++) {
      int channel = i / pixels % x[2];
      int from = (i / (pixels * x[2]) * pixels + i % pixels) * x[2] + channel;
      own[i] = constant ? pass.inputGradient()[from % image] / x[0] : pass.inputGradient()[from];
    }
    tensor(to.putObject("grad_x"), x, own);
    if (!pass.means().isEmpty()) {
      running(to.putArray("running"), pass);
    }
    Arrays.stream(pass.spikes()).forEach(n -> to.withArray("spikes").add((int) n));
  }

  private static void running(ArrayNode to, NetworkPass pass) {
    for (int i = 0; i < pass.means().size(); i++) {
      ObjectNode norm = to.addObject();
      int[] shape = {pass.means().get(i).length};
      tensor(norm.putObject("running_mean"), shape, pass.means().get(i));
      tensor(norm.putObject("running_var"), shape, pass.variances().get(i));
    }
  }

  private static void tensor(ObjectNode to, int[] shape, double... data) {
    Arrays.stream(shape).forEach(to.putArray("shape")::add);
    Arrays.stream(data).forEach(to.putArray("data")::add);
  }

  @Test
  void aFilesValueThatItDoesNotGiveFailsInBfloat16() throws IOException {
    ObjectNode json = shared();
    ObjectNode step = (ObjectNode) json.at("/steps/0");
    step.put("loss", step.get("loss").doubleValue() + 1e-8);
    assertTrue(run(json, Precision.FLOAT32).passed());
    CaseResult result = run(json, Precision.BF16);
    assertFalse(result.passed());
    assertTrue(
        String.valueOf(result.problem()).startsWith("the float64 reference's step 1 loss"),
        result.line());
  }
}
