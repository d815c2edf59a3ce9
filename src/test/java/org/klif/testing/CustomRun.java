package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.jspecify.annotations.Nullable;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;

/** What a unit of a user's neuron made of a problem, forward and backward. */
@SuppressWarnings("ArrayRecordComponent") // compared by element, never by equals
public record CustomRun(
    float[] spikes,
    float[] last,
    float[] gx,
    float[] gInitial,
    float @Nullable [] gRaw,
    float @Nullable [] normSums,
    float[] activity) {

  static Buffer of(BufferScope scope, double[] values) {
    return scope.of(floats(values));
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  public static CustomRun of(Device device, Neuron.Custom neuron, CustomProblem p, boolean smooth) {
    return of(device, neuron, p, smooth, 0);
  }

  /**
   * The same.
   *
   * @param everySpike a gradient that each spike has beside the problem's; 0 for none
   */
  public static CustomRun of(
      Device device, Neuron.Custom neuron, CustomProblem p, boolean smooth, float everySpike) {
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit =
          scope.own(
              device.neuronUnit(
                  new NeuronUnit.Spec(
                      neuron, p.shape(), p.normalized(), null, smooth, everySpike != 0)));
      boolean learns = neuron.hasParameter();
      NeuronUnit.Forward forward =
          NeuronUnit.Forward.of(
                  activations(scope, p.x()),
                  learns ? of(scope, p.raw()) : null,
                  activations(scope, new double[p.gSpikes().length]),
                  scope.zeros(2))
              .streaming(of(scope, p.initial()), scope.zeros(p.initial().length));
      BatchNorm.State norm = null;
      if (p.normalized()) {
        int channels = p.shape().channels();
        forward = forward.normalized(of(scope, p.scale()), of(scope, p.shift()));
        norm =
            new BatchNorm.State(
                scope.zeros(channels),
                scope.zeros(channels),
                scope.zeros(channels),
                scope.zeros(channels),
                of(scope, p.mean()),
                of(scope, p.invStd()),
                forward.scale(),
                forward.shift());
      }
      unit.forward(forward);
      NeuronUnit.Backward backward =
          new NeuronUnit.Backward(
              forward,
              activations(scope, p.gSpikes()),
              everySpike == 0 ? null : scope.of(everySpike),
              of(scope, p.gLast()),
              activations(scope, new double[p.x().length]),
              scope.zeros(p.initial().length),
              learns ? scope.zeros(p.raw().length) : null,
              norm,
              norm == null ? null : scope.zeros(2L * p.shape().channels()));
      unit.backward(backward);
      return new CustomRun(
          forward.spikes().toArray(),
          forward.last().toArray(),
          backward.gx().toArray(),
          backward.gInitial().toArray(),
          learns ? backward.gParameter().toArray() : null,
          norm == null ? null : backward.normSums().toArray(),
          forward.activity().toArray());
    }
  }

  /** In the device's type of activations. */
  private static Buffer activations(BufferScope scope, double[] values) {
    Buffer buffer =
        scope.own(scope.device().allocate(scope.device().activationType(), values.length));
    buffer.upload(floats(values));
    return buffer;
  }

  /** With activations as a type stores them. */
  public CustomRun rounded(DType type) {
    Rounding r = new Rounding(type);
    return new CustomRun(r.round(spikes), last, r.round(gx), gInitial, gRaw, normSums, activity);
  }

  /** Every output is the same, sums included. */
  public void assertSameBits(CustomRun other) {
    assertSameOfNeurons(other);
    assertArrayEquals(gRaw, other.gRaw, "gParameter");
    assertArrayEquals(normSums, other.normSums, "normSums");
    assertArrayEquals(activity, other.activity, "activity");
  }

  /** The same numbers, where no sum is over neurons. */
  public void assertSameOfNeurons(CustomRun other) {
    assertArrayEquals(spikes, other.spikes, "spikes");
    assertArrayEquals(last, other.last, "last states");
    assertArrayEquals(gx, other.gx, "gx");
    assertArrayEquals(gInitial, other.gInitial, "gInitial");
  }
}
