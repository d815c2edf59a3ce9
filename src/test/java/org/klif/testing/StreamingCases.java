package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.neuron.NeuronOptions;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NetworkSpec;
import org.klif.nn.StreamingPlan;

/** A stream gives each output of the run over all T to the bit. */
public interface StreamingCases {
  /** The device under test. */
  Device device();

  /** Networks with every kind of layer, constant and varying input. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        // text; neuron; T; N; constant input
        "c8k3 bn sn mp2 | fc20 li | fc10; klif; 5; 1; true",
        "c8k3 bn sn mp2 | dp fc20 bn sn | vote2; klif; 4; 3; false",
        "c8k3 bn sn mp2 | dp fc20 bn sn | vote2; lif; 4; 3; true",
        "c6k3 sn ap2 c8k5 bn sn | fc10 li; plif; 6; 2; true",
        "c6k3 sn ap2 c8k5 bn sn | fc10 li; if; 6; 2; false",
        "c8k3 bn sn res(c8k3 bn sn c8k3 bn) sn mp2 | fc10; klif; 4; 2; true",
        "res(c8k3s2 bn sn c8k3 bn : c8k1s2 bn sn) res(c8k1 : c8k3 sn) sn | fc10; klif; 4; 2; true",
        "c8k3 bn sn res(c12k3s2 bn sn c12k3 bn : c12k1s2 bn) sn | fc10; klif; 4; 2; false",
        "c8k3 bn sn{threshold=0.5,vReset=-0.5} mp2 | fc20 lif{softReset=true,tau=3} fc10; klif; 4; 2; true",
        "c8k1x3s1x2 bn sn mp2x1 | c8k3x2p0x1 sn ap1x2 | fc10; klif; 4; 2; true",
        "c8k3 bn sn gap fc20 bn sn gap | fc10 li; klif; 4; 2; true",
        "c8k3 bn sn ap2 up2 c4k3 bn sn | fc10; klif; 4; 2; false",
        "c8k3 bn sn mp3s2p1 | res(c8k3 bn sn : mp3s1p1) ap3s2p1 | fc10; klif; 4; 2; true",
        "c8k3 bn sn mp2 | attend4(c8k1 bn sn : c8k1 bn sn : c8k1 bn sn) bn sn | fc10; klif; 4; 2; true",
        "attend2(c64k1 : c64k1 bn sn : c64k1b) mp3 bn sn attend1(c9k1 : c9k1 bn sn : c9k1b) | fc10; klif; 5; 1; true",
        "mp3 attend2(c64k1 bn : c64k1 bn : c64k1 bn) bn sn | fc10; lif; 4; 2; false",
        "res(c2k3 bn sn) bn mp3 c5k3 bn sn | fc10 li; klif; 3; 1; true",
        "c32k3 bn sn mp2 c64k3 bn sn mp2 | fc100 bn sn | fc10; klif; 8; 1; true",
        "c32k3 bn sn mp2 c64k3 bn sn mp2 | fc100 bn sn | fc10; klif; 8; 16; false",
        "fc300 sn fc200 sn fc10 li; lif; 7; 1; true",
        "c64k3 bn sn mp2 c128k3 bn sn | fc2048 bn sn | fc100 bn sn vote10; klif; 4; 1; true",
        "c64k3 bn sn mp2 c128k3 bn sn | fc512 bn sn | fc100 bn sn vote10; klif; 4; 2; false",
        "fc10; klif; 3; 2; true"
      })
  default void aStreamIsTheWholeRunToTheBit(
      String text, String neuron, int steps, int batch, boolean constant) {
    Network.Options options =
        Network.Options.of(steps, 2, 12, 12)
            .withNeuron(NeuronOptions.of(neuron))
            .withBatchNorm(1e-5, 1)
            .withConstantInput(constant);
    Uniform uniform = new Uniform(text.length());
    try (Network network = Network.create(device(), NetworkSpec.parse(text), options)) {
      int image = batch * 2 * 12 * 12;
      float[] x = uniform.floats(constant ? image : steps * image, -1, 4);
      float[] y = uniform.floats(x.length, -1, 4);
      float[][] expected = new float[2][];
      try (NetworkPlan plan = network.plan(batch, true)) {
        plan.input().upload(x);
        network.beginStep(0);
        plan.forward(true); // its statistics become the running ones
        plan.forward(false);
        expected[0] = plan.output().toArray();
        plan.input().upload(y);
        plan.forward(false);
        expected[1] = plan.output().toArray();
      }
      assertTrue(differs(expected[0]) && differs(expected[1]), "the case says something");
      try (StreamingPlan stream = network.stream(batch, true)) {
        assertStream(stream, x, steps, expected[0]);
        stream.reset();
        assertStream(stream, y, steps, expected[1]);
      }
    }
  }

  private static boolean differs(float[] values) {
    for (float value : values) {
      if (value != values[0]) {
        return true;
      }
    }
    return false;
  }

  private static void assertStream(StreamingPlan stream, float[] x, int steps, float[] expected) {
    int image = Math.toIntExact(stream.input().size());
    int classes = expected.length / steps;
    for (int t = 0; t < steps; t++) {
      stream.input().upload(x, x.length == image ? 0 : t * image, 0, image);
      stream.step();
      float[] whole = Arrays.copyOfRange(expected, t * classes, (t + 1) * classes);
      assertArrayEquals(whole, stream.output().toArray(), "step " + t);
    }
  }

  /** Products of one step differ in the order of their sums only, if at all. */
  @Test
  default void aStreamOfItsOwnProductsIsClose() {
    Network.Options options = Network.Options.of(3, 1, 14, 14);
    try (Network network =
        Network.create(device(), NetworkSpec.parse("c16k3 mp2 | fc200 fc10 li"), options)) {
      float[] x = new Uniform(3).floats(3 * 196);
      float[] expected;
      try (NetworkPlan plan = network.plan(1, false)) {
        plan.input().upload(x);
        plan.forward(false);
        expected = plan.output().toArray();
      }
      try (StreamingPlan stream = network.stream(1, false)) {
        for (int t = 0; t < 3; t++) {
          stream.input().upload(x, t * 196, 0, 196);
          stream.step();
          Closeness.assertClose(
              "step " + t,
              Closeness.doubles(Arrays.copyOfRange(expected, t * 10, (t + 1) * 10)),
              stream.output().toArray());
        }
      }
    }
  }

