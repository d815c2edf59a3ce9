package org.klif.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.InputQueue;
import org.klif.device.Loss;
import org.klif.device.OptimizerStep;
import org.klif.device.OutOfDeviceMemory;
import org.klif.device.Precision;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NetworkSpec;
import org.klif.nn.StepReadback;
import org.klif.testing.CudaUnderTest;

/** A small network trains in every precision, and loss scaling finds its scale. */
@Tag("sim")
class PrecisionTrainingTest {
  private static final String TEXT = "c8k3 bn sn mp2 | dp fc32 bn sn | fc4 bn sn";
  private static final int BATCH = 16;
  private static final int CLASSES = 4;
  private static final int PIXELS = 64;

  /** Captured steps on one batch, each class a quadrant that is lit. */
  private static final class Steps implements AutoCloseable {
    private final BufferScope scope;
    private final Network network;
    private final Optimizer optimizer;
    private final NetworkPlan plan;
    private final InputQueue queue;
    private final CapturedWork work;
    private int done;

    Steps(Device device) {
      scope = new BufferScope(device);
      network =
          scope.own(
              Network.create(
                  device,
                  NetworkSpec.parse(TEXT),
                  Network.Options.of(2, 1, 8, 8).withConstantInput(true).withDropout(0.1)));
      optimizer =
          scope.own(new Optimizer(network, OptimizerOptions.of(OptimizerStep.Rule.ADAM, 1)));
      plan = scope.own(network.plan(BATCH, true));
      Loss loss = scope.own(device.loss(new Loss.Spec(Loss.Kind.MSE, 2, BATCH, CLASSES)));
      Buffer labels = scope.own(device.allocate(DType.INT32, BATCH));
      Buffer rate = scope.zeros((long) BATCH * CLASSES);
      queue = scope.own(device.inputQueue(plan.input(), labels));
      work =
          scope.own(
              device.capture(
                  () -> {
                    plan.forward(true);
                    loss.forward(plan.output(), labels, rate, network.readings().loss());
                    loss.backward(
                        plan.output(), rate, labels, plan.outputGradient(), optimizer.lossScale());
                    plan.backward();
                    optimizer.apply();
                  }));
    }

    StepReadback step() {
      float[] images = new float[BATCH * PIXELS];
      int[] labels = new int[BATCH];
      for (int n = 0; n < BATCH; n++) {
        labels[n] = n % CLASSES;
        for (int p = 0; p < PIXELS; p++) {
          boolean lit = (p / 8 / 4) * 2 + p % 8 / 4 == labels[n];
          images[n * PIXELS + p] = (lit ? 1.5f : -0.5f) + (float) Math.sin(n * 7 + p * 3) * 0.2f;
        }
      }
      queue.put(images, labels);
      network.beginStep(done++);
      optimizer.upload(0.02);
      queue.take();
      work.run();
      network.readings().download();
      return network.readings();
    }

    @Override
    public void close() {
      scope.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void aSmallNetworkTrains(Precision precision) {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults().withPrecision(precision))) {
      try (Steps steps = new Steps(device)) {
        assertEquals(precision.activationType(), steps.plan.input().type());
        assertEquals(precision.activationType(), steps.plan.output().type());
        assertEquals(DType.FLOAT32, steps.network.parameterBuffer().type());
        StepReadback last = steps.step();
        double first = last.lossValue();
        assertTrue(last.rate(0) > 0 && last.rate(0) < 1, "rate " + last.rate(0));
        assertTrue(last.gradient(0) > 0, "gradient " + last.gradient(0));
        for (int i = 0; i < 30; i++) {
          last = steps.step();
          assertTrue(Double.isFinite(last.norm()), "step " + i);
        }
        assertTrue(last.lossValue() < 0.3 * first, first + " became " + last.lossValue());
        assertEquals(BATCH, last.correct());
        assertEquals(precision == Precision.FP16 ? OptimizerStep.LARGEST_SCALE : 0, last.scale());
        assertTrue(steps.plan.inputs().get("0.conv").notZero() > 0.9);
      }
      assertEquals(0, device.liveBuffers());
    }
  }

  /**
   * From a scale that is far too large it goes down to one that fits, and learns nothing before.
   */
  @Test
  void aScaleThatIsTooLargeComesDown() {
    DeviceOptions options = DeviceOptions.defaults().withPrecision(Precision.FP16);
    try (Device device = CudaUnderTest.open(options)) {
      try (Steps steps = new Steps(device)) {
        Map<String, NamedTensor> state = new LinkedHashMap<>(steps.optimizer.state());
        NamedTensor scaling = state.get("optimizer.loss-scale");
        assertArrayEquals(new float[] {65536, 0, 0}, scaling.data());
        float far = 0x1p24f;
        state.put("optimizer.loss-scale", new NamedTensor(new int[] {3}, new float[] {far, 5, 2}));
        steps.optimizer.load(state, 2);
        float[] before = steps.network.parameterBuffer().toArray();
        StepReadback readings = steps.step();
        int skipped = 0;
        while (!Double.isFinite(readings.norm())) {
          skipped++;
          assertEquals(far / (1 << skipped), readings.scale());
          assertArrayEquals(before, steps.network.parameterBuffer().toArray());
          readings = steps.step();
        }
        assertTrue(skipped > 0 && skipped < 24, skipped + " skipped");
        float[] after = steps.optimizer.state().get("optimizer.loss-scale").data();
        assertArrayEquals(new float[] {far / (1 << skipped), 1, 2 + skipped}, after);
      }
      assertEquals(0, device.liveBuffers());
    }
  }

  /** An optimizer whose second moments find no memory gives the rest back. */
  @Test
  void anOptimizerThatDoesNotFitLeavesNothing() {
    long parameters = 4L * 1000 * 1000;
    // weights and gradients fit, and the first moments
    DeviceOptions options = DeviceOptions.defaults().withMemoryLimit(4 * parameters - 100_000);
    try (Device device = CudaUnderTest.open(options)) {
      try (Network network =
          Network.create(device, NetworkSpec.parse("fc1000"), Network.Options.of(1, 1000, 1, 1))) {
        int before = device.liveBuffers();
        OptimizerOptions adam = OptimizerOptions.of(OptimizerStep.Rule.ADAM, 1);
        OutOfDeviceMemory e =
            assertThrows(OutOfDeviceMemory.class, () -> new Optimizer(network, adam));
        assertTrue(e.requested() >= parameters, e.getMessage());
        assertEquals(before, device.liveBuffers());
        new Optimizer(network, OptimizerOptions.of(OptimizerStep.Rule.SGD, 1)).close();
      }
      assertEquals(0, device.liveBuffers());
    }
  }
}
