package org.klif.device.cpu;

import java.util.ArrayList;
import java.util.List;
import org.klif.device.Buffer;
import org.klif.device.Pooling;
import org.klif.device.cpu.Kernels.Windows;
import org.klif.tensor.Extent;

/**
 * Pooling of any window on the CPU, image by image. Windows of 2x2 behind a built-in neuron are
 * fused into the neuron unit; what comes here is the rest: other windows, odd sizes, and those
 * behind neurons from files.
 */
final class CpuPooling implements Pooling {
  private final CpuDevice device;
  private final Spec spec;
  private final List<Windows> windows;

  CpuPooling(CpuDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.windows = windows(spec);
    device.scratch().reserve(spec.channels(), 1);
    if (device.activationType().isHalf()) {
      device.scratch().reserveStages(spec.inSize());
    }
  }

  /** All windows of an image in row-major order, without what of them is padding. */
  private static List<Windows> windows(Spec s) {
    List<Windows> all = new ArrayList<>();
    boolean max = s.kind() == Kind.MAX;
    int c = s.channels();
    Extent window = s.window();
    Extent stride = s.stride();
    Extent padding = s.padding();
    int columns = s.outWidth();
    // the first window that leaves the image on the right
    int last = s.inWidth() + padding.width() - window.width();
    int beyond = last < 0 ? 0 : Math.min(columns, last / stride.width() + 1);
    for (int oy = 0; oy < s.outHeight(); oy++) {
      int top = oy * stride.height() - padding.height();
      int y = Math.max(0, top);
      int height = Math.min(s.inHeight(), top + window.height()) - y;
      int count;
      for (int ox = 0; ox < columns; ox += count) {
        int left = ox * stride.width() - padding.width();
        int x = Math.max(0, left);
        int width = Math.min(s.inWidth(), left + window.width()) - x;
        count = width == window.width() ? beyond - ox : 1;
        all.add(
            new Windows(
                max,
                !s.tiles(),
                height,
                width,
                stride.width(),
                s.share(),
                s.inWidth() * c,
                c,
                count,
                (y * s.inWidth() + x) * c,
                (oy * columns + ox) * c));
      }
    }
    return List.copyOf(all);
  }

  @Override
  public void forward(Buffer x, Buffer y) {
    spec.check(device.activationType(), y, x);
    int in = spec.inSize();
    int out = spec.outSize();
    device.inBlocks(
        spec.images(),
        (image, w) -> {
          Elements from = device.activations(x).elements((long) image * in, in);
          Elements to = device.activations(y).elements((long) image * out, out);
          forward(widened(from, w, 0), place(to, w, 1));
          rounded(to, w, 1);
        });
  }

  private void forward(Elements in, Elements out) {
    for (int i = 0; i < windows.size(); i++) {
      device.kernels().windows(windows.get(i), in, out);
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
          Elements from = device.activations(x).elements((long) image * in, in);
          Elements above = device.activations(gy).elements((long) image * out, out);
          Elements to = device.activations(gx).elements((long) image * in, in);
          backward(widened(from, w, 0), widened(above, w, 1), place(to, w, 2), w);
          rounded(to, w, 2);
        });
  }

  private void backward(Elements in, Elements gOut, Elements gIn, Scratch.Worker w) {
    int c = spec.channels();
    int row = spec.inWidth() * c;
    // each element of a tile is written, so only the rest at the edges needs its zeros
    int rows = spec.tiles() ? spec.outHeight() * spec.window().height() : 0;
    int rightEdge = spec.outWidth() * spec.window().width() * c;
    for (int y = 0; y < rows && rightEdge < row; y++) {
      gIn.zero(y * row + rightEdge, row - rightEdge);
    }
    gIn.zero(rows * row, spec.inSize() - rows * row);
    for (int i = 0; i < windows.size(); i++) {
      device.kernels().windowGradients(windows.get(i), in, gOut, gIn, w);
    }
  }

  /**
   * An image's numbers as float32. Windows that overlap add to an element, which is rounded once.
   */
  private Elements widened(Elements image, Scratch.Worker w, int stage) {
    Elements place = place(image, w, stage);
    if (image.half()) {
      device.kernels().convert(image, 0, place, 0, image.size());
    }
    return place;
  }

  private static Elements place(Elements image, Scratch.Worker w, int stage) {
    return image.half() ? w.stages[stage] : image;
  }

  private void rounded(Elements image, Scratch.Worker w, int stage) {
    if (image.half()) {
      device.kernels().convert(w.stages[stage], 0, image, 0, image.size());
    }
  }
}
