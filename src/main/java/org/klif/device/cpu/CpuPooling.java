package org.klif.device.cpu;

import org.klif.device.Buffer;
import org.klif.device.Pooling;
import org.klif.tensor.Extent;

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
    boolean max = spec.kind() == Kind.MAX;
    int c = spec.channels();
    int row = spec.inWidth() * c;
    Kernels kernels = device.kernels();
    runs(
        (height, width, corner, count, target) ->
            kernels.windows(
                max,
                height,
                width,
                spec.stride().width(),
                spec.share(),
                in,
                corner,
                row,
                c,
                count,
                out,
                target));
  }

  /** Windows of one size beside each other, which {@link Kernels#windows} does in one call. */
  private interface Run {
    void windows(int height, int width, int corner, int count, int target);
  }

  /** Goes through all windows of an image in row-major order, without what of them is padding. */
  private void runs(Run run) {
    int c = spec.channels();
    Extent window = spec.window();
    Extent stride = spec.stride();
    Extent padding = spec.padding();
    int columns = spec.outWidth();
    // the first window that leaves the image on the right
    int last = spec.inWidth() + padding.width() - window.width();
    int beyond = last < 0 ? 0 : Math.min(columns, last / stride.width() + 1);
    for (int oy = 0; oy < spec.outHeight(); oy++) {
      int top = oy * stride.height() - padding.height();
      int y = Math.max(0, top);
      int height = Math.min(spec.inHeight(), top + window.height()) - y;
      int count;
      for (int ox = 0; ox < columns; ox += count) {
        int left = ox * stride.width() - padding.width();
        int x = Math.max(0, left);
        int width = Math.min(spec.inWidth(), left + window.width()) - x;
        count = width == window.width() ? beyond - ox : 1;
        run.windows(height, width, (y * spec.inWidth() + x) * c, count, (oy * columns + ox) * c);
      }
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
    boolean max = spec.kind() == Kind.MAX;
    boolean adds = !spec.tiles();
    int c = spec.channels();
    int row = spec.inWidth() * c;
    // each element of a tile is written, so only the rest at the edges needs its zeros
    int rows = adds ? 0 : spec.outHeight() * spec.window().height();
    int rightEdge = spec.outWidth() * spec.window().width() * c;
    for (int y = 0; y < rows && rightEdge < row; y++) {
      zero(gIn, y * row + rightEdge, (y + 1) * row);
    }
    zero(gIn, rows * row, spec.inSize());
    Kernels kernels = device.kernels();
    runs(
        (height, width, corner, count, target) ->
            kernels.windowGradients(
                max,
                adds,
                height,
                width,
                spec.stride().width(),
                spec.share(),
                in,
                corner,
                row,
                c,
                count,
                gOut,
                target,
                gIn));
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
