package org.klif.profile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The largest amount of memory this process has held. */
public final class PeakMemory {
  private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s+(\\d+) kB$");
  private static final int KIBI = 1024;

  /** Peak resident set in bytes, all native memory included; empty where Linux does not tell. */
  public static OptionalLong bytes() {
    try {
      Matcher peak = PEAK.matcher(Files.readString(Path.of("/proc/self/status")));
      return peak.find()
          ? OptionalLong.of(Long.parseLong(peak.group(1)) * KIBI)
          : OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  private PeakMemory() {}
}
