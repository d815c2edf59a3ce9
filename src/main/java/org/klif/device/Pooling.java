package org.klif.device;

import org.klif.KlifException;

/**
 * A planned pooling with a square window that moves by its own size; odd sizes are floored. In a
 * maximum window with ties the gradient goes to the first largest element in row-major order.
 */
public interface Pooling extends AutoCloseable {
  /** How a window becomes one value. */
  enum Kind {
    /** The largest element. */
    MAX,
    /** The mean. */
    AVERAGE
  }

  /** Shape of a pooling; images = stored time steps times batch. */
  record Spec(Kind kind, int images, int channels, int inHeight, int inWidth, int window) {
    /** Checks that the window fits. */
    public Spec {
      if (window < 1 || inHeight < window || inWidth < window) {
        throw new KlifException(
            "a %dx%d pooling window does not fit an input of %dx%d"
                .formatted(window, window, inHeight, inWidth));
      }
    }

    /** H'. */
    public int outHeight() {
      return inHeight / window;
    }

    /** W'. */
    public int outWidth() {
      return inWidth / window;
    }
  }

  /** y (images, H', W', C) from x (images, H, W, C). */
  void forward(Buffer x, Buffer y);

  /** gx from gy; x is what forward read. */
  void backward(Buffer x, Buffer gy, Buffer gx);

  @Override
  void close();
}
