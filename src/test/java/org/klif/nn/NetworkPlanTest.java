package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.device.Device;
import org.klif.neuron.NeuronOptions;
import org.klif.tensor.ActivationShape;

class NetworkPlanTest {
  private static final String SMALL =
      "c8k3 bn sn mp2 | res( c8k3 bn sn ) | c16k3 bn sn mp2 | dp fc20 bn sn | fc10 sn | vote5";

  private final Device device = Nets.device();

  @AfterEach
  void close() {
    assertEquals(0, device.liveBuffers());
    device.close();
  }

  private static Network.Options options() {
    return Network.Options.of(3, 1, 8, 8);
  }

  @Test
  void shapes() {
    try (Network network = Nets.network(device, SMALL, options().withConstantInput(true));
        NetworkPlan plan = network.plan(6, true)) {
      assertEquals(new ActivationShape(3, true, 6, 1, 8, 8), plan.inputShape());
      assertEquals(6 * 64, plan.input().size());
      assertEquals(new ActivationShape(3, false, 6, 2, 1, 1), plan.outputShape());
      assertEquals(3 * 6 * 2, plan.output().size());
      assertEquals(
          List.of("2.klif", "4.res.2.klif", "7.klif", "12.klif", "14.klif"),
          plan.neuronLayers().stream().map(NeuronLayer::name).toList());
      assertEquals(512, plan.neuronLayers().get(0).neurons());
      assertEquals("4.res.2.klif.k", plan.neuronLayers().get(1).parameters().get(0).name());
    }
  }

  @Test
  void aSmallerBatchAfterALargerEqualsAFreshPlanToTheBit() {
    float[] output;
    float[] gradients;
    try (Network network = Nets.network(device, SMALL, options());
        NetworkPlan plan = network.plan(5, true)) {
      Nets.step(plan);
      output = plan.output().toArray();
      gradients = network.gradientBuffer().toArray();
    }
    try (Network network = Nets.network(device, SMALL, options());
        NetworkPlan large = network.plan(9, true)) {
      Nets.step(large); // leaves its values in the shared memory
      int buffers = device.liveBuffers();
      try (NetworkPlan tail = network.plan(5, true);
          NetworkPlan evaluation = network.plan(9, false)) {
        assertEquals(buffers, device.liveBuffers(), "plans share memory");
        Nets.step(tail);
        assertArrayEquals(output, tail.output().toArray());
        assertArrayEquals(gradients, network.gradientBuffer().toArray());
        evaluation.input().upload(Nets.random("input", evaluation.input().size()));
        evaluation.forward(false);
        // the large plan still works after the others
        Nets.step(large);
      }
    }
  }

  @Test
  void memoryGrowsForALargerPlanAndTheSmallerStaysValid() {
    try (Network network = Nets.network(device, SMALL, options());
        NetworkPlan small = network.plan(2, true);
        NetworkPlan large = network.plan(20, true)) {
      Nets.step(small);
      float[] before = network.gradientBuffer().toArray();
      Nets.step(large);
      Nets.step(small);
      assertArrayEquals(before, network.gradientBuffer().toArray());
    }
  }

