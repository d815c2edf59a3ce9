package org.klif.device.cuda;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.klif.KlifException;
import org.klif.device.Launch;

/** What the stand-in driver was given to do, by its own count, which nothing escapes. */
final class SimCounts {
  private static final int MOST_BYTES = 1 << 16;
  private static final String KERNEL = "kernel ";

  private SimCounts() {}

  private static Function function(String name) {
    return NativeLibrary.getInstance(DriverLibrary.LIBRARY).getFunction(name);
  }

  /** From now on launches are counted for so many multiprocessors; 0: work is run. */
  static void begin(int multiprocessors) {
    if (function("klif_sim_count").invokeInt(new Object[] {multiprocessors}) == 0) {
      throw new KlifException(
          "a device sim is open in this process that %s; close it first"
              .formatted(multiprocessors > 0 ? "runs its work" : "only counts launches"));
    }
  }

  /** What streams have come to since the last call. */
  static Map<String, Integer> take() {
    byte[] text = new byte[MOST_BYTES];
    function("klif_sim_operations").invokeLong(new Object[] {text, (long) text.length});
    Map<String, Integer> counts = new TreeMap<>();
    Native.toString(text, StandardCharsets.US_ASCII.name())
        .lines()
        .map(line -> line.split(" ", 2))
        .forEach(
            words ->
                counts.put(
                    words[1].startsWith(KERNEL) ? words[1].substring(KERNEL.length()) : words[1],
                    Integer.valueOf(words[0])));
    return counts;
  }

  /** Refuses a list that is not what the driver was given since the last {@link #take}. */
  static void requireAll(List<Launch> launches) {
    Map<String, Integer> unexplained = take();
    for (Launch launch : launches) {
      unexplained.merge(launch.name(), -1, Integer::sum);
    }
    unexplained.values().removeIf(count -> count == 0);
    if (!unexplained.isEmpty()) {
      throw new KlifException(
          "launches whose bytes nobody counts (above 0), or that the driver never saw (below): "
              + unexplained);
    }
  }
}
