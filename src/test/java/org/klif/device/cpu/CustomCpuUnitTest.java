package org.klif.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;
import org.klif.testing.HostCompiler;
import org.klif.testing.ShippedNeurons;

/** A neuron with two states and learned numbers per layer and per channel, against float64. */
class CustomCpuUnitTest {
  private static final String TEXT =
      """
      template <class Real>
      struct Two {
        Constant<Real> tau = {2.0, atLeast(1.0)};
        Learned<Real> beta = {0.5, softplus, perChannel};
        Learned<Real> rho = {0.75, sigmoid};
        State<Real> v = 0.25;
        State<Real> a = 0.5;

        __device__ Real step(Real x, Spike<Real> spike) {
          v += (x - v) / tau;
          Real s = spike(v - 1 - beta * a);
          a = rho * a + s;
          v = v * (1 - s);
          return s;
        }
      };
      """;

  private static final String SURROGATE =
      """
      struct Logistic {
        template <class Real>
        __device__ Real primitive(Real u, Real alpha) const { return sigmoid(alpha * u); }
        template <class Real>
        __device__ Real derivative(Real u, Real alpha) const {
          Real y = sigmoid(alpha * u);
          return alpha * y * (1 - y);
        }
      };
      """;

  private static final double ALPHA = 4;
  private static final int STEPS = 5;
  private static final int CHANNELS = 3;
  private static final int SIZE = 7 * CHANNELS;

  /** beta padded to 16 numbers, rho to 16. */
  private static final int STRETCH = 32;

  private static final int RHO = 16;

  private Device cpu;

  @BeforeEach
  void open() {
    HostCompiler.require();
    cpu = new CpuDevice(2);
  }

  @AfterEach
  void close() {
    if (cpu != null) {
      assertEquals(0, cpu.liveBuffers());
      cpu.close();
    }
  }

  private static Neuron.Custom neuron(@Nullable NeuronSource surrogate) {
    NeuronModel model = ShippedNeurons.model(new NeuronSource("two", "two.cuh", TEXT), false);
    Neuron.Custom plain = Neuron.Custom.of(model, new Surrogate(Surrogate.Kind.SIGMOID, ALPHA));
    return new Neuron.Custom(plain.common(), model, Map.of("tau", 2.5), surrogate);
  }

