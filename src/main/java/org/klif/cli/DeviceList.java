package org.klif.cli;

import java.util.List;
import java.util.regex.Pattern;
import org.klif.UsageException;

/**
 * The devices of a sweep.
 *
 * @param device of all runs; empty for that of the file
 * @param gpus numbers of the GPUs to spread runs over; empty when there is nothing to spread
 */
record DeviceList(String device, List<Integer> gpus) {
  private static final Pattern GPU = Pattern.compile("cuda:\\d{1,4}");

  /** Understands one device, or GPUs. */
  static DeviceList parse(List<String> names) {
    if (names.stream().distinct().count() < names.size()) {
      throw new UsageException("--devices names a device twice: " + String.join(",", names));
    }
    if (!names.isEmpty() && names.stream().allMatch(name -> GPU.matcher(name).matches())) {
      return new DeviceList(
          "cuda",
          names.stream().map(name -> Integer.valueOf(name.substring("cuda:".length()))).toList());
    }
    if (names.size() > 1) {
      throw new UsageException(
          "--devices takes one device, or GPUs as in cuda:0,cuda:1, not "
              + String.join(",", names));
    }
    return new DeviceList(names.isEmpty() ? "" : names.get(0), List.of());
  }
}
