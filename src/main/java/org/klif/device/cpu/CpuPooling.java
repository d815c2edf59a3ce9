package org.klif.device.cpu;

import java.nio.ByteBuffer;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.Pooling;

/**
 * Pooling of any window on the CPU. Windows of 2x2 behind a neuron are fused into the neuron unit;
 * what comes here is the rest (other windows, odd sizes), image by image.
 */
final class CpuPooling implements Pooling {
  private final CpuDevice device;
  private final Spec spec;

  CpuPooling(CpuDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
  }

  private int inSize() {
    return spec.inHeight() * spec.inWidth() * spec.channels();
  }

  private int outSize() {
    return spec.outHeight() * spec.outWidth() * spec.channels();
  }

  @Override
  public void forward(Buffer x, Buffer y) {
    check(x, inSize());
    check(y, outSize());
    CpuBuffer in = CpuBuffer.of(x);
    CpuBuffer out = CpuBuffer.of(y);
    device
        .parallel()
        .run(
            spec.images(),
            (image, worker) ->
                forward(
                    in.bytes((long) image * inSize(), inSize()),
                    out.bytes((long) image * outSize(), outSize())));
  }

  private void forward(ByteBuffer in, ByteBuffer out) {
    int c = spec.channels();
    int window = spec.window();
    int row = spec.inWidth() * c;
    boolean max = spec.kind() == Kind.MAX;
    float share = 1f / (window * window);
    for (int oy = 0; oy < spec.outHeight(); oy++) {
      for (int ox = 0; ox < spec.outWidth(); ox++) {
        int corner = oy * window * row + ox * window * c;
        int target = (oy * spec.outWidth() + ox) * c;
        for (int channel = 0; channel < c; channel++) {
          float best = max ? Float.NEGATIVE_INFINITY : 0;
          for (int dy = 0; dy < window; dy++) {
            for (int dx = 0; dx < window; dx++) {
              float value = in.getFloat(4 * (corner + dy * row + dx * c + channel));
              // NaN compares false and would vanish; Math.max keeps it
              best = max ? Math.max(best, value) : best + value;
            }
          }
          out.putFloat(4 * (target + channel), max ? best : best * share);
        }
      }
    }
  }

  @Override
  public void backward(Buffer x, Buffer gy, Buffer gx) {
    check(x, inSize());
    check(gx, inSize());
    check(gy, outSize());
    CpuBuffer in = CpuBuffer.of(x);
    CpuBuffer gOut = CpuBuffer.of(gy);
    CpuBuffer gIn = CpuBuffer.of(gx);
    device
        .parallel()
        .run(
            spec.images(),
            (image, worker) ->
                backward(
                    in.bytes((long) image * inSize(), inSize()),
                    gOut.bytes((long) image * outSize(), outSize()),
                    gIn.bytes((long) image * inSize(), inSize())));
  }

  private void backward(ByteBuffer in, ByteBuffer gOut, ByteBuffer gIn) {
    int c = spec.channels();
    int window = spec.window();
    int row = spec.inWidth() * c;
    boolean max = spec.kind() == Kind.MAX;
    float share = 1f / (window * window);
    for (int i = 0; i < inSize(); i++) {
      gIn.putFloat(4 * i, 0f);
    }
    for (int oy = 0; oy < spec.outHeight(); oy++) {
      for (int ox = 0; ox < spec.outWidth(); ox++) {
        int corner = oy * window * row + ox * window * c;
        int target = (oy * spec.outWidth() + ox) * c;
        for (int channel = 0; channel < c; channel++) {
          float g = gOut.getFloat(4 * (target + channel));
          int winner = corner + channel;
          for (int dy = 0; dy < window; dy++) {
            for (int dx = 0; dx < window; dx++) {
              int at = corner + dy * row + dx * c + channel;
              if (!max) {
                gIn.putFloat(4 * at, g * share);
              } else if (in.getFloat(4 * at) > in.getFloat(4 * winner)) {
                winner = at;
              }
            }
          }
          if (max) {
            gIn.putFloat(4 * winner, g);
          }
        }
      }
    }
  }

  private void check(Buffer buffer, int perImage) {
    if (buffer.size() != (long) spec.images() * perImage) {
      throw new KlifException("pooling %s got %d elements".formatted(spec, buffer.size()));
    }
  }

  @Override
  public void close() {
    // owns nothing
  }
}