  /** The same neuron in float64, its spike smooth: a loss that differences can see. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Problem(double[] x, double[] raw, double[] initial, double[] gS, double[] gLast) {
    static Problem random() {
      Random r = new Random(5);
      double[] raw = new double[STRETCH];
      for (int c = 0; c < CHANNELS; c++) {
        raw[c] = uniform(r, 1, -0.5, 0.5)[0];
      }
      raw[RHO] = 0.8;
      return new Problem(
          uniform(r, STEPS * SIZE, -0.5, 3),
          raw,
          uniform(r, 2 * SIZE, -0.5, 0.5),
          uniform(r, STEPS * SIZE, -1, 1),
          uniform(r, 2 * SIZE, -1, 1));
    }

    double loss() {
      double loss = 0;
      double rho = sigmoid(raw[RHO]);
      for (int m = 0; m < SIZE; m++) {
        double beta = Math.log1p(Math.exp(raw[m % CHANNELS]));
        double v = initial[m];
        double a = initial[SIZE + m];
        for (int t = 0; t < STEPS; t++) {
          v += (x[t * SIZE + m] - v) / 2.5;
          double s = sigmoid(ALPHA * (v - 1 - beta * a));
          a = rho * a + s;
          v *= 1 - s;
          loss += gS[t * SIZE + m] * s;
        }
        loss += gLast[m] * v + gLast[SIZE + m] * a;
      }
      return loss;
    }

    double[] gradient(double[] of) {
      double[] gradient = new double[of.length];
      for (int i = 0; i < of.length; i++) {
        double was = of[i];
        of[i] = was + 1e-5;
        double high = loss();
        of[i] = was - 1e-5;
        gradient[i] = (high - loss()) / 2e-5;
        of[i] = was;
      }
      return gradient;
    }

    private static double sigmoid(double u) {
      return 1 / (1 + Math.exp(-u));
    }

    private static double[] uniform(Random r, int size, double low, double high) {
      // float32 has them exactly
      return r.doubles(size, low, high).map(d -> (float) d).toArray();
    }
  }

  private static Buffer of(BufferScope scope, double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return scope.of(floats);
  }

  private static void assertClose(String what, double[] expected, @Nullable Buffer actual) {
    float[] found = actual.toArray();
    assertEquals(expected.length, found.length, what);
    for (int i = 0; i < found.length; i++) {
      // five steps of some ten float32 operations, gradients of order 1
      assertEquals(expected[i], found[i], 2e-5 * Math.max(1, Math.abs(expected[i])), what + i);
    }
  }

  @Test
  void gradientsOfAllStatesAndLearnedNumbersAreRight() {
    gradients(neuron(null));
  }

  @Test
  void aSurrogateOfTheUsersOwnIsUsed() {
    gradients(neuron(new NeuronSource("logistic", "logistic.cuh", SURROGATE)));
  }

  private void gradients(Neuron.Custom neuron) {
    Problem p = Problem.random();
    ActivationShape shape = new ActivationShape(STEPS, false, 7, CHANNELS, 1, 1);
    try (BufferScope scope = new BufferScope(cpu)) {
      NeuronUnit unit =
          scope.own(cpu.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, true)));
      NeuronUnit.Forward forward =
          NeuronUnit.Forward.of(
                  of(scope, p.x), of(scope, p.raw), scope.zeros(STEPS * SIZE), scope.zeros(2))
              .streaming(of(scope, p.initial), scope.zeros(2 * SIZE));
      unit.forward(forward);
      NeuronUnit.Backward backward =
          new NeuronUnit.Backward(
              forward,
              of(scope, p.gS),
              of(scope, p.gLast),
              scope.zeros(STEPS * SIZE),
              scope.zeros(2 * SIZE),
              scope.zeros(STRETCH),
              null,
              null);
      unit.backward(backward);
      assertClose("gx", p.gradient(p.x), backward.gx());
      assertClose("gInitial", p.gradient(p.initial), backward.gInitial());
      assertClose("gParameter", p.gradient(p.raw), backward.gParameter());
    }
  }

  @Test
  void aSequenceInTwoPartsHasTheBitsOfTheWholeAndStartsFromTheFilesStates() {
    Problem p = Problem.random();
    Neuron.Custom neuron = neuron(null);
    ActivationShape whole = new ActivationShape(STEPS, false, 7, CHANNELS, 1, 1);
    ActivationShape one = new ActivationShape(1, false, 7, CHANNELS, 1, 1);
    try (BufferScope scope = new BufferScope(cpu)) {
      Buffer x = of(scope, p.x);
      Buffer raw = of(scope, p.raw);
      NeuronUnit.Forward all =
          NeuronUnit.Forward.of(x, raw, scope.zeros(STEPS * SIZE), null)
              .streaming(null, scope.zeros(2 * SIZE))
              .traced(scope.zeros(STEPS * SIZE), scope.zeros(STEPS * SIZE));
      scope
          .own(cpu.neuronUnit(new NeuronUnit.Spec(neuron, whole, false, null, false)))
          .forward(all);
      NeuronUnit step =
          scope.own(cpu.neuronUnit(new NeuronUnit.Spec(neuron, one, false, null, false)));
      Buffer states = scope.zeros(2 * SIZE);
      float[] start = new float[2 * SIZE];
      Arrays.fill(start, 0, SIZE, 0.25f);
      Arrays.fill(start, SIZE, 2 * SIZE, 0.5f);
      states.upload(start);
      float[] charged = all.charged().toArray();
      for (int t = 0; t < STEPS; t++) {
        Buffer spikes = scope.zeros(SIZE);
        step.forward(
            NeuronUnit.Forward.of(x.view((long) t * SIZE, SIZE), raw, spikes, null)
                .streaming(states, states));
        float[] expected = all.spikes().view((long) t * SIZE, SIZE).toArray();
        assertArrayEquals(expected, spikes.toArray());
        for (int i = 0; i < SIZE; i++) {
          assertEquals(charged[t * SIZE + i] >= 0 ? 1f : 0f, expected[i]);
        }
        float[] potential = all.potential().view((long) t * SIZE, SIZE).toArray();
        assertArrayEquals(potential, states.view(0, SIZE).toArray());
      }
      assertArrayEquals(all.last().toArray(), states.toArray());
    }
  }

  private float[] spikes(Neuron.Custom neuron, float x) {
    ActivationShape shape = new ActivationShape(STEPS, true, 7, CHANNELS, 1, 1);
    try (BufferScope scope = new BufferScope(cpu)) {
      NeuronUnit unit =
          scope.own(cpu.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false)));
      float[] all = new float[SIZE];
      Arrays.fill(all, x);
      Buffer spikes = scope.zeros(STEPS * SIZE);
      unit.forward(NeuronUnit.Forward.of(scope.of(all), scope.zeros(STRETCH), spikes, null));
      return spikes.toArray();
    }
  }

  @Test
  void aPotentialThatIsNoNumberDoesNotFire() {
    assertArrayEquals(new float[STEPS * SIZE], spikes(neuron(null), Float.NaN));
  }

  @Test
  void twoNeuronsWithOneNameDoNotCollide() {
    String text = TEXT.replace("spike(v - 1 - beta * a)", "spike(100 - v)");
    NeuronModel always = ShippedNeurons.model(new NeuronSource("two", "two.cuh", text), false);
    Surrogate surrogate = new Surrogate(Surrogate.Kind.SIGMOID, ALPHA);
    float[] never = new float[STEPS * SIZE];
    float[] ones = new float[STEPS * SIZE];
    Arrays.fill(ones, 1);
    assertArrayEquals(never, spikes(neuron(null), -5));
    assertArrayEquals(ones, spikes(Neuron.Custom.of(always, surrogate), -5));
    assertArrayEquals(never, spikes(neuron(null), -5));
  }

  @Test
  void aMistakeHasFileAndLine() {
    String text = TEXT.replace("v = v * (1 - s);", "v = floor(v);");
    NeuronModel model = ShippedNeurons.model(new NeuronSource("two", "my/two.cuh", text), false);
    Neuron.Custom neuron = Neuron.Custom.of(model, new Surrogate(Surrogate.Kind.SIGMOID, ALPHA));
    ActivationShape shape = new ActivationShape(STEPS, false, 7, CHANNELS, 1, 1);
    NeuronUnit.Spec spec = new NeuronUnit.Spec(neuron, shape, false, null, false);
    String message = assertThrows(KlifException.class, () -> cpu.neuronUnit(spec)).getMessage();
    assertEquals(
        "my/two.cuh:13: floor(x) has no gradient; write floor(detach(x)), which is a constant for the gradient",
        message);
  }

  @Test
  void fusedPoolingIsRefused() {
    ActivationShape shape = new ActivationShape(STEPS, false, 7, CHANNELS, 2, 2);
    NeuronUnit.Spec spec = new NeuronUnit.Spec(neuron(null), shape, false, Pooling.Kind.MAX, false);
    String message = assertThrows(KlifException.class, () -> cpu.neuronUnit(spec)).getMessage();
    assertTrue(message.contains("pooling cannot be fused with neuron two"), message);
  }
}
