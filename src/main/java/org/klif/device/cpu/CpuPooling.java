package org.klif.device.cpu;

import org.klif.device.Buffer;
import org.klif.device.Pooling;

/**
 * Pooling of any window on the CPU, image by image. Windows of 2x2 behind a built-in neuron are
 * fused into the neuron unit; what comes here is the rest: other windows, odd sizes, and those
 * behind neurons from files.
 */
final class CpuPooling implements Pooling {
  private final CpuDevice device;
  private final Spec spec;

  CpuPooling(CpuDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    if (device.activationType().isHalf()) {
      device.scratch().reserveStages(spec.inSize());
    }
  }

  @Override
  public void forward(Buffer x, Buffer y) {
    spec.check(device.activationType(), y, x);
    int in = spec.inSize();
    int out = spec.outSize();
    device.inBlocks(
        spec.images(),
        (image, w) -> {
          Numbers from = device.activations(x).numbers((long) image * in, in);
          Numbers to = device.activations(y).numbers((long) image * out, out);
          forward(from.read(w.stages[0], 0, in), to.place(w.stages[1]));
          to.wrote(w.stages[1], 0, out);
        });
  }

  private void forward(Bytes in, Bytes out) {
    int c = spec.channels();
    int window = spec.window();
    int row = spec.inWidth() * c;
    boolean max = spec.kind() == Kind.MAX;
    for (int oy = 0; oy < spec.outHeight(); oy++) {
      int corner = oy * window * row;
      int target = oy * spec.outWidth() * c;
      device.kernels().windows(max, window, in, corner, row, c, spec.outWidth(), out, target);
    }
  }

  @Override
  public void backward(Buffer x, Buffer gy, Buffer gx) {
    spec.check(device.activationType(), gy, x, gx);
    int in = spec.inSize();
    int out = spec.outSize();
    device.inBlocks(
        spec.images(),
        (image, w) -> {
          Numbers from = device.activations(x).numbers((long) image * in, in);
          Numbers above = device.activations(gy).numbers((long) image * out, out);
          Numbers to = device.activations(gx).numbers((long) image * in, in);
          backward(
              from.read(w.stages[0], 0, in),
              above.read(w.stages[1], 0, out),
              to.place(w.stages[2]));
          to.wrote(w.stages[2], 0, in);
        });
  }

  private void backward(Bytes in, Bytes gOut, Bytes gIn) {
    int c = spec.channels();
    int window = spec.window();
    int row = spec.inWidth() * c;
    boolean max = spec.kind() == Kind.MAX;
    // each element of a window is written, so only the rest at the edges needs its zeros
    int rightEdge = spec.outWidth() * window * c;
    for (int y = 0; y < spec.outHeight() * window && rightEdge < row; y++) {
      zero(gIn, y * row + rightEdge, (y + 1) * row);
    }
    zero(gIn, spec.outHeight() * window * row, spec.inSize());
    for (int oy = 0; oy < spec.outHeight(); oy++) {
      int corner = oy * window * row;
      int target = oy * spec.outWidth() * c;
      device
          .kernels()
          .windowGradients(max, window, in, corner, row, c, spec.outWidth(), gOut, target, gIn);
    }
  }

  private static void zero(Bytes target, int from, int to) {
    for (int i = from; i < to; i++) {
      target.putFloat(4 * i, 0f);
    }
  }

  @Override
  public void close() {
    // owns nothing
  }
}
