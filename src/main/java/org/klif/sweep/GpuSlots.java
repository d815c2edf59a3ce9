package org.klif.sweep;

import com.google.common.base.Splitter;
import java.util.Arrays;
import java.util.List;
import org.klif.KlifException;

/**
 * Hands out GPUs to runs: always the one with the fewest runs, the first of these. A run sees its
 * GPU alone, so that its configuration says cuda, on whichever GPU it begins and goes on.
 */
final class GpuSlots {
  static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  private final List<Integer> gpus;
  private final int[] users;

  /**
   * Knows the GPUs that may be used.
   *
   * @param gpus their numbers as klif devices lists them; empty for runs that need none
   */
  GpuSlots(List<Integer> gpus) {
    this.gpus = List.copyOf(gpus);
    this.users = new int[gpus.size()];
  }

  boolean isEmpty() {
    return gpus.isEmpty();
  }

  /** The place in the list of the GPU to be used; to be given back. */
  synchronized int take() {
    int least = 0;
    for (int i = 1; i < users.length; i++) {
      least = users[i] < users[least] ? i : least;
    }
    users[least]++;
    return least;
  }

  synchronized void giveBack(int slot) {
    users[slot]--;
  }

  /**
   * What makes a process see one GPU alone.
   *
   * @param slot its place in the list
   * @param visible GPUs that this process sees, or null when it sees all
   */
  String visible(int slot, String visible) {
    int number = gpus.get(slot);
    if (visible == null || visible.isBlank()) {
      return Integer.toString(number);
    }
    List<String> names = Splitter.on(',').trimResults().splitToList(visible);
    if (number >= names.size()) {
      throw new KlifException(
          "there is no GPU cuda:%d: %s=%s makes %d of them visible"
              .formatted(number, VISIBLE, visible, names.size()));
    }
    return names.get(number);
  }

  @Override
  public String toString() {
    return gpus + " used by " + Arrays.toString(users);
  }
}
