package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.jspecify.annotations.Nullable;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;

/** All results of a neuron unit on a device, forward and backward, all optional outputs written. */
@SuppressWarnings("ArrayRecordComponent") // compared by element, never by equals
public record NeuronRun(
    float[] spikes,
    float[] charged,
    float[] potential,
    float[] last,
    float[] activity,
    float[] gx,
    float[] gInitial,
    float @Nullable [] gParameter,
    float @Nullable [] normSums) {

  /** Runs a case. */
  public static NeuronRun of(Device device, NeuronCase c, NeuronCase.Inputs in) {
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit = scope.own(device.neuronUnit(c.spec()));
      int perStep = c.input().batch() * c.input().features();
      int all = c.input().steps() * perStep;
      int channels = c.input().channels();
      Buffer scale = orNull(scope, in.scale());
      Buffer shift = orNull(scope, in.shift());
      NeuronUnit.Forward forward =
          new NeuronUnit.Forward(
              activations(scope, in.x()),
              scale,
              shift,
              orNull(scope, in.parameter()),
              orNull(scope, in.initial()),
              activations(scope, new float[in.gSpikes().length]),
              scope.zeros(perStep),
              scope.zeros(all),
              scope.zeros(all),
              scope.zeros(2));
      unit.forward(forward);
      BatchNorm.State state =
          c.normalized()
              ? new BatchNorm.State(
                  scope.zeros(channels),
                  scope.zeros(channels),
                  scope.zeros(channels),
                  scope.zeros(channels),
                  scope.of(in.mean()),
                  scope.of(in.invStd()),
                  scale,
                  shift)
              : null;
      Buffer gx = activations(scope, new float[in.x().length]);
      Buffer gInitial = scope.zeros(perStep);
      Buffer gParameter = in.parameter() == null ? null : scope.zeros(in.parameter().length);
      Buffer normSums = c.normalized() ? scope.zeros(2L * channels) : null;
      unit.backward(
          new NeuronUnit.Backward(
              forward,
              activations(scope, in.gSpikes()),
              c.everySpike() == 0 ? null : scope.of((float) c.everySpike()),
              orNull(scope, in.gLast()),
              gx,
              gInitial,
              gParameter,
              state,
              normSums));
      return new NeuronRun(
          forward.spikes().toArray(),
          forward.charged().toArray(),
          forward.potential().toArray(),
          forward.last().toArray(),
          forward.activity().toArray(),
          gx.toArray(),
          gInitial.toArray(),
          gParameter == null ? null : gParameter.toArray(),
          normSums == null ? null : normSums.toArray());
    }
  }

  /** Runs a case as a layer in training does: spikes only, no trace, the initial state at rest. */
  public static float[] spikesOnly(Device device, NeuronCase c, NeuronCase.Inputs in) {
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit = scope.own(device.neuronUnit(c.spec()));
      Buffer spikes = activations(scope, new float[in.gSpikes().length]);
      unit.forward(
          new NeuronUnit.Forward(
              activations(scope, in.x()),
              orNull(scope, in.scale()),
              orNull(scope, in.shift()),
              orNull(scope, in.parameter()),
              orNull(scope, in.initial()),
              spikes,
              null,
              null,
              null,
              null));
      return spikes.toArray();
    }
  }

  private static Buffer activations(BufferScope scope, float[] values) {
    Device device = scope.device();
    Buffer buffer = scope.own(device.allocate(device.activationType(), values.length));
    buffer.upload(values);
    return buffer;
  }

  private static @Nullable Buffer orNull(BufferScope scope, float @Nullable [] values) {
    return values == null ? null : scope.of(values);
  }

  /** Compares with the reference. */
  void check(NeuronCase c, NeuronCase.Expected expected) {
    String name = c + ": ";
    if (c.smooth()) {
      Closeness.assertClose(name + "S", expected.spikes(), spikes);
    } else {
      Closeness.assertSame(name + "S", expected.spikes(), spikes);
    }
    Closeness.assertClose(name + "F", expected.charged(), charged);
    Closeness.assertClose(name + "V", expected.potential(), potential);
    Closeness.assertClose(name + "last V", expected.last(), last);
    Closeness.assertClose(name + "activity", expected.activity(), activity);
    Closeness.assertClose(name + "gx", expected.gx(), gx, expected.gxSum());
    Closeness.assertClose(name + "gInitial", expected.gInitial(), gInitial);
    assertEquals(
        expected.gParameter().length > 0, gParameter != null, () -> name + "has a parameter");
    if (gParameter != null) {
      Closeness.assertClose(
          name + "gParameter", expected.gParameter(), gParameter, expected.gParameterNorm());
    }
    if (normSums != null) {
      Closeness.assertClose(name + "normSums", expected.normSums(), normSums, expected.normNorm());
    }
  }

  /** Every output is the same, to the bit. */
  public void assertSameBits(NeuronRun other) {
    assertArrayEquals(bits(spikes), bits(other.spikes), "S");
    assertArrayEquals(bits(charged), bits(other.charged), "F");
    assertArrayEquals(bits(potential), bits(other.potential), "V");
    assertArrayEquals(bits(last), bits(other.last), "last V");
    assertArrayEquals(bits(activity), bits(other.activity), "activity");
    assertArrayEquals(bits(gx), bits(other.gx), "gx");
    assertArrayEquals(bits(gInitial), bits(other.gInitial), "gInitial");
    assertArrayEquals(bits(gParameter), bits(other.gParameter), "gParameter");
    assertArrayEquals(bits(normSums), bits(other.normSums), "normSums");
  }

  private static int[] bits(float @Nullable [] values) {
    int[] bits = new int[values == null ? 0 : values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
