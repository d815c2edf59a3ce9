package org.klif.device.cpu;

import java.nio.ByteBuffer;
import org.klif.KlifException;
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
      device.scratch().reserveStages(inSize());
    }
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
    CpuBuffer in = device.activations(x);
    CpuBuffer out = device.activations(y);
    device
        .parallel()
        .run(
            spec.images(),
            (image, worker) -> {
              ByteBuffer[] stages = device.scratch().worker(worker).stages;
              Numbers from = in.numbers((long) image * inSize(), inSize());
              Numbers to = out.numbers((long) image * outSize(), outSize());
              forward(from.read(stages[0], 0, inSize()), to.place(stages[1]));
              to.wrote(stages[1], 0, outSize());
            });
  }

  private void forward(ByteBuffer in, ByteBuffer out) {
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
    check(x, inSize());
    check(gx, inSize());
    check(gy, outSize());
    CpuBuffer in = device.activations(x);
    CpuBuffer gOut = device.activations(gy);
    CpuBuffer gIn = device.activations(gx);
    device
        .parallel()
        .run(
            spec.images(),
            (image, worker) -> {
              ByteBuffer[] stages = device.scratch().worker(worker).stages;
              Numbers to = gIn.numbers((long) image * inSize(), inSize());
              backward(
                  in.numbers((long) image * inSize(), inSize()).read(stages[0], 0, inSize()),
                  gOut.numbers((long) image * outSize(), outSize()).read(stages[1], 0, outSize()),
                  to.place(stages[2]));
              to.wrote(stages[2], 0, inSize());
            });
  }

  private void backward(ByteBuffer in, ByteBuffer gOut, ByteBuffer gIn) {
    int c = spec.channels();
    int window = spec.window();
    int row = spec.inWidth() * c;
    boolean max = spec.kind() == Kind.MAX;
    // each element of a window is written, so only the rest at the edges needs its zeros
    int rightEdge = spec.outWidth() * window * c;
    for (int y = 0; y < spec.outHeight() * window && rightEdge < row; y++) {
      zero(gIn, y * row + rightEdge, (y + 1) * row);
    }
    zero(gIn, spec.outHeight() * window * row, inSize());
    for (int oy = 0; oy < spec.outHeight(); oy++) {
      int corner = oy * window * row;
      int target = oy * spec.outWidth() * c;
      device
          .kernels()
          .windowGradients(max, window, in, corner, row, c, spec.outWidth(), gOut, target, gIn);
    }
  }

  private static void zero(ByteBuffer target, int from, int to) {
    for (int i = from; i < to; i++) {
      target.putFloat(4 * i, 0f);
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
