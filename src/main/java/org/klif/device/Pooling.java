package org.klif.device;

import org.klif.KlifException;
import org.klif.tensor.Extent;

/**
 * A planned pooling; a rest at the lower and right edge is dropped. Around the image lies padding
 * of -infinity for a maximum, and of zeros that count for a mean. In a maximum window with ties the
 * gradient goes to the first largest element in row-major order.
 */
public interface Pooling extends PlannedOperation {
  /** How a window becomes one value. */
  enum Kind {
    /** The largest element. */
    MAX,
    /** The mean. */
    AVERAGE
  }

  /**
   * Shape of a pooling.
   *
   * @param images stored time steps times batch
   * @param stride by which the window moves
   * @param padding on each side; smaller than the window, so that each window has a pixel
   * @param share what a mean multiplies a sum by: 1 / window's area, or 1 for the sum itself; of no
   *     meaning for a maximum
   */
  record Spec(
      Kind kind,
      int images,
      int channels,
      int inHeight,
      int inWidth,
      Extent window,
      Extent stride,
      Extent padding,
      float share) {
    /** Checks that the window fits. */
    public Spec {
      if (!window.isAtLeast(1) || !stride.isAtLeast(1) || !padding.isAtLeast(0)) {
        throw new KlifException(
            "a pooling needs a window and a stride of at least 1 and a padding of at least 0, not %s, %s and %s"
                .formatted(window, stride, padding));
      }
      if (padding.height() >= window.height() || padding.width() >= window.width()) {
        throw new KlifException(
            "a padding of %s is not smaller than the %s pooling window, so that windows would hold nothing else; use less padding or a larger window"
                .formatted(padding, window.both()));
      }
      if (inHeight + 2L * padding.height() < window.height()
          || inWidth + 2L * padding.width() < window.width()) {
        throw new KlifException(
            "a %s pooling window does not fit an input of %dx%d%s; use a smaller window, or leave the pooling out"
                .formatted(
                    window.both(),
                    inHeight,
                    inWidth,
                    padding.equals(Extent.square(0)) ? "" : " with padding " + padding));
      }
    }

    /** Whose means are means. */
    public Spec(
        Kind kind,
        int images,
        int channels,
        int inHeight,
        int inWidth,
        Extent window,
        Extent stride,
        Extent padding) {
      this(
          kind,
          images,
          channels,
          inHeight,
          inWidth,
          window,
          stride,
          padding,
          1f / Math.max(1, window.area()));
    }

    /** Sums over windows that move by their own size, without padding. */
    public static Spec sums(int images, int channels, int inHeight, int inWidth, Extent window) {
      return new Spec(
          Kind.AVERAGE, images, channels, inHeight, inWidth, window, window, Extent.square(0), 1);
    }

    /** With windows that move by their own size, without padding. */
    public Spec(Kind kind, int images, int channels, int inHeight, int inWidth, Extent window) {
      this(kind, images, channels, inHeight, inWidth, window, window, Extent.square(0));
    }

    /** With square windows that move by their own size, without padding. */
    public Spec(Kind kind, int images, int channels, int inHeight, int inWidth, int window) {
      this(kind, images, channels, inHeight, inWidth, Extent.square(window));
    }

    /** Whether windows lie side by side, from the upper left corner on. */
    public boolean tiles() {
      return stride.equals(window) && padding.equals(Extent.square(0));
    }

    /** H'. */
    public int outHeight() {
      return (inHeight + 2 * padding.height() - window.height()) / stride.height() + 1;
    }

    /** W'. */
    public int outWidth() {
      return (inWidth + 2 * padding.width() - window.width()) / stride.width() + 1;
    }

    /** Elements of an image. */
    public int inSize() {
      return inHeight * inWidth * channels;
    }

    /** Elements of a pooled image. */
    public int outSize() {
      return outHeight() * outWidth() * channels;
    }

    /**
     * Refuses buffers that do not fit.
     *
     * @param type of the activations
     * @param y the pooled images, or their gradient
     * @param x the images, or their gradient
     */
    public void check(DType type, Buffer y, Buffer... x) {
      check(type, y, outSize());
      for (Buffer buffer : x) {
        check(type, buffer, inSize());
      }
    }

    private void check(DType type, Buffer buffer, int perImage) {
      if (buffer.size() != (long) images * perImage) {
        throw new KlifException("pooling %s got %d elements".formatted(this, buffer.size()));
      }
      BufferChecks.requireType("input, output or gradient of a pooling", buffer, type);
    }
  }

  /** y (images, H', W', C) from x (images, H, W, C). */
  void forward(Buffer x, Buffer y);

  /** gx from gy; x is what forward read. */
  void backward(Buffer x, Buffer gy, Buffer gx);
}
