package org.klif.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Launch;
import org.klif.device.Loss;
import org.klif.device.NeuronUnit;
import org.klif.device.OptimizerStep.Rule;
import org.klif.device.Precision;
import org.klif.neuron.NeuronOptions;
import org.klif.nn.Network;
import org.klif.nn.NetworkSpec;
import org.klif.optim.OptimizerOptions;
import org.klif.tensor.ActivationShape;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.StandIn;

/**
 * Launches that are counted are those that a step makes, and their bytes are those of the shapes.
 */
@Tag("sim")
class LaunchCountTest {
  /** Multiprocessors of the stand-in, so that its grids and layouts are the same when it counts. */
  private static final int MULTIPROCESSORS = 4;

  private static final int STEPS = 2;
  private static final int BATCH = 3;

  @BeforeEach
  void needsTheStandIn() {
    StandIn.require();
  }

  private static Device counting(Precision precision) {
    return CudaUnderTest.open(options(precision).withCounting(MULTIPROCESSORS));
  }

  private static DeviceOptions options(Precision precision) {
    return DeviceOptions.defaults().withPrecision(precision);
  }

  private static List<Launch> step(DeviceOptions options, String text, String neuron, Rule rule) {
    try (Device device = CudaUnderTest.open(options);
        Network network =
            Network.create(
                device,
                NetworkSpec.parse(text),
                Network.Options.of(STEPS, 3, 16, 16)
                    .withConstantInput(true)
                    .withNeuron(NeuronOptions.of(neuron)));
        TrainingSteps training =
            new TrainingSteps(
                network,
                new Loss.Objective(Loss.Kind.TET, 0.1),
                OptimizerOptions.of(rule, 1e-3),
                BATCH)) {
      training.step();
      return device.launchesOf(training::step);
    }
  }

