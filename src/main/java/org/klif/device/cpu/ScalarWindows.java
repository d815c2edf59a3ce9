package org.klif.device.cpu;

/** Windows of a pooling, element by element; see {@link Kernels#windows}. */
public final class ScalarWindows {
  private ScalarWindows() {}

  /** {@link Kernels#windows} from a channel on. */
  public static void forward(
      boolean max,
      int window,
      Bytes x,
      int corner,
      int row,
      int channels,
      int count,
      Bytes y,
      int target,
      int firstChannel) {
    float share = 1f / (window * window);
    for (int w = 0; w < count; w++) {
      int from = corner + w * window * channels;
      for (int channel = firstChannel; channel < channels; channel++) {
        float best = max ? Float.NEGATIVE_INFINITY : 0;
        for (int dy = 0; dy < window; dy++) {
          for (int dx = 0; dx < window; dx++) {
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
      int window,
      Bytes x,
      int corner,
      int row,
      int channels,
      int count,
      Bytes gy,
      int target,
      Bytes gx,
      int firstChannel) {
    float share = 1f / (window * window);
    for (int w = 0; w < count; w++) {
      int from = corner + w * window * channels;
      for (int channel = firstChannel; channel < channels; channel++) {
        float g = gy.getFloat(4 * (target + w * channels + channel));
        int winner = from + channel;
        for (int dy = 0; dy < window; dy++) {
          for (int dx = 0; dx < window; dx++) {
            int at = from + dy * row + dx * channels + channel;
            gx.putFloat(4 * at, max ? 0f : g * share);
            if (max && x.getFloat(4 * at) > x.getFloat(4 * winner)) {
              winner = at;
            }
          }
        }
        if (max) {
          gx.putFloat(4 * winner, g);
        }
      }
    }
  }
}
