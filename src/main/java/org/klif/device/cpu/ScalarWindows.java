package org.klif.device.cpu;

/** Windows of a pooling, element by element; see {@link Kernels#windows}. */
public final class ScalarWindows {
  private ScalarWindows() {}

  /** {@link Kernels#windows} from a channel on. */
  public static void forward(
      boolean max,
      int height,
      int width,
      int step,
      float share,
      Bytes x,
      int corner,
      int row,
      int channels,
      int count,
      Bytes y,
      int target,
      int firstChannel) {
    for (int w = 0; w < count; w++) {
      int from = corner + w * step * channels;
      for (int channel = firstChannel; channel < channels; channel++) {
        float best = max ? Float.NEGATIVE_INFINITY : 0;
        for (int dy = 0; dy < height; dy++) {
          for (int dx = 0; dx < width; dx++) {
            float value = x.getFloat(4 * (from + dy * row + dx * channels + channel));
            // NaN compares false and would vanish; Math.max keeps it
            best = max ? Math.max(best, value) : best + value;
          }
        }
        y.putFloat(4 * (target + w * channels + channel), max ? best : best * share);
      }
    }
  }

  /** {@link Kernels#windowGradients} from a channel on. */
  public static void backward(
      boolean max,
      boolean adds,
      int height,
      int width,
      int step,
      float share,
      Bytes x,
      int corner,
      int row,
      int channels,
      int count,
      Bytes gy,
      int target,
      Bytes gx,
      int firstChannel) {
    for (int w = 0; w < count; w++) {
      int from = corner + w * step * channels;
      for (int channel = firstChannel; channel < channels; channel++) {
        float g = gy.getFloat(4 * (target + w * channels + channel));
        int winner = from + channel;
        for (int dy = 0; dy < height; dy++) {
          for (int dx = 0; dx < width; dx++) {
            int at = from + dy * row + dx * channels + channel;
            float part = max ? 0f : g * share;
            gx.putFloat(4 * at, adds ? gx.getFloat(4 * at) + part : part);
            if (max && x.getFloat(4 * at) > x.getFloat(4 * winner)) {
              winner = at;
            }
          }
        }
        if (max) {
          gx.putFloat(4 * winner, adds ? gx.getFloat(4 * winner) + g : g);
        }
      }
    }
  }
}
