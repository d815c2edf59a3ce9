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

  @Override
  void close();
}
