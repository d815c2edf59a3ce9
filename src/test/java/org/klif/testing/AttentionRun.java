package org.klif.testing;

import java.util.function.IntFunction;
import org.klif.device.Attention;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.verify.AttentionReference;

/** What both passes of an attention give on a device. */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
record AttentionRun(float[] y, float[] gq, float[] gk, float[] gv) {
  /** Inputs of both passes. */
  @SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
  record Inputs(float[] q, float[] k, float[] v, float[] gy) {
    /** Each by itself. */
    static Inputs of(IntFunction<float[]> drawn) {
      return new Inputs(drawn.apply(1), drawn.apply(2), drawn.apply(3), drawn.apply(4));
    }

    AttentionReference reference(Attention.Spec spec) {
      return AttentionReference.of(spec, q, k, v, gy);
    }
  }

  /** Runs both; what they overwrite holds NaN before. */
  static AttentionRun of(Device device, Attention.Spec spec, Inputs in) {
    try (BufferScope scope = new BufferScope(device)) {
      Attention attention = scope.own(device.attention(spec));
      Buffer q = scope.activationsOf(in.q);
      Buffer k = scope.activationsOf(in.k);
      Buffer v = scope.activationsOf(in.v);
      Buffer inner = nan(scope, spec.innerSize());
      Buffer y = nan(scope, spec.size());
      Buffer gq = nan(scope, spec.size());
      Buffer gk = nan(scope, spec.size());
      Buffer gv = nan(scope, spec.size());
      attention.forward(new Attention.Forward(q, k, v, inner, y));
      device.fill(inner, Float.NaN);
      Buffer gy = scope.activationsOf(in.gy);
      attention.backward(new Attention.Backward(q, k, v, gy, inner, gq, gk, gv));
      return new AttentionRun(y.toArray(), gq.toArray(), gk.toArray(), gv.toArray());
    }
  }

  private static Buffer nan(BufferScope scope, long size) {
    Buffer buffer = scope.activations(size);
    scope.device().fill(buffer, Float.NaN);
    return buffer;
  }
}