  @Test
  void aPlanForEvaluationNeedsLessMemoryAndComputesTheSame() {
    int trainingBuffers;
    int evaluationBuffers;
    float[] expected;
    try (Network network = Nets.network(device, SMALL, options());
        NetworkPlan plan = network.plan(5, true)) {
      plan.input().upload(Nets.random("input", plan.input().size()));
      plan.forward(false);
      expected = plan.output().toArray();
      trainingBuffers = device.liveBuffers();
    }
    try (Network network = Nets.network(device, SMALL, options());
        NetworkPlan plan = network.plan(5, false)) {
      plan.input().upload(Nets.random("input", plan.input().size()));
      plan.forward(false);
      assertArrayEquals(expected, plan.output().toArray());
      evaluationBuffers = device.liveBuffers();
      assertThrows(IllegalStateException.class, plan::backward);
      assertThrows(IllegalStateException.class, () -> plan.forward(true));
    }
    assertTrue(evaluationBuffers < trainingBuffers);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        SMALL,
        "c4k3b bn ap2 dp0 res( c4k3 bn sn ) fc6 sn",
        "res( c4k3 bn : c4k1 ) res( c6k3s2 bn sn : c6k1s2 bn ) res( c6k1 : c6k3 sn ) fc6 sn",
        "c4k3b mp2 fc6 li",
        "fc6 sn vote3",
        "c4k3 bn fc6"
      })
  void aConstantInputEqualsTheSameInputRepeated(String text) {
    Network.Options options = options().withDropout(0);
    float[] output;
    float[] gradients;
    Map<String, NamedTensor> state;
    try (Network network = Nets.network(device, text, options.withConstantInput(true));
        NetworkPlan plan = network.plan(4, true)) {
      Nets.step(plan);
      output = plan.output().toArray();
      gradients = network.gradientBuffer().toArray();
      state = network.state();
    }
    try (Network network = Nets.network(device, text, options);
        NetworkPlan plan = network.plan(4, true)) {
      float[] images = Nets.random("input", 4 * 64);
      for (int t = 0; t < 3; t++) {
        plan.input().upload(images, 0, (long) t * images.length, images.length);
      }
      plan.forward(true);
      plan.outputGradient().upload(Nets.random("gradient", plan.outputGradient().size()));
      plan.backward();
      // the same sums in another order: some units of the last place of float32
      assertClose(output, plan.output().toArray(), 2e-5f);
      assertClose(gradients, network.gradientBuffer().toArray(), 2e-4f);
      for (Map.Entry<String, NamedTensor> one : network.state().entrySet()) {
        assertClose(state.get(one.getKey()).data(), one.getValue().data(), 2e-5f);
      }
    }
  }

  private static void assertClose(float[] expected, float[] found, float tolerance) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      float allowed = tolerance * Math.max(1, Math.abs(expected[i]));
      assertEquals(expected[i], found[i], allowed, "element " + i);
    }
  }

  @Test
  void fusionChangesNothing() {
    // a dropout that drops nothing keeps batch norm, neuron and pooling apart
    String fused = "c8k3 bn sn mp2 fc6 sn";
    String apart = "c8k3 bn dp0 sn dp0 mp2 fc6 sn";
    float[] output;
    List<float[]> gradients;
    try (Network network = Nets.network(device, fused, options());
        NetworkPlan plan = network.plan(4, true)) {
      assertEquals(4, plan.activations().size() - 2);
      Nets.step(plan);
      output = plan.output().toArray();
      gradients = network.parameters().stream().map(Parameter::gradients).toList();
    }
    try (Network network = Nets.network(device, apart, options());
        NetworkPlan plan = network.plan(4, true)) {
      // the second linear layer has another position, so another name and other values
      try (Network source = Nets.network(device, fused, options())) {
        for (int i = 0; i < source.parameters().size(); i++) {
          network.parameters().get(i).set(source.parameters().get(i).values());
        }
      }
      assertEquals(6, plan.activations().size() - 2);
      Nets.step(plan);
      assertArrayEquals(output, plan.output().toArray());
      for (int i = 0; i < gradients.size(); i++) {
        assertClose(gradients.get(i), network.parameters().get(i).gradients(), 1e-4f);
      }
    }
  }

  /** A pooling that cannot be fused into the neurons in front of it is a layer of its own. */
  @Test
  void aPoolingWithAStrideIsALayerOfItsOwn() {
    try (Network network = Nets.network(device, "c4k3 sn mp2s1 sn mp2 fc3", options());
        NetworkPlan plan = network.plan(2, true)) {
      assertEquals(
          List.of("input", "0.conv", "1.klif", "2.mp", "3.klif", "4.mp", "5.fc", "5.fc"),
          plan.activations().stream().map(NamedActivation::name).toList());
    }
  }

  @Test
  void upsamplingRepeatsEachPixel() {
    try (Network network = Nets.network(device, "up2x3", Network.Options.of(3, 5, 4, 6));
        NetworkPlan plan = network.plan(2, true)) {
      assertEquals(new ActivationShape(3, false, 2, 720, 1, 1), plan.outputShape());
      assertEquals(
          new LayerSummary("0.up", "up2x3", "5x8x18", 0, 0, 0, 3, false), network.summary().get(0));
      float[] x = Nets.random("input", plan.input().size());
      plan.input().upload(x);
      plan.forward(true);
      float[] y = plan.output().toArray();
      for (int i = 0; i < y.length; i++) {
        // the output is flat, in the order (C, H, W)
        int column = i % 18;
        int row = i / 18 % 8;
        int channel = i / 144 % 5;
        int image = i / 720;
        assertEquals(x[((image * 4 + row / 2) * 6 + column / 3) * 5 + channel], y[i]);
      }
    }
  }

  /** The numbers are AdaptiveAvgPool2d(7) of PyTorch 2.13 on a 4x4 image of 7 p mod 13 + 3. */
  @Test
  void upsamplingAndAWindowOfTwoAreAdaptivePoolingFrom4To7() {
    float[] expected = {
      3f, 6.5f, 10f, 7f, 4f, 7.5f, 11f, 4f, 7.5f, 11f, 8f, 5f, 8.5f, 12f, 5f, 8.5f, 12f, 9f, 6f,
      9.5f, 13f, 6f, 9.5f, 13f, 10f, 7f, 10.5f, 14f, 7f, 10.5f, 14f, 11f, 8f, 11.5f, 15f, 8f, 8.25f,
      8.5f, 8.75f, 9f, 9.25f, 9.5f, 9f, 6f, 3f, 6.5f, 10f, 7f, 4f
    };
    try (Network network = Nets.network(device, "up2 ap2s1", Network.Options.of(1, 1, 4, 4));
        NetworkPlan plan = network.plan(1, true)) {
      float[] x = new float[16];
      for (int p = 0; p < 16; p++) {
        x[p] = 7 * p % 13 + 3;
      }
      plan.input().upload(x);
      plan.forward(true);
      // quarters of whole numbers are exact
      assertArrayEquals(expected, plan.output().toArray());
    }
  }

  @Test
  void gapIsTheMeanOfTheImage() {
    try (Network network = Nets.network(device, "gap", Network.Options.of(3, 5, 4, 6));
        NetworkPlan plan = network.plan(2, true)) {
      assertEquals(new ActivationShape(3, false, 2, 5, 1, 1), plan.outputShape());
      assertEquals(
          List.of(new LayerSummary("0.gap", "gap", "5", 0, 0, 0, 3, false)), network.summary());
      float[] x = Nets.random("input", plan.input().size());
      plan.input().upload(x);
      plan.forward(true);
      float[] y = plan.output().toArray();
      for (int i = 0; i < y.length; i++) {
        double sum = 0;
        for (int pixel = 0; pixel < 24; pixel++) {
          sum += x[(i / 5 * 24 + pixel) * 5 + i % 5];
        }
        assertEquals(sum / 24, y[i], 1e-6);
      }
    }
  }

  /** Its branches share memory with what lies around them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "c4k3 bn sn res( c6k3s2 bn sn c6k3 bn sn : c6k1s2 bn sn ) res( c6k1 sn : c6k3 ) fc6",
        "c4k3b res( res( c4k3 bn sn : c4k1 ) c4k1 : c4k1 sn c4k3 bn ) sn fc6",
        "c4k3 bn sn attend2( c6k1 bn sn c6k1 sn : c6k3 bn sn : c6k1 bn ) bn sn fc6",
        "c4k3 attend2( dp0 : sn : c4k1 ) sn attend1( c4k1 : attend4( c4k1 : dp : sn ) : dp ) c4k1 fc6"
      })
  void aPlanForEvaluationWithBranchesComputesTheSame(String text) {
    for (boolean constant : new boolean[] {false, true}) {
      try (Network network = Nets.network(device, text, options().withConstantInput(constant));
          NetworkPlan kept = network.plan(5, true)) {
        float[] x = Nets.random("input", kept.input().size());
        kept.input().upload(x);
        kept.forward(false);
        float[] expected = kept.output().toArray();
        try (NetworkPlan plan = network.plan(5, false)) {
          plan.input().upload(x);
          plan.forward(false);
          assertArrayEquals(expected, plan.output().toArray());
        }
      }
    }
  }

  /** Two heads of one pixel: y = scale (q k) v, and what is repeated for constant branches. */
  @Test
  void attentionByHand() {
    String text = "attend2x0.5( c2k1 : c2k1 : c2k1 )";
    Network.Options options = Network.Options.of(3, 1, 1, 2).withConstantInput(true);
    try (Network network = Nets.network(device, text, options);
        NetworkPlan plan = network.planWithInputGradient(1)) {
      assertEquals(new ActivationShape(3, false, 1, 4, 1, 1), plan.outputShape());
      network.parameters().get(0).set(new float[] {1, 2});
      network.parameters().get(1).set(new float[] {3, 5});
      network.parameters().get(2).set(new float[] {7, -1});
      plan.input().upload(new float[] {1, 2});
      plan.forward(true);
      // pixels i and j: 0.5 wq wk wv x_i (1 + 4), in the features' order: head 0, then head 1
      float[] step = {52.5f, 105, -25, -50};
      float[] y = plan.output().toArray();
      for (int i = 0; i < y.length; i++) {
        assertEquals(step[i % 4], y[i]);
      }
      plan.outputGradient().upload(new float[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
      plan.backward();
      // of 0.5 wq x_0 wk wv (x_0^2 + x_1^2)
      assertArrayEquals(new float[] {52.5f, 0}, network.parameters().get(0).gradients());
      assertArrayEquals(new float[] {17.5f, 0}, network.parameters().get(1).gradients());
      assertArrayEquals(new float[] {7.5f, 0}, network.parameters().get(2).gradients());
      assertArrayEquals(new float[] {73.5f, 42}, plan.inputGradient().toArray());
    }
  }

  @Test
  void theSummaryAndTheInputsOfAttention() {
    String text = "c4k1 sn attend2( c6k1 bn sn : c6k1 bn sn : c6k1 bn sn ) c6k1";
    try (Network network = Nets.network(device, text, options());
        NetworkPlan plan = network.plan(4, true)) {
      // 64 tokens and 3 channels a head: K' V, then Q times that
      assertEquals(
          new LayerSummary("2.attend", "attend2", "6x8x8", 0, 0, 2 * 64 * 6 * 3, 3, true),
          network.summary().get(11));
      LayerSummary next = network.summary().get(12);
      assertFalse(next.spikingInput(), next + ": sums of spikes, scaled, are real values");
      Nets.step(plan);
      Map<String, InputShares> rates = plan.inputs();
      assertTrue(rates.containsKey("2.attend"), rates.toString());
      List<NeuronLayer> neurons = plan.neuronLayers();
      double q = neurons.get(1).activity().toArray()[0];
      double k = neurons.get(2).activity().toArray()[0];
      // float32 of a share
      assertEquals((q + k) / 2, rates.get("2.attend").one(), 1e-6);
      assertEquals((q + k) / 2, rates.get("2.attend").notZero(), 1e-6);
    }
  }

  @Test
  void theGradientOfTheInput() {
    try (Network network = Nets.network(device, "res( c1k3 : c1k1 )", options());
        NetworkPlan plan = network.planWithInputGradient(2);
        NetworkPlan other = network.plan(2, true)) {
      assertThrows(IllegalStateException.class, other::inputGradient);
      network.parameters().get(0).set(new float[] {0, 0, 0, 0, 0, 3, 0, 0, 0});
      network.parameters().get(1).set(new float[] {5});
      Nets.step(plan);
      plan.outputGradient().upload(Nets.random("gradient", plan.outputGradient().size()));
      float[] g = plan.outputGradient().toArray();
      plan.backward();
      float[] gx = plan.inputGradient().toArray();
      for (int i = 0; i < gx.length; i++) {
        // the tap of the right neighbour: x[i] counts for the output on its left
        float left = i % 8 == 0 ? 0 : g[i - 1];
        assertEquals(3 * left + 5 * g[i], gx[i], 1e-4f, "element " + i);
      }
    }
  }

  @Test
  void aResidualBlockAddsItsInput() {
    try (Network network = Nets.network(device, "res( c1k3 )", options());
        NetworkPlan plan = network.plan(2, true)) {
      float[] x = Nets.random("input", plan.input().size());
      plan.input().upload(x);
      plan.forward(true);
      float[] y = plan.output().toArray();
      Parameter weight = network.parameters().get(0);
      float[] w = weight.values();
      // an inner pixel of the first image; one channel, so memory order is row by row
      for (int row = 1; row < 7; row++) {
        for (int column = 1; column < 7; column++) {
          double expected = x[row * 8 + column];
          for (int k = 0; k < 9; k++) {
            expected += (double) w[k] * x[(row + k / 3 - 1) * 8 + column + k % 3 - 1];
          }
          assertEquals(expected, y[row * 8 + column], 1e-5);
        }
      }
      assertArrayEquals(x, plan.input().toArray(), "the input is not overwritten");
    }
  }

  @Test
  void dropoutUsesOneMaskForAllStepsAndAnotherForAnotherCounter() {
    try (Network network = Nets.network(device, "dp0.5 flat", options().withSeed(3));
        NetworkPlan plan = network.plan(4, true)) {
      float[] ones = new float[Math.toIntExact(plan.input().size())];
      Arrays.fill(ones, 1);
      plan.input().upload(ones);
      network.beginStep(1);
      plan.forward(true);
      float[] first = plan.output().toArray();
      int step = first.length / 3;
      float[] mask = Arrays.copyOf(first, step);
      for (int t = 1; t < 3; t++) {
        assertArrayEquals(mask, Arrays.copyOfRange(first, t * step, (t + 1) * step));
      }
      int kept = 0;
      for (float value : mask) {
        assertTrue(value == 0 || value == 2);
        kept += value == 2 ? 1 : 0;
      }
      // 256 draws: 5 standard deviations are 40
      assertEquals(128, kept, 40);
      plan.forward(true);
      assertArrayEquals(first, plan.output().toArray(), "same counter, same mask");
      network.beginStep(2);
      plan.forward(true);
      assertFalse(Arrays.equals(first, plan.output().toArray()));
      plan.forward(false);
      assertArrayEquals(ones, plan.output().toArray());
      assertArrayEquals(ones, plan.input().toArray(), "the input is not overwritten");
    }
  }

  @Test
  void aLoopThatForgetsToBeginItsStepsIsRefused() {
    try (Network network =
            Network.create(device, NetworkSpec.parse("dp0.5 flat"), options().withSeed(3));
        NetworkPlan plan = network.plan(4, true)) {
      assertThrows(IllegalStateException.class, () -> plan.forward(true));
      plan.forward(false);
    }
  }

  @Test
  void evaluationUsesRunningStatistics() {
    try (Network network = Nets.network(device, SMALL, options());
        NetworkPlan plan = network.plan(4, true)) {
      Nets.step(plan);
      plan.forward(false);
      float[] all = plan.output().toArray();
      Map<String, NamedTensor> before = network.state();
      try (NetworkPlan one = network.plan(1, false)) {
        float[] input = Nets.random("input", 3 * 4 * 64);
        for (int t = 0; t < 3; t++) {
          one.input().upload(input, (t * 4 + 2) * 64, t * 64L, 64);
        }
        one.forward(false);
        float[] single = one.output().toArray();
        for (int t = 0; t < 3; t++) {
          for (int c = 0; c < 2; c++) {
            assertEquals(all[(t * 4 + 2) * 2 + c], single[t * 2 + c], 1e-5f);
          }
        }
      }
      network.state().forEach((k, v) -> assertArrayEquals(before.get(k).data(), v.data(), k));
    }
  }

  @Test
  void flattenGivesTheOrderOfPyTorch() {
    // 1x1 convolution that copies its input to channel 1 and its double to channel 0
    try (Network network = Nets.network(device, "c2k1 flat", options());
        NetworkPlan plan = network.plan(1, false)) {
      network.parameters().get(0).set(new float[] {2, 1});
      float[] x = Nets.random("input", plan.input().size());
      plan.input().upload(x);
      plan.forward(false);
      float[] y = plan.output().toArray();
      for (int i = 0; i < 64; i++) {
        assertEquals(2 * x[i], y[i], 1e-6f);
        assertEquals(x[i], y[64 + i], 1e-6f);
      }
    }
  }

  @Test
  void traceShowsWhatTheNeuronsDid() {
    String text = "c8k3 bn sn mp2 fc10 lif vote5";
    Network.Options options =
        options().withNeuron(NeuronOptions.of("klif")).withConstantInput(true);
    try (Network network = Nets.network(device, text, options);
        NetworkPlan plan = network.plan(4, true)) {
      Nets.step(plan);
      Trace trace = plan.trace(2);
      plan.forward(false);
      float[] output = plan.output().toArray();
      Trace.Layer last = trace.layers().get(1);
      assertEquals("5.lif", last.name());
      assertEquals(10, last.neurons());
      float[] votes = new float[2];
      for (int t = 0; t < 3; t++) {
        for (int c = 0; c < 2; c++) {
          float spikes = 0;
          for (int i = 0; i < 5; i++) {
            spikes += last.spiked(t, c * 5 + i) ? 0.2f : 0;
          }
          assertEquals(output[(t * 4 + 2) * 2 + c], spikes, 1e-6f);
          votes[c] += spikes / 3;
        }
      }
      assertArrayEquals(votes, trace.output(), 1e-6f);
      Trace.Layer first = trace.layers().get(0);
      assertEquals(512, first.neurons());
      boolean fired = false;
      for (int i = 0; i < 512; i++) {
        for (int t = 0; t < 3; t++) {
          boolean spike = first.spiked(t, i);
          fired |= spike;
          assertEquals(spike ? 0 : first.charged(t, i), first.potential(t, i));
        }
      }
      assertTrue(fired, "some neuron of the first layer fires");
      assertThrows(IllegalArgumentException.class, () -> plan.trace(4));
    }
  }

  @Test
  void activityAndInputRates() {
    try (Network network = Nets.network(device, "c8k3 bn sn mp2 fc10 sn", options());
        NetworkPlan plan = network.plan(4, true)) {
      Nets.step(plan);
      NeuronLayer layer = plan.neuronLayers().get(0);
      float[] activity = layer.activity().toArray();
      assertTrue(activity[0] > 0 && activity[0] < 1);
      assertTrue(activity[1] > 0);
      Map<String, InputShares> rates = plan.inputs();
      assertEquals(List.of("0.conv", "4.fc"), List.copyOf(rates.keySet()));
      assertEquals(1, rates.get("0.conv").notZero(), 1e-3);
      // a pooled spike is 1 when one of four neurons fires
      InputShares pooled = rates.get("4.fc");
      assertTrue(pooled.notZero() >= activity[0] && pooled.notZero() <= 4 * activity[0]);
      assertEquals(pooled.notZero(), pooled.one(), "spikes are ones");
    }
  }

  @Test
  void twoRunsGiveTheSameBits() {
    try (Network network = Nets.network(device, SMALL, options());
        NetworkPlan plan = network.plan(7, true)) {
      Nets.step(plan);
      float[] first = network.gradientBuffer().toArray();
      Nets.step(plan);
      assertArrayEquals(first, network.gradientBuffer().toArray());
    }
  }
}
