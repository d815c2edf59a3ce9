package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.NeuronUnit;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.NeuronCase;
import org.klif.testing.NeuronRun;

/** What the neuron kernels have beyond the contract of all devices. */
@Tag("sim")
class NeuronSequenceTest {
  private static CudaDevice open(DeviceOptions options) {
    return (CudaDevice) CudaUnderTest.open(options);
  }

  private static float[] uniform(Random random, int size, double low, double high) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return values;
  }

  private static Neuron klif(boolean perChannel) {
    return new Neuron.Klif(
        new Neuron.Common(1, new Reset.Hard(0), false, Surrogate.of(Surrogate.Kind.ATAN)),
        2,
        true,
        false,
        1,
        perChannel);
  }

  private static NeuronCase.Inputs inputs(NeuronCase c) {
    Random random = new Random(c.seed());
    ActivationShape shape = c.input();
    int channels = shape.channels();
    int outputs =
        Math.toIntExact(
            new NeuronUnit.Spec(c.neuron(), shape, false, c.pooling(), false).output().elements());
    return new NeuronCase.Inputs(
        uniform(random, Math.toIntExact(shape.elements()), -1.5, 3),
        c.normalized() ? uniform(random, channels, 0.5, 1.5) : null,
        c.normalized() ? uniform(random, channels, 0, 0.5) : null,
        c.normalized() ? uniform(random, channels, -0.5, 0.5) : null,
        c.normalized() ? uniform(random, channels, 0.5, 1.5) : null,
        parameter(c, random),
        null,
        uniform(random, outputs, -1, 1),
        null);
  }

  private static float @Nullable [] parameter(NeuronCase c, Random random) {
    if (c.neuron() instanceof Neuron.Klif klif) {
      return uniform(random, klif.perChannel() ? c.input().channels() : 1, 0.8, 1.3);
    }
    return c.neuron() instanceof Neuron.Plif ? new float[] {0.2f} : null;
  }

  /** Several chunks of time steps, the potentials at their starts in shared memory. */
  @ParameterizedTest
  @EnumSource(NeuronLayout.class)
  void sequencesOfSeveralChunksAreTheCpusToTheBit(NeuronLayout layout) {
    compareWithCpu(layout, 40, true);
  }

  /** So many that these potentials need global memory. */
  @ParameterizedTest
  @EnumSource(NeuronLayout.class)
  void longSequencesAreTheCpusToTheBit(NeuronLayout layout) {
    compareWithCpu(layout, 700, false);
  }

  /**
   * The dynamic shared memory alone would be all that a block may have; PLIF's kernels have some of
   * their own.
   */
  @ParameterizedTest
  @EnumSource(NeuronLayout.class)
  void staticSharedMemoryHasRoomBesideTheDynamic(NeuronLayout layout) {
    ActivationShape shape =
        switch (layout) {
          case VEC -> new ActivationShape(144, false, 16, 160, 1, 1);
          case ONE -> new ActivationShape(520, false, 3, 100, 1, 1);
          case POOL -> new ActivationShape(144, true, 2, 128, 4, 4);
        };
    Pooling.Kind pooling = layout == NeuronLayout.POOL ? Pooling.Kind.MAX : null;
    Neuron plif = NeuronOptions.of("plif").neuron();
    NeuronCase c = new NeuronCase(plif, shape, false, pooling, false, 1, false, 3);
    NeuronUnit.Spec spec = new NeuronUnit.Spec(plif, shape, false, pooling, false);
    NeuronCase.Inputs in = inputs(c);
    try (CudaDevice device = open(DeviceOptions.defaults());
        Device cpu = Devices.open("cpu", new DeviceOptions(1))) {
      NeuronGeometry g =
          NeuronGeometry.of(
              spec, DType.FLOAT32, layout, shape.batch() * shape.features(), device.limits());
      int chunks = (shape.steps() + g.chunk() - 1) / g.chunk();
      int lanes = layout.lanes(DType.FLOAT32);
      assertEquals(
          device.limits().sharedPerBlock(),
          (g.chunk() + chunks - 1) * g.spread().threads() * lanes * Float.BYTES);
      NeuronRun expected = NeuronRun.of(cpu, c, in);
      NeuronRun actual = NeuronRun.of(device, c, in);
      assertArrayEquals(expected.spikes(), actual.spikes());
      assertArrayEquals(expected.gx(), actual.gx());
    }
  }

  private static void compareWithCpu(NeuronLayout layout, int steps, boolean shared) {
    ActivationShape shape =
        switch (layout) {
          case VEC -> new ActivationShape(steps, false, 16, 160, 1, 1);
          case ONE -> new ActivationShape(steps, false, 3, 13, 1, 1);
          case POOL -> new ActivationShape(steps, true, 2, 5, 4, 6);
        };
    for (Neuron neuron : List.of(klif(true), NeuronOptions.of("plif").neuron())) {
      NeuronCase c =
          new NeuronCase(
              neuron,
              shape,
              layout != NeuronLayout.ONE,
              layout == NeuronLayout.POOL ? Pooling.Kind.MAX : null,
              false,
              1,
              false,
              3);
      NeuronCase.Inputs in = inputs(c);
      try (CudaDevice device = open(DeviceOptions.defaults());
          Device cpu = Devices.open("cpu", new DeviceOptions(1))) {
        NeuronUnit.Spec spec =
            new NeuronUnit.Spec(neuron, shape, c.normalized(), c.pooling(), false);
        int perStep = shape.batch() * shape.features();
        NeuronLayout chosen =
            NeuronLayout.of(
                spec, DType.FLOAT32, perStep, NeuronGeometry.byChannel(spec), device.limits());
        assertEquals(layout, chosen);
        NeuronGeometry g = NeuronGeometry.of(spec, DType.FLOAT32, layout, perStep, device.limits());
        assertEquals(shared, g.sharedCheckpoints());
        NeuronRun expected = NeuronRun.of(cpu, c, in);
        NeuronRun actual = NeuronRun.of(device, c, in);
        assertArrayEquals(expected.spikes(), actual.spikes());
        assertArrayEquals(expected.last(), actual.last());
        assertArrayEquals(expected.gx(), actual.gx());
        assertArrayEquals(expected.gInitial(), actual.gInitial());
      }
    }
  }

  /** More blocks than run at once would be more partial sums and nothing else. */
  @ParameterizedTest
  @CsvSource({
    // warps by registers: 16 of 104, of 4 each
    "klifBackwardVec_f32, 128, 8192, 4",
    // and of 2 each
    "klifBackwardVec_bf16, 64, 8192, 8",
    // 164 KiB by 48, one more for the system in each
    "klifBackwardVec_bf16, 64, 49152, 3",
    // 64 warps
    "neuronSums, 512, 0, 4",
  })
  void aGridHasTheBlocksThatRunAtOnce(String entry, int threads, int shared, int each) {
    try (CudaDevice device = open(DeviceOptions.defaults())) {
      assumeTrue(DriverLibrary.kind() == DriverLibrary.Kind.SIM, "these are the stand-in's limits");
      String module =
          entry.startsWith("klif")
              ? "neuron_klif" + entry.substring(entry.indexOf('_'))
              : "neuron_common";
      int blocks = device.module(module).kernel(entry).residentBlocks(Grid.of(1, threads, shared));
      assertEquals(each * device.limits().multiprocessors(), blocks);
      ThreadSpread spread = ThreadSpread.of(1 << 20, 64, threads, true, device.limits());
      ThreadSpread resident = spread.within(blocks);
      assertTrue(spread.blocks() > blocks);
      assertEquals(blocks, resident.blocks());
      assertEquals(spread.rows(), resident.rows());
    }
  }

  /** Reading H of the forward pass gives what computing it again gives, sums included. */
  @Test
  void keptAndRecomputedAreTheSameBits() {
    for (NeuronCase c : NeuronCase.manyBlocks()) {
      NeuronCase.Inputs in = inputs(c);
      NeuronRun recomputed;
      try (CudaDevice device = open(DeviceOptions.defaults())) {
        recomputed = NeuronRun.of(device, c, in);
      }
      try (CudaDevice device = open(DeviceOptions.defaults().withKeepCharged(true))) {
        NeuronRun.of(device, c, in).assertSameBits(recomputed);
      }
    }
  }

  /** A view that starts between two packs of 16 bytes is read element by element. */
  @Test
  void misalignedViewsGiveTheSame() {
    ActivationShape shape = new ActivationShape(3, false, 1, 4096, 1, 1);
    NeuronCase c = new NeuronCase(klif(false), shape, false, null, false, 1, false, 11);
    NeuronCase.Inputs in = inputs(c);
    try (CudaDevice device = open(DeviceOptions.defaults());
        BufferScope scope = new BufferScope(device)) {
      NeuronRun expected = NeuronRun.of(device, c, in);
      int size = in.x().length;
      NeuronUnit unit =
          scope.own(device.neuronUnit(new NeuronUnit.Spec(c.neuron(), shape, false, null, false)));
      Buffer x = scope.zeros(size + 1).view(1, size);
      x.upload(in.x());
      Buffer spikes = scope.zeros(size + 3).view(3, size);
      Buffer gx = scope.zeros(size + 2).view(2, size);
      NeuronUnit.Forward forward = NeuronUnit.Forward.of(x, scope.of(in.parameter()), spikes, null);
      unit.forward(forward);
      unit.backward(
          new NeuronUnit.Backward(
              forward, scope.of(in.gSpikes()), null, gx, null, null, null, null));
      assertArrayEquals(expected.spikes(), spikes.toArray());
      assertArrayEquals(expected.gx(), gx.toArray());
    }
  }
}
