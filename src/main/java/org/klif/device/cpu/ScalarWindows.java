package org.klif.device.cpu;

import org.klif.device.cpu.Kernels.Windows;

/** Windows of a pooling, element by element; see {@link Kernels#windows}. */
public final class ScalarWindows {
  private ScalarWindows() {}

  /** {@link Kernels#windows} from a channel on. */
  public static void forward(Windows windows, Elements x, Elements y, int firstChannel) {
    boolean max = windows.max();
    for (int w = 0; w < windows.count(); w++) {
      for (int channel = firstChannel; channel < windows.channels(); channel++) {
        float best = max ? Float.NEGATIVE_INFINITY : 0;
        for (int dy = 0; dy < windows.height(); dy++) {
          for (int dx = 0; dx < windows.width(); dx++) {
            float value = x.get(element(windows, w, dy, dx, channel));
            // NaN compares false and would vanish; Math.max keeps it
            best = max ? Math.max(best, value) : best + value;
          }
        }
        y.set(windows.to(w) + channel, max ? best : best * windows.share());
      }
    }
  }

  private static int element(Windows windows, int w, int dy, int dx, int channel) {
    return windows.from(w) + dy * windows.row() + dx * windows.channels() + channel;
  }

  /** {@link Kernels#windowGradients} from a channel on. */
  public static void backward(
      Windows windows, Elements x, Elements gy, Elements gx, int firstChannel) {
    boolean max = windows.max();
    boolean adds = windows.adds();
    for (int w = 0; w < windows.count(); w++) {
      for (int channel = firstChannel; channel < windows.channels(); channel++) {
        float g = gy.get(windows.to(w) + channel);
        int winner = windows.from(w) + channel;
        for (int dy = 0; dy < windows.height(); dy++) {
          for (int dx = 0; dx < windows.width(); dx++) {
            int at = element(windows, w, dy, dx, channel);
            float part = max ? 0f : g * windows.share();
            gx.set(at, adds ? gx.get(at) + part : part);
            if (max && x.get(at) > x.get(winner)) {
              winner = at;
            }
          }
        }
        if (max) {
          gx.set(winner, adds ? gx.get(winner) + g : g);
        }
      }
    }
  }
}