  /**
   * The same launches in the same order with the same bytes, whether they are run or only counted;
   * the stand-in's own count says that none is missing.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "c8k3 bn sn | c8k3 bn sn mp2 | dp fc20nb sn | fc20nb sn | vote2; klif; ADAM",
        "c8k3 sn ap2 | c5k3b bn sn mp3s2p1 | dp fc20 sn | li; plif; SGD",
        "c8k3 bn sn mp2 | res( c8k3 bn sn c8k3 bn sn ) | res( c16k3s2 bn sn c16k3 bn sn : c16k1s2 bn"
            + " sn ) | gap fc10; lif; ADAMW",
        "c8k3 bn sn mp2 | res( attend2( c8k1b bn sn : c8k1b bn sn : c8k1b bn sn ) sn c8k1b bn sn ) |"
            + " up2 gap fc10; if; ADAM",
      })
  void countedLaunchesAreThoseThatAreRun(String text, String neuron, Rule rule) {
    for (Precision precision : List.of(Precision.FLOAT32, Precision.BF16, Precision.FP16)) {
      List<Launch> run = step(options(precision), text, neuron, rule);
      List<Launch> counted =
          step(options(precision).withCounting(MULTIPROCESSORS), text, neuron, rule);
      assertEquals(run, counted, precision.token());
      assertTrue(run.size() > 30, run.toString());
    }
  }

  @Test
  void bytesOfASumAndOfAConvolution() {
    try (Device device = counting(Precision.FLOAT32);
        BufferScope scope = new BufferScope(device)) {
      Buffer a = scope.of(1, 2, 3, 4, 5);
      Buffer b = scope.of(1, 1, 1, 1, 1);
      Buffer out = scope.zeros(5);
      assertEquals(
          List.of(new Launch("add_f32", 2 * 5 * 4, 5 * 4, 5)),
          device.launchesOf(() -> device.add(a, b, out)));

      assertArrayEquals(new float[5], out.toArray(), "nothing is run");
    }
    try (Device device = counting(Precision.BF16);
        BufferScope scope = new BufferScope(device)) {
      // 2 images of 3 x 4 x 4 to 8 x 4 x 4: 96 and 256 values, 216 weights
      Convolution convolution =
          scope.own(device.convolution(new Convolution.Spec(2, 3, 4, 4, 8, 3, 1, 1)));
      Buffer x = scope.activations(96);
      Buffer y = scope.activations(256);
      Buffer weight = scope.own(device.allocateParameters(216));
      Buffer gradient = scope.zeros(216);
      double operations = 2.0 * 256 * 27;
      assertEquals(
          List.of(new Launch("cudnnConvolutionForward", 2 * (96 + 216), 2 * 256, operations)),
          device.launchesOf(() -> convolution.forward(x, weight, null, y)));
      assertEquals(
          List.of(
              new Launch("cudnnConvolutionBackwardFilter", 2 * (96 + 256), 2 * 216, operations),
              new Launch("cast_bf16_f32", 2 * 216, 4 * 216, 216)),
          device.launchesOf(() -> convolution.backwardWeights(x, y, gradient, null)));
    }
  }

  /** 3 steps of 64 neurons: one block, so one partial sum of k's gradient and of the activities. */
  @Test
  void bytesOfALayerOfNeurons() {
    try (Device device = counting(Precision.FLOAT32);
        BufferScope scope = new BufferScope(device)) {
      ActivationShape shape = new ActivationShape(3, false, 2, 8, 2, 2);
      NeuronUnit unit =
          scope.own(
              device.neuronUnit(
                  new NeuronUnit.Spec(
                      NeuronOptions.of("klif").neuron(), shape, false, null, false)));
      NeuronUnit.Forward forward =
          NeuronUnit.Forward.of(scope.zeros(192), scope.of(1), scope.zeros(192), scope.zeros(2));
      NeuronUnit.Backward backward =
          new NeuronUnit.Backward(
              forward, scope.zeros(192), null, scope.zeros(192), null, scope.zeros(1), null, null);
      int tensor = 4 * 192;
      assertEquals(
          List.of(
              new Launch("klifForwardOne_f32", tensor + 4, tensor + 4, 16 * 192, 192),
              new Launch("neuronSums", 4, 4, 1)),
          device.launchesOf(() -> unit.forward(forward)));
      assertEquals(
          List.of(
              new Launch("klifBackwardOne_f32", 2 * tensor + 4, tensor + 2 * 4, 50 * 192, 192),
              new Launch("neuronSums", 2 * 4, 2 * 4, 2)),
          device.launchesOf(() -> unit.backward(backward)));
    }
  }

  /** Where two devices are open, the second cannot change what the driver does for the first. */
  @Test
  void nothingIsRunBesideADeviceThatCounts() {
    try (Device device = counting(Precision.FLOAT32)) {
      KlifException e =
          assertThrows(KlifException.class, () -> CudaUnderTest.open(options(Precision.FLOAT32)));
      assertTrue(e.getMessage().contains("only counts launches"), e.getMessage());
      assertEquals(DType.FLOAT32, device.activationType());
    }
  }

  /**
   * The larger floor binds: each launch's bytes, a product's operations, a neuron's instructions.
   */
  @Test
  void timesAreTheLargestFloor() {
    StepCount count =
        StepCount.of(
            List.of(
                new Launch("add_bf16", 2e6, 1e6, 5e5),
                new Launch("add_bf16", 2e6, 1e6, 5e5),
                new Launch("cublasGemmEx", 1e6, 2e6, 989e9),
                new Launch("klifForwardPool_bf16", 1e6, 1e6, 16e6, 1 << 26)),
            Precision.BF16);
    assertEquals(
        List.of("cublasGemmEx", "klifForwardPool_bf16", "add_bf16"),
        count.kinds().stream().map(StepCount.Kind::name).toList());
    assertEquals(1000, count.kinds().get(0).micros(), 1e-9);
    // as cuda-kernels/budget.tsv has it for this size
    assertEquals(66, count.kinds().get(1).micros(), 0.5);
    assertEquals(StepCount.Bound.ISSUE, count.kinds().get(1).bound());
    assertEquals(2, count.kinds().get(2).micros(), 1e-9);
    assertEquals(4, count.total().launches());
  }
}
