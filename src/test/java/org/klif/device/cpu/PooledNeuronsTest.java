package org.klif.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.Device;
import org.klif.device.Pooling;
import org.klif.device.Precision;
import org.klif.neuron.Neuron;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;
import org.klif.testing.NeuronCase;
import org.klif.testing.NeuronRun;

/**
 * Neurons under 2x2 windows have the bits of plain loops, step by step, in either precision: with
 * fewer channels than are carried back at once, with a multiple of them and with neither, over more
 * steps than go back at once. Later versions of Java than 17 carry them through all T.
 */
class PooledNeuronsTest {
  static Stream<NeuronCase> cases() {
    Neuron hard = new Neuron.Klif(common(new Reset.Hard(0), false), 2, true, false, 1, true);
    Neuron soft = new Neuron.Lif(common(new Reset.Soft(), true), 2, false);
    return Stream.of(16, 48, 64, 160)
        .flatMap(
            channels ->
                Stream.of(hard, soft)
                    .flatMap(
                        neuron ->
                            Stream.of(Pooling.Kind.values())
                                .flatMap(kind -> inputs(neuron, channels, kind))));
  }

  private static Neuron.Common common(Reset reset, boolean detached) {
    return new Neuron.Common(1, reset, detached, Surrogate.of(Surrogate.Kind.ATAN));
  }

  private static Stream<NeuronCase> inputs(Neuron neuron, int channels, Pooling.Kind kind) {
    return Stream.of(true, false)
        .flatMap(
            constant ->
                Stream.of(true, false)
                    .map(
                        normalized ->
                            new NeuronCase(
                                neuron,
                                new ActivationShape(10, constant, 2, channels, 4, 6),
                                normalized,
                                kind,
                                false,
                                1.2,
                                true,
                                constant ? 0.01 : 0,
                                5)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void haveTheBitsOfPlainLoops(NeuronCase c) {
    NeuronCase.Inputs in = c.draw().inputs();
    for (Precision precision : List.of(Precision.FLOAT32, Precision.BF16)) {
      try (Device vectorised = new CpuDevice(2, precision);
          Device plain = new CpuDevice(2, new KernelChoice(new ScalarKernels(), ""), precision)) {
        NeuronRun.of(plain, c, in).assertSameBits(NeuronRun.of(vectorised, c, in));
        assertArrayEquals(
            NeuronRun.spikesOnly(plain, c, in), NeuronRun.spikesOnly(vectorised, c, in));
      }
    }
  }
}
