package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.NeuronUnit;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/** Images of several channels: fused batch norm and pooling, states, equal bits. */
interface NeuronShapeContract extends TestedDevice {
  /** Everything that may be fused, for each number of channels. */
  @ParameterizedTest
  @ValueSource(ints = {3, 10, 16, 100, 128})
  default void fusedPartsAgree(int channels) {
    int number = channels;
    for (Neuron neuron : NeuronCase.someNeurons()) {
      for (boolean normalized : List.of(true, false)) {
        for (Pooling.Kind pooling : NeuronCase.poolings()) {
          for (boolean constant : List.of(true, false)) {
            boolean tall = number % 2 == 0;
            ActivationShape shape =
                new ActivationShape(4, constant, 3, channels, tall ? 6 : 4, tall ? 2 : 10);
            NeuronCase c =
                new NeuronCase(
                    neuron, shape, normalized, pooling, false, 1.2, number % 3 > 0, number++);
            NeuronCase.Drawn drawn = c.draw();
            NeuronRun.of(device(), c, drawn.inputs()).check(c, drawn.expected());
          }
        }
      }
    }
  }

  /** A fused pooling is the unit and {@link org.klif.device.Device#pooling} after it. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 16, 40})
  default void fusedPoolingIsUnitThenPooling(int channels) {
    int number = 0;
    for (Neuron neuron : NeuronCase.someNeurons()) {
      for (Pooling.Kind kind : Pooling.Kind.values()) {
        ActivationShape shape = new ActivationShape(3, false, 2, channels, 6, 8);
        NeuronCase fused = new NeuronCase(neuron, shape, false, kind, false, 1.2, true, number);
        NeuronCase.Inputs in = fused.draw().inputs();
        NeuronCase plain = new NeuronCase(neuron, shape, false, null, false, 1.2, true, number++);
        NeuronRun expected = NeuronRun.of(device(), fused, in);
        try (BufferScope scope = new BufferScope(device())) {
          Pooling pooling =
              scope.own(device().pooling(new Pooling.Spec(kind, 6, channels, 6, 8, 2)));
          Buffer spikes = scope.of(NeuronRun.spikesOnly(device(), plain, wide(in, shape)));
          Buffer pooled = scope.zeros(in.gSpikes().length);
          pooling.forward(spikes, pooled);
          assertArrayEquals(expected.spikes(), pooled.toArray());
          Buffer gSpikes = scope.zeros(spikes.size());
          pooling.backward(spikes, scope.of(in.gSpikes()), gSpikes);
          NeuronRun unfused = NeuronRun.of(device(), plain, withGradient(in, gSpikes.toArray()));
          Closeness.assertClose("gx", Closeness.doubles(unfused.gx()), expected.gx());
          assertArrayEquals(unfused.last(), expected.last());
        }
      }
    }
  }

  private static NeuronCase.Inputs wide(NeuronCase.Inputs in, ActivationShape shape) {
    return withGradient(in, new float[(int) shape.elements()]);
  }

  private static NeuronCase.Inputs withGradient(NeuronCase.Inputs in, float[] gSpikes) {
    return new NeuronCase.Inputs(
        in.x(),
        in.scale(),
        in.shift(),
        in.mean(),
        in.invStd(),
        in.parameter(),
        in.initial(),
        gSpikes,
        in.gLast());
  }

  /** Two halves, the potential carried on in place, are one run, to the bit. */
  @Test
  default void twoHalvesAreOneRun() {
    for (Neuron neuron : NeuronCase.someNeurons()) {
      ActivationShape whole = new ActivationShape(8, false, 5, 67, 1, 1);
      NeuronCase c = NeuronCase.of(neuron, whole, true, 77);
      NeuronCase.Inputs in = c.draw().inputs();
      NeuronRun run = NeuronRun.of(device(), c, in);
      ActivationShape half = new ActivationShape(4, false, 5, 67, 1, 1);
      int size = in.x().length;
      try (BufferScope scope = new BufferScope(device())) {
        NeuronUnit unit =
            scope.own(device().neuronUnit(new NeuronUnit.Spec(neuron, half, false, null, false)));
        Buffer x = scope.of(in.x());
        Buffer spikes = scope.zeros(size);
        Buffer state = scope.of(in.initial());
        Buffer parameter = in.parameter() == null ? null : scope.of(in.parameter());
        for (int part = 0; part < 2; part++) {
          unit.forward(
              NeuronUnit.Forward.of(
                      x.view(part * size / 2, size / 2),
                      parameter,
                      spikes.view(part * size / 2, size / 2),
                      null)
                  .streaming(state, state));
        }
        assertArrayEquals(run.spikes(), spikes.toArray());
        assertArrayEquals(run.last(), state.toArray());
      }
    }
  }

  /** Same input, same bits: all outputs, sums included. */
  @Test
  default void aSecondRunHasTheSameBits() {
    for (NeuronCase c : NeuronCase.manyBlocks()) {
      NeuronCase.Inputs in = c.draw().inputs();
      NeuronRun.of(device(), c, in).assertSameBits(NeuronRun.of(device(), c, in));
    }
  }
}
