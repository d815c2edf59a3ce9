package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
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

/**
 * What a device must make of a neuron of the user's own: all gradients against float64 differences
 * in shapes around the widths of vectors, warps, blocks and chunks of time steps; sequences in
 * parts; equal bits; mistakes in one sentence.
 */
public abstract class CustomNeuronContract {
  /** Of the smooth spike in {@link CustomProblem}. */
  public static final double ALPHA = 4;

  private static final ActivationShape SMALL = new ActivationShape(5, false, 7, 3, 1, 1);

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

  private Device device;

  /** A new device of the implementation under test. */
  protected abstract Device open();

  /** Skips the tests where the device has no compiler for such neurons. */
  protected void requireCompiler() {
    HostCompiler.require();
  }

  @BeforeEach
  void openDevice() {
    requireCompiler();
    device = open();
  }

  @AfterEach
  void nothingIsLeft() {
    if (device != null) {
      int left = device.liveBuffers();
      device.close();
      assertEquals(0, left, "buffers left open");
    }
  }

  private static Neuron.Custom neuron(NeuronModel model) {
    return Neuron.Custom.of(model, new Surrogate(Surrogate.Kind.SIGMOID, ALPHA));
  }

  private static Neuron.Custom neuron(CustomExample example) {
    return neuron(example.model());
  }

  /** A case of gradients. */
  record Case(String name, ActivationShape shape, boolean normalized) {
    CustomExample example() {
      return CustomExample.named(name);
    }
  }