  /** Potentials are a stream's own: two of them, one step each in turn, do not meet. */
  @Test
  default void streamsDoNotMeet() {
    try (Network network =
            Network.create(
                device(), NetworkSpec.parse("fc30 sn fc10 li"), Network.Options.of(4, 1, 3, 3));
        StreamingPlan one = network.stream(1, true);
        StreamingPlan two = network.stream(1, true)) {
      float[] x = new Uniform(1).floats(9, -1, 4);
      float[] zero = new float[9];
      float[][] alone = new float[4][];
      for (int t = 0; t < 4; t++) {
        one.input().upload(x);
        one.step();
        alone[t] = one.output().toArray();
      }
      one.reset();
      for (int t = 0; t < 4; t++) {
        one.input().upload(x);
        one.step();
        float[] output = one.output().toArray();
        two.input().upload(zero);
        two.step();
        assertArrayEquals(alone[t], output, "step " + t);
      }
    }
  }

  /** Memory is given back. */
  @Test
  default void aStreamLeavesNothingBehind() {
    try (BufferScope scope = new BufferScope(device())) {
      Network network =
          scope.own(
              Network.create(
                  device(), NetworkSpec.parse("c4k3 sn fc10 li"), Network.Options.of(4, 1, 5, 5)));
      network.stream(2, true).close();
      int before = device().liveBuffers();
      StreamingPlan stream = network.stream(2, true);
      assertEquals(before + 2, device().liveBuffers(), "potentials of a neuron and a readout");
      stream.close();
      stream.close();
      assertEquals(before, device().liveBuffers());
      assertThrows(RuntimeException.class, stream::step);
    }
  }
}
