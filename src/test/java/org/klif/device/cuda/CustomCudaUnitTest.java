package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.NeuronUnit;
import org.klif.device.Precision;
import org.klif.device.compile.CudaCompiler;
import org.klif.device.compile.CudaFlags;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.CudaType;
import org.klif.device.compile.KernelCache;
import org.klif.device.compile.KernelHeaders;
import org.klif.neuron.Neuron;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.CustomExample;
import org.klif.testing.CustomNeuronContract;
import org.klif.testing.CustomProblem;
import org.klif.testing.CustomRun;
import org.klif.testing.HostCompiler;
import org.klif.testing.StandIn;

/** Neurons of the user's own on the CUDA device. */
@Tag("sim")
class CustomCudaUnitTest extends CustomNeuronContract {
  /** Multiprocessors of the stand-in driver. */
  private static final int STAND_INS = 4;

  /** T. */
  private static final int LONGEST_WIDENED = 64;

  @Override
  protected Device open() {
    return CudaUnderTest.open(DeviceOptions.defaults());
  }

  @Override
  protected void requireCompiler() {
    CudaUnderTest.requireCompilerOfNeurons();
  }

  private static Neuron.Custom neuron(CustomExample example) {
    return Neuron.Custom.of(example.model(), Surrogate.of(Surrogate.Kind.ATAN));
  }

  /** How many times as many neurons it takes for packs as on the stand-in. */
  private static int wider(CudaLimits limits) {
    return ThreadSpread.ceilDiv(limits.multiprocessors(), STAND_INS);
  }

  private static CustomProblem problem(CustomExample e, ActivationShape shape, boolean normalized) {
    return CustomProblem.draw(e, ALPHA, shape, normalized, shape.steps());
  }

  /**
   * A sequence, the lanes of a thread that it gets, and where the states at the start of chunks
   * lie.
   */
  record Sequence(String name, ActivationShape shape, int lanes, boolean shared) {
    CustomExample example() {
      return CustomExample.named(name);
    }

    /** On a GPU it takes as many times as many channels as there are multiprocessors for packs. */
    Sequence on(CudaLimits limits) {
      return lanes == 1 || shape.steps() > LONGEST_WIDENED
          ? this
          : new Sequence(
              name,
              new ActivationShape(
                  shape.steps(),
                  shape.constant(),
                  shape.batch(),
                  wider(limits) * shape.channels(),
                  1,
                  1),
              lanes,
              shared);
    }

    /** A long one is not made wider: what the CPU computes beside it would not fit its memory. */
    boolean hasItsLayoutOn(CudaLimits limits) {
      return lanes == 1
          || shape.steps() <= LONGEST_WIDENED
          || limits.multiprocessors() <= STAND_INS;
    }
  }

  static List<Sequence> sequences() {
    return List.of(
        new Sequence("two", new ActivationShape(7, false, 16, 160, 1, 1), 4, true),
        new Sequence("two", new ActivationShape(8, true, 16, 160, 1, 1), 4, true),
        new Sequence("two", new ActivationShape(9, false, 16, 160, 1, 1), 4, true),
        new Sequence("two", new ActivationShape(64, false, 16, 132, 1, 1), 4, false),
        new Sequence("two", new ActivationShape(17, false, 3, 13, 1, 1), 1, true),
        new Sequence("two", new ActivationShape(700, false, 3, 13, 1, 1), 1, false),
        new Sequence("bare", new ActivationShape(33, false, 1, 4096, 1, 1), 4, true),
        new Sequence("bare", new ActivationShape(400, false, 1, 4100, 1, 1), 4, false),
        new Sequence("eight", new ActivationShape(19, false, 5, 40, 1, 1), 1, true));
  }

