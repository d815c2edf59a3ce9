package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Loss;
import org.klif.device.OptimizerStep;
import org.klif.device.Pooling;
import org.klif.device.Precision;
import org.klif.optim.OptimizerOptions;
import org.klif.tensor.ActivationShape;
import org.klif.testing.Shared;

/** {@link ReferenceNetwork} beside the CPU, for what no shared file has. */
class ReferenceNetworkTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> PARAMETERS =
      List.of("conv.weight", "bn.weight", "bn.bias", "klif1.k", "fc.weight", "fc.bias", "klif2.k");

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

  @ParameterizedTest
  @CsvSource({"avg, mse, sgd", "max, cross_entropy, sgd", "avg, cross_entropy, adam"})
  void theCpuAgrees(String pool, String loss, String optimizer) throws IOException {
    ObjectNode json = shared();
    json.put("pool", pool).put("loss", loss);
    boolean sgd = optimizer.equals("sgd");
    if (sgd) {
      json.putObject("optimizer").put("name", "sgd").put("lr", 0.05).put("momentum", 0.9);
    }
    GoldenJson golden = new GoldenJson(json, "");
    int[] x = golden.tensor("x").shape();
    ReferenceNetwork reference =
        new ReferenceNetwork(
            new ReferenceNetwork.Case(
                GoldenNeuron.neuron(golden.object("neuron"), "klif", null),
                new ActivationShape(x[0], false, x[1], x[2], x[3], x[4]),
                pool.equals("max") ? Pooling.Kind.MAX : Pooling.Kind.AVERAGE,
                loss.equals("mse") ? Loss.Kind.MSE : Loss.Kind.CROSS_ENTROPY,
                1e-5,
                0.1,
                new OptimizerOptions(
                    sgd ? OptimizerStep.Rule.SGD : OptimizerStep.Rule.ADAM,
                    sgd ? 0.05 : 0.001,
                    0.9,
                    false,
                    0.999,
                    1e-8,
                    0,
                    false,
                    0,
                    1,
                    0),
                DType.FLOAT32,
                false),
            golden.tensor("x").channelsLast(2).data(),
            golden.integers("labels"));
    Map<String, double[]> parameters = new HashMap<>();
    for (String name : PARAMETERS) {
      parameters.put(name, golden.object("initial_params").tensor(name).data());
    }
    json.putArray("steps");
    for (int step = 0; step < 2; step++) {
      Map<String, double[]> results = reference.step(parameters, null);
      json.withArray("steps").add(expected(results, golden));
      parameters.replaceAll((name, before) -> results.get(name));
    }
    for (Precision precision : List.of(Precision.FLOAT32, Precision.BF16)) {
      CaseResult result = run(json, precision);
      assertTrue(result.passed(), result.line());
    }
  }

  private static ObjectNode expected(Map<String, double[]> results, GoldenJson golden) {
    ObjectNode step = JSON.createObjectNode();
    step.put("loss", results.get("loss")[0]);
    for (String key : List.of("spikes_klif1", "spikes_klif2")) {
      step.put(key, results.get(key)[0]);
    }
    int samples = golden.integers("labels").length;
    tensor(step, "rate", new int[] {samples, 10}, results.get("rate"));
    for (String name : PARAMETERS) {
      int[] shape = golden.object("initial_params").tensor(name).shape();
      tensor(step.withObject("/grads"), name, shape, results.get("gradient of " + name));
      tensor(step.withObject("/params_after"), name, shape, results.get(name));
    }
    for (String name : List.of("bn.running_mean", "bn.running_var")) {
      tensor(step.withObject("/running_after"), name, new int[] {4}, results.get(name));
    }
    return step;
  }

  private static void tensor(ObjectNode to, String name, int[] shape, double[] data) {
    ObjectNode tensor = to.putObject(name);
    Arrays.stream(shape).forEach(tensor.putArray("shape")::add);
    Arrays.stream(data).forEach(tensor.putArray("data")::add);
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
