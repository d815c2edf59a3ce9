package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Linear;
import org.klif.device.OptimizerStep;
import org.klif.device.ParameterLayout;
import org.klif.device.Precision;
import org.klif.device.Product;

/**
 * The layers of a device with activations of 16 bits, on inputs and weights that the type has
 * exactly, against the CPU in float32, which has the same numbers then.
 */
public abstract class LowPrecisionLayersContract extends LowPrecisionContract {
  private static Device cpu() {
    return Devices.open("cpu", DeviceOptions.defaults());
  }

  /** Neurons compute in float32, so they fire as the CPU's do, to the bit. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void neurons(Precision precision) {
    start(precision);
    neuronsAgree(NeuronCase.manyBlocks());
  }

  /** The penalty on firing rates, whose gradient is float32. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void everySpikeHasItsOwnGradient(Precision precision) {
    start(precision);
    neuronsAgree(NeuronCase.manyBlocks(0.75));
  }

  private void neuronsAgree(List<NeuronCase> cases) {
    try (Device reference = cpu()) {
      for (NeuronCase c : cases) {
        NeuronCase.Drawn drawn = c.draw();
        NeuronCase.Inputs inputs = drawn.inputs().rounded(rounding());
        NeuronRun expected = NeuronRun.of(reference, c, inputs);
        NeuronRun actual = NeuronRun.of(device(), c, inputs);
        String name = c.neuron() + ", pooling " + c.pooling() + ": ";
        // spikes and means of four are numbers that the type has
        Closeness.assertSame(name + "S", Closeness.doubles(expected.spikes()), actual.spikes());
        Closeness.assertSame(name + "F", Closeness.doubles(expected.charged()), actual.charged());
        Closeness.assertSame(name + "V", Closeness.doubles(expected.last()), actual.last());
        rounding().assertStored(name + "gx", Closeness.doubles(expected.gx()), actual.gx());
        Closeness.assertClose(
            name + "gInitial", Closeness.doubles(expected.gInitial()), actual.gInitial());
        if (expected.gParameter() != null) {
          Closeness.assertClose(
              name + "gParameter",
              Closeness.doubles(expected.gParameter()),
              actual.gParameter(),
              drawn.expected().gParameterNorm());
        }
        Closeness.assertClose(
            name + "sums",
            Closeness.doubles(expected.normSums()),
            actual.normSums(),
            drawn.expected().normNorm());
      }
    }
  }

  /** Products are summed in float32, rounded to be stored, and once more with the bias. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void dense(Precision precision) {
    Device device = start(precision);
    Linear.Spec linear = new Linear.Spec(19, 33, 24);
    Convolution.Spec convolution = new Convolution.Spec(2, 5, 8, 7, 12, 3, 1, 1);
    float[] bias = rounding().draw(3, 24);
    DensePasses linearPasses =
        new DensePasses(
            rounding().draw(1, 19 * 33),
            rounding().draw(2, 33 * 24),
            bias,
            rounding().draw(4, 19 * 24));
    DensePasses convolutionPasses =
        new DensePasses(
            rounding().draw(1, 2 * 8 * 7 * 5),
            rounding().draw(2, 12 * 5 * 9),
            Arrays.copyOf(bias, 12),
            rounding().draw(4, 2 * 8 * 7 * 12));
    try (Device reference = cpu()) {
      compare(
          "linear",
          linearPasses.linear(reference, linear),
          linearPasses.linear(device, linear),
          false);
      compare(
          "convolution",
          convolutionPasses.convolution(reference, convolution),
          convolutionPasses.convolution(device, convolution),
          true);
    }
  }

  /** Products read the weights as the last writer left them, whoever that was. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void productsReadWeightsAsTheyWereWritten(Precision precision) {
    Device device = start(precision);
    Linear.Spec linear = new Linear.Spec(8, 8, 5);
    Convolution.Spec convolution = new Convolution.Spec(1, 8, 8, 1, 5, 1, 1, 0);
    ParameterLayout layout = device.linearWeightLayout(8, 5);
    readEachWrite(device, device.linear(linear), layout);
    layout = device.convolutionWeightLayout(8, 5, convolution.kernel());
    readEachWrite(device, device.convolution(convolution), layout);
  }

  private void readEachWrite(Device device, Product product, ParameterLayout layout) {
    int size = layout.physicalSize();
    Uniform uniform = new Uniform(6);
    try (product;
        BufferScope scope = new BufferScope(device)) {
      Buffer all = scope.own(device.allocateParameters(16 + size));
      WeightsRead read = new WeightsRead(scope, rounding(), product, layout, all.view(16, size));
      read.check("zeros");
      all.upload(uniform.floats(16 + size));
      read.check("upload");
      device.copy(scope.of(uniform.floats(16 + size)), all);
      read.check("copy");
      all.view(20, 3).upload(uniform.floats(3));
      read.check("upload of a few");
      device.fill(all.view(16, 2), 0.3f);
      read.check("fill");
      Buffer gradients = scope.of(uniform.floats(16 + size));
      Buffer schedule = scope.of(0.01f, 1);
      Buffer scaling = scope.of(2, 0, 0);
      for (OptimizerStep.Rule rule : OptimizerStep.Rule.values()) {
        Buffer first = scope.zeros(16 + size);
        Buffer second = scope.zeros(16 + size);
        OptimizerStep step =
            scope.own(
                device.optimizerStep(
                    new OptimizerStep.Spec(
                        rule,
                        0.9,
                        0.99,
                        1e-3,
                        0,
                        List.of(
                            new OptimizerStep.Segment(0, 3, 1, 0, 0),
                            new OptimizerStep.Segment(16, size, 1, 0.1, 0.05, -0.5, 0.5)))));
        float[] before = all.toArray();
        step.step(all, gradients, first, second, schedule, scope.zeros(1), scaling);
        assertFalse(Arrays.equals(before, all.toArray()));
        read.check(rule.name());
      }
    }
  }

  private void compare(
      String layer, List<float[]> expected, List<float[]> actual, boolean roundedWeights) {
    double[] y = Closeness.doubles(expected.get(0));
    double[] terms = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      terms[i] = 2 * Math.abs(y[i]) + 1; // the product, |y| + |bias| at most, and the sum
    }
    rounding().assertStored(layer + " y", y, actual.get(0), terms);
    rounding().assertStored(layer + " gx", Closeness.doubles(expected.get(1)), actual.get(1));
    double[] gw = Closeness.doubles(expected.get(2));
    if (roundedWeights) {
      // cuDNN stores the gradient of 16-bit weights in 16 bits
      rounding().assertStored(layer + " gw", gw, actual.get(2));
    } else {
      Closeness.assertClose(layer + " gw", gw, actual.get(2));
    }
    Closeness.assertClose(layer + " gb", Closeness.doubles(expected.get(3)), actual.get(3));
  }
}