  /** Around the ends of chunks, in packs and alone: the CPU's numbers. */
  @ParameterizedTest
  @MethodSource("sequences")
  void chunksAreTheCpusToTheBit(Sequence onStandIn) {
    HostCompiler.require();
    CustomExample example = onStandIn.example();
    try (CudaDevice device = (CudaDevice) open();
        Device cpu = Devices.open("cpu", new DeviceOptions(1))) {
      Sequence s = onStandIn.on(device.limits());
      CustomProblem p = problem(example, s.shape(), s.shape().steps() % 2 == 1);
      NeuronUnit.Spec spec =
          new NeuronUnit.Spec(neuron(example), s.shape(), p.normalized(), null, false);
      int lanes = CudaText.of(neuron(example), false, CudaType.FLOAT32).lanes();
      CudaLimits limits = device.limits();
      int chosen = NeuronGeometry.fits(spec, example.model(), lanes, limits) ? lanes : 1;
      NeuronGeometry g = NeuronGeometry.of(spec, example.model(), chosen, limits);
      if (s.hasItsLayoutOn(limits)) {
        assertEquals(s.lanes(), chosen);
        assertEquals(s.shared(), g.sharedCheckpoints());
      }
      assertTrue(
          g.backwardGrid(false).sharedBytes() <= 40 << 10, () -> g.backwardGrid(false).toString());
      CustomRun expected = CustomRun.of(cpu, neuron(example), p, false);
      CustomRun.of(device, neuron(example), p, false).assertSameOfNeurons(expected);
    }
  }

