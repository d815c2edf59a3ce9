package org.klif.testing;

import java.util.List;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;
import org.klif.device.Device;
import org.klif.device.Linear;
import org.klif.device.ParameterLayout;

/**
 * All passes of a dense layer on one device, from numbers in canonical order to numbers in
 * canonical order: output, input gradient, weight gradient, bias gradient.
 */
public final class DensePasses {
  private final float[] x;
  private final float[] weight;
  private final float[] bias;
  private final float[] gy;

  /** Input, weight in canonical order, bias, gradient of the output; kept, not copied. */
  public DensePasses(float[] x, float[] weight, float[] bias, float[] gy) {
    this.x = x;
    this.weight = weight;
    this.bias = bias;
    this.gy = gy;
  }

  /** Of a linear layer. */
  public List<float[]> linear(Device device, Linear.Spec spec) {
    ParameterLayout layout = device.linearWeightLayout(spec.in(), spec.out());
    try (BufferScope scope = new BufferScope(device)) {
      Linear linear = scope.own(device.linear(spec));
      Buffers b = new Buffers(scope, layout);
      linear.forward(b.x, b.weight, b.bias, b.y);
      linear.backwardData(b.gy, b.weight, b.gx);
      linear.backwardWeights(b.x, b.gy, b.gWeight, b.gBias);
      return b.results(layout);
    }
  }

  /** Of a convolution; activations are channels last. */
  public List<float[]> convolution(Device device, Convolution.Spec spec) {
    try (BufferScope scope = new BufferScope(device)) {
      return convolution(device, spec, scope.own(device.convolution(spec)));
    }
  }

  /** Of a planned convolution. */
  public List<float[]> convolution(Device device, Convolution.Spec spec, Convolution planned) {
    ParameterLayout layout =
        device.convolutionWeightLayout(spec.inChannels(), spec.outChannels(), spec.kernel());
    try (BufferScope scope = new BufferScope(device)) {
      Buffers b = new Buffers(scope, layout);
      planned.forward(b.x, b.weight, b.bias, b.y);
      planned.backwardData(b.gy, b.weight, b.gx);
      planned.backwardWeights(b.x, b.gy, b.gWeight, b.gBias);
      return b.results(layout);
    }
  }

  private final class Buffers {
    private final BufferScope scope;
    private final Buffer x;
    private final Buffer weight;
    private final Buffer bias;
    private final Buffer gy;
    private final Buffer y;
    private final Buffer gx;
    private final Buffer gWeight;
    private final Buffer gBias;

    Buffers(BufferScope scope, ParameterLayout layout) {
      this.scope = scope;
      x = activations(DensePasses.this.x);
      weight = scope.of(layout.toPhysical(DensePasses.this.weight));
      bias = scope.of(DensePasses.this.bias);
      gy = activations(DensePasses.this.gy);
      y = activations(new float[DensePasses.this.gy.length]);
      gx = activations(new float[DensePasses.this.x.length]);
      gWeight = scope.zeros(layout.physicalSize());
      gBias = scope.zeros(DensePasses.this.bias.length);
    }

    private Buffer activations(float[] values) {
      Device device = scope.device();
      Buffer buffer = scope.own(device.allocate(device.activationType(), values.length));
      device.copy(scope.of(values), buffer);
      return buffer;
    }

    private float[] toArray(Buffer activations) {
      Buffer wide = scope.zeros(activations.size());
      scope.device().copy(activations, wide);
      return wide.toArray();
    }

    List<float[]> results(ParameterLayout layout) {
      return List.of(
          toArray(y), toArray(gx), layout.toCanonical(gWeight.toArray()), gBias.toArray());
    }
  }
}