  static List<Case> cases() {
    return List.of(
        new Case("two", new ActivationShape(1, false, 1, 1, 1, 1), false),
        new Case("two", SMALL, false),
        new Case("two", new ActivationShape(8, false, 3, 31, 1, 1), true),
        new Case("two", new ActivationShape(9, false, 2, 5, 3, 3), true),
        new Case("two", new ActivationShape(4, true, 2, 32, 3, 5), true),
        new Case("two", new ActivationShape(16, true, 1, 33, 1, 1), false),
        new Case("two", new ActivationShape(17, false, 1, 129, 1, 1), false),
        new Case("two", new ActivationShape(64, false, 2, 4, 3, 3), true),
        new Case("two", new ActivationShape(3, false, 2, 160, 2, 4), true),
        new Case("bare", new ActivationShape(64, false, 1, 65, 1, 1), false),
        new Case("bare", new ActivationShape(6, true, 1, 255, 1, 1), true),
        new Case("bare", new ActivationShape(2, false, 1, 257, 3, 3), false),
        new Case("eight", new ActivationShape(3, false, 5, 7, 1, 1), true),
        new Case("eight", new ActivationShape(20, false, 2, 16, 1, 1), false));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAreThoseOfFloat64Differences(Case c) {
    CustomProblem p = CustomProblem.draw(c.example(), ALPHA, c.shape(), c.normalized(), 5);
    check(p, CustomRun.of(device, neuron(c.example()), p, true));
  }

  @Test
  void aSurrogateOfTheUsersOwnIsUsed() {
    CustomExample two = CustomExample.two();
    CustomProblem p = CustomProblem.draw(two, ALPHA, SMALL, false, 6);
    NeuronSource own = Allowed.source("logistic", "logistic.cuh", SURROGATE);
    Neuron.Custom neuron = new Neuron.Custom(neuron(two).common(), two.model(), Map.of(), own);
    check(p, CustomRun.of(device, neuron, p, true));
  }

  private static void check(CustomProblem p, CustomRun found) {
    CustomProblem.Expected e = p.solve();
    Closeness.assertClose("spikes", e.spikes(), found.spikes());
    Closeness.assertClose("last states", e.last(), found.last());
    Closeness.assertClose("gx", e.gx(), found.gx());
    Closeness.assertClose("gInitial", e.gInitial(), found.gInitial());
    if (found.gRaw() != null) {
      Closeness.assertClose("gParameter", e.gRaw(), found.gRaw());
    }
    if (found.normSums() != null) {
      Closeness.assertClose("normSums", e.normSums(), found.normSums());
    }
    double spikes = Arrays.stream(e.spikes()).average().orElse(0);
    double sizes = Arrays.stream(e.gx()).map(Math::abs).average().orElse(0);
    Closeness.assertClose("activity", new double[] {spikes, sizes}, found.activity());
  }

  /** An infinite derivative by one state is none of the others' business. */
  @Test
  void infiniteDerivativesStayByThemselves() {
    requireSharpDerivativesApart(device);
  }

  /**
   * Where the derivatives by one state are infinite or not a number, all other gradients are those
   * of the neuron that has that state detached, to the bit.
   */
  public static void requireSharpDerivativesApart(Device device) {
    for (ActivationShape shape : List.of(SMALL, new ActivationShape(11, false, 16, 160, 1, 1))) {
      CustomProblem p = CustomProblem.draw(CustomExample.sharp(false), ALPHA, shape, true, 9);
      int size = p.size();
      Arrays.fill(p.initial(), 0, size, 0);
      CustomRun found = CustomRun.of(device, neuron(CustomExample.sharp(false)), p, false);
      CustomRun apart = CustomRun.of(device, neuron(CustomExample.sharp(true)), p, false);
      for (int i = 0; i < size; i++) {
        assertFalse(Float.isFinite(found.gInitial()[i]), "the derivative by r is finite");
        assertTrue(Float.isFinite(apart.gInitial()[i]));
        // it is the only one that may differ
        found.gInitial()[i] = apart.gInitial()[i];
      }
      found.assertSameBits(apart);
      for (float[] all : List.of(apart.gx(), apart.gInitial(), apart.gRaw())) {
        for (float g : all) {
          assertTrue(Float.isFinite(g), "a gradient is not finite");
        }
      }
    }
  }

  /** A gradient that every spike has is as if it had been added to each: one float32 addition. */
  @ParameterizedTest
  @MethodSource("cases")
  void everySpikeHasItsOwnGradient(Case c) {
    CustomProblem p = CustomProblem.draw(c.example(), ALPHA, c.shape(), c.normalized(), 5);
    float more = 0.375f;
    CustomRun found = CustomRun.of(device, neuron(c.example()), p, false, more);
    double[] raised = new double[p.gSpikes().length];
    for (int i = 0; i < raised.length; i++) {
      raised[i] = (float) p.gSpikes()[i] + more;
    }
    CustomRun expected = CustomRun.of(device, neuron(c.example()), p.withSpikes(raised), false);
    found.assertSameBits(expected);
  }

  /** Cut into many blocks, with sums for each channel. */
  @Test
  void aSecondRunHasTheSameBits() {
    ActivationShape shape = new ActivationShape(3, false, 4, 24, 10, 14);
    CustomExample two = CustomExample.two();
    CustomProblem p = CustomProblem.draw(two, ALPHA, shape, true, 7);
    CustomRun first = CustomRun.of(device, neuron(two), p, false);
    first.assertSameBits(CustomRun.of(device, neuron(two), p, false));
  }

  @Test
  void aSequenceInTwoPartsHasTheBitsOfTheWholeAndStartsFromTheFilesStates() {
    CustomExample two = CustomExample.two();
    CustomProblem p = CustomProblem.draw(two, ALPHA, SMALL, false, 8);
    int size = p.size();
    try (BufferScope scope = new BufferScope(device)) {
      Buffer x = CustomRun.of(scope, p.x());
      Buffer raw = CustomRun.of(scope, p.raw());
      int all = p.gSpikes().length;
      NeuronUnit.Forward whole =
          NeuronUnit.Forward.of(x, raw, scope.zeros(all), null)
              .streaming(null, scope.zeros(2L * size))
              .traced(scope.zeros(all), scope.zeros(all));
      unit(scope, neuron(two), SMALL).forward(whole);
      NeuronUnit step = unit(scope, neuron(two), new ActivationShape(1, false, 7, 3, 1, 1));
      Buffer states = scope.zeros(2L * size);
      float[] start = new float[2 * size];
      Arrays.fill(start, 0, size, 0.25f);
      Arrays.fill(start, size, 2 * size, 0.5f);
      states.upload(start);
      float[] charged = whole.charged().toArray();
      for (int t = 0; t < SMALL.steps(); t++) {
        Buffer spikes = scope.zeros(size);
        step.forward(
            NeuronUnit.Forward.of(x.view((long) t * size, size), raw, spikes, null)
                .streaming(states, states));
        float[] expected = whole.spikes().view((long) t * size, size).toArray();
        assertArrayEquals(expected, spikes.toArray());
        for (int i = 0; i < size; i++) {
          assertEquals(charged[t * size + i] >= 0 ? 1f : 0f, expected[i]);
        }
        float[] potential = whole.potential().view((long) t * size, size).toArray();
        assertArrayEquals(potential, states.view(0, size).toArray());
      }
      assertArrayEquals(whole.last().toArray(), states.toArray());
    }
  }

  private NeuronUnit unit(BufferScope scope, Neuron.Custom neuron, ActivationShape shape) {
    return scope.own(device.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false)));
  }

  private float[] spikes(NeuronModel model, float x) {
    ActivationShape shape = new ActivationShape(5, true, 7, 3, 1, 1);
    try (BufferScope scope = new BufferScope(device)) {
      float[] all = new float[21];
      Arrays.fill(all, x);
      Buffer spikes = scope.zeros(5L * all.length);
      unit(scope, neuron(model), shape)
          .forward(
              NeuronUnit.Forward.of(
                  scope.of(all), scope.zeros(model.learnedSize(3)), spikes, null));
      return spikes.toArray();
    }
  }

  @Test
  void aPotentialThatIsNoNumberDoesNotFire() {
    assertArrayEquals(new float[105], spikes(CustomExample.two().model(), Float.NaN));
  }

  private static NeuronModel two(String from, String to) {
    String text = CustomExample.two().model().source().text();
    assertTrue(text.contains(from), from);
    NeuronSource source = Allowed.source("two", "my/two.cuh", text.replace(from, to));
    NeuronModel right = CustomExample.two().model();
    return new NeuronModel(
        source, right.struct(), right.learned(), right.constants(), right.states());
  }

  @Test
  void twoNeuronsWithOneNameDoNotCollide() {
    NeuronModel always = two("spike(v - 1 - beta * a)", "spike(100 - v)");
    float[] ones = new float[105];
    Arrays.fill(ones, 1);
    assertArrayEquals(new float[105], spikes(CustomExample.two().model(), -5));
    assertArrayEquals(ones, spikes(always, -5));
    assertArrayEquals(new float[105], spikes(CustomExample.two().model(), -5));
  }

  private String refusal(NeuronModel model, Pooling.@Nullable Kind pooling) {
    ActivationShape shape = new ActivationShape(5, false, 7, 3, 2, 2);
    NeuronUnit.Spec spec = new NeuronUnit.Spec(neuron(model), shape, false, pooling, false);
    return assertThrows(KlifException.class, () -> device.neuronUnit(spec).close()).getMessage();
  }

  @Test
  void aMistakeHasFileAndLine() {
    assertEquals(
        "my/two.cuh:13: floor(x) has no gradient; write floor(detach(x)), which is a constant for the gradient",
        refusal(two("v = v * (1 - s);", "v = floor(v);"), null));
    String name = refusal(two("v = v * (1 - s);", "v = v * (1 - z);"), null);
    assertTrue(name.startsWith("my/two.cuh:13: ") && name.contains("'z'"), name);
    String syntax = refusal(two("v = v * (1 - s);", "v = v * (1 - s;"), null);
    assertTrue(syntax.startsWith("my/two.cuh:13: ") && syntax.contains("')'"), syntax);
    String twice = refusal(two("State<Real> a = 0.5;", "State<Real> a = 0.5;\n  int beta;"), null);
    assertTrue(twice.startsWith("my/two.cuh:8: ") && twice.contains("beta"), twice);
  }

  @Test
  void fusedPoolingIsRefused() {
    String message = refusal(CustomExample.two().model(), Pooling.Kind.MAX);
    assertTrue(message.contains("pooling cannot be fused with neuron two"), message);
  }
}