  /** Activations of 16 bits that float32 has too: spikes and states are the same, gx is rounded. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void sixteenBitsAreFloat32Rounded(Precision precision) {
    int wider;
    try (CudaDevice device = (CudaDevice) open()) {
      wider = wider(device.limits());
    }
    for (ActivationShape shape :
        List.of(
            new ActivationShape(9, false, 8, 600 * wider, 1, 1),
            new ActivationShape(5, true, 3, 13, 1, 1))) {
      CustomExample two = CustomExample.two();
      CustomRun wide;
      CustomRun narrow;
      try (Device device = CudaUnderTest.open(DeviceOptions.defaults().withPrecision(precision))) {
        CustomProblem p = problem(two, shape, true).rounded(device.activationType());
        narrow = CustomRun.of(device, neuron(two), p, false);
        try (Device float32 = open()) {
          wide = CustomRun.of(float32, neuron(two), p, false);
        }
        CustomRun rounded = wide.rounded(device.activationType());
        narrow.assertSameOfNeurons(rounded);
      }
      // the same float32 terms; lanes, and so the order of their sums, differ
      for (int i = 0; i < wide.gRaw().length; i++) {
        assertEquals(
            wide.gRaw()[i], narrow.gRaw()[i], 1e-5 * Math.max(1, Math.abs(wide.gRaw()[i])));
      }
    }
  }

  @Test
  void smoothSpikesNeedFloat32() {
    try (Device device =
        CudaUnderTest.open(DeviceOptions.defaults().withPrecision(Precision.BF16))) {
      ActivationShape shape = new ActivationShape(2, false, 1, 5, 1, 1);
      NeuronUnit.Spec spec =
          new NeuronUnit.Spec(neuron(CustomExample.two()), shape, false, null, true);
      String message =
          assertThrows(KlifException.class, () -> device.neuronUnit(spec).close()).getMessage();
      assertTrue(message.contains("use precision float32"), message);
    }
  }

  /** A view that starts between two packs is read element by element; a graph replays the same. */
  @Test
  void misalignedViewsAndReplaysGiveTheSame() {
    CustomExample bare = CustomExample.bare();
    try (CudaDevice device = (CudaDevice) open();
        BufferScope scope = new BufferScope(device)) {
      int neurons = 4096 * wider(device.limits());
      ActivationShape shape = new ActivationShape(3, false, 1, neurons, 1, 1);
      CustomProblem p = problem(bare, shape, false);
      int size = p.x().length;
      NeuronUnit unit =
          scope.own(
              device.neuronUnit(new NeuronUnit.Spec(neuron(bare), shape, false, null, false)));
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = (float) p.x()[i];
      }
      Buffer x = scope.of(values);
      Buffer aligned = scope.zeros(size);
      CapturedWork work =
          scope.own(
              device.capture(() -> unit.forward(NeuronUnit.Forward.of(x, null, aligned, null))));
      work.run();
      work.run();
      Buffer moved = scope.zeros(size + 1).view(1, size);
      moved.upload(values);
      Buffer spikes = scope.zeros(size + 3).view(3, size);
      unit.forward(NeuronUnit.Forward.of(moved, null, spikes, null));
      assertArrayEquals(aligned.toArray(), spikes.toArray());
    }
  }

  private static boolean isLoaded(String name) throws IOException {
    return Files.readString(Path.of("/proc/self/maps")).contains("/" + name + "-sim-");
  }

  @Test
  void theSharedObjectGoesWithTheDevice() throws IOException {
    StandIn.require();
    CustomExample bare = CustomExample.bare();
    ActivationShape shape = new ActivationShape(3, false, 1, 5, 1, 1);
    try (Device device = open()) {
      CustomRun.of(device, neuron(bare), problem(bare, shape, false), false);
      assertTrue(isLoaded("bare"));
    }
    assertFalse(isLoaded("bare"));
  }

  /** The stand-in compares what the PTX says with the shared object that it names. */
  @Test
  void aShadyImageIsRefused() {
    StandIn.require();
    CudaText text = CudaText.of(neuron(CustomExample.bare()), false, CudaType.FLOAT32);
    try (CudaDevice device = (CudaDevice) open()) {
      String image = new NeuronImages(KernelCache.standard()).load(text, whole -> whole);
      String shorter = image.replaceFirst("(\\.param .*\\.b8 \\w+)\\[\\d+\\]", "$1[4]");
      assertNotEquals(image, shorter);
      assertRefused(device, shorter);
      assertRefused(device, image.replace("bareForwardOne_f32", "bareForwardOther_f32"));
      assertRefused(device, image.replaceAll("(?m)^// klif-sim-object: .*$", ""));
      assertRefused(device, image.replaceAll("(?m)^(// klif-sim-object: ).*$", "$1/nowhere.so"));
    }
  }

  /** g++ alone: a listing of the entries takes the PTX's place. */
  @Test
  void neitherOfNvidiasCompilersIsNeededForTheStandIn() {
    StandIn.require();
    CudaText text = CudaText.of(neuron(CustomExample.eight()), true, CudaType.FLOAT32);
    NeuronImages images = new NeuronImages(KernelCache.standard(), List.of());
    try (CudaDevice device = (CudaDevice) open()) {
      String image = images.forStandIn(text, whole -> whole);
      assertFalse(image.contains(".reg"), image);
      try (KernelModule module = new KernelModule(device.context(), "neuron eight", image)) {
        text.entries().forEach(entry -> module.kernel(entry.name()));
      }
    }
    String message = assertThrows(KlifException.class, () -> images.forGpu(text)).getMessage();
    assertEquals(
        "neuron eight is compiled for the GPU by nvcc or NVRTC, and neither is here; install NVIDIA's CUDA toolkit or NVRTC alone (pip install nvidia-cuda-nvrtc-cu12), build Klif with mvn -Pcuda-libraries package, or name its folder in KLIF_CUDA_LIBRARIES",
        message);
  }

  private static final class Broken implements CudaCompiler {
    @Override
    public String version() {
      return "broken";
    }

    @Override
    public String ptx(CudaText text, KernelHeaders headers, CudaFlags flags, Path work) {
      throw new KlifException("neuron bare: nvcc refused it: unsupported GNU version");
    }
  }

  /** A compiler that does not work on this machine is as good as none, and says why. */
  @Test
  void aBrokenCompilerIsNotTheNeuronsFault() {
    StandIn.require();
    CudaText text = CudaText.of(neuron(CustomExample.bare()), true, CudaType.FLOAT32);
    try (Device device = open()) {
      assertEquals(0, device.liveBuffers());
      NeuronImages images =
          new NeuronImages(KernelCache.standard(), List.of(() -> Optional.of(new Broken())));
      assertTrue(images.forStandIn(text, whole -> whole).contains(".entry bareForwardOne_f32("));
      String message = assertThrows(KlifException.class, () -> images.forGpu(text)).getMessage();
      assertEquals("neuron bare: nvcc refused it: unsupported GNU version", message);
    }
  }

  private static void assertRefused(CudaDevice device, String image) {
    String message =
        assertThrows(
                KlifException.class,
                () -> new KernelModule(device.context(), "neuron bare", image).close())
            .getMessage();
    assertTrue(message.contains("cuModuleLoadData failed (neuron bare)"), message);
  }
}
