package org.klif.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.Map;

/** How a JVM is started that loads a stand-in driver built with --sanitize. */
public final class AddressSanitizer {
  /** The line that a finding begins with. */
  public static final String FINDING = "ERROR: AddressSanitizer: ";

  private AddressSanitizer() {}

  /**
   * Environment of such a JVM. Segmentation faults stay with the JVM and the driver; memory that
   * the JVM never frees is no finding.
   */
  public static Map<String, String> environment() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("g++", "-print-file-name=libasan.so").redirectErrorStream(true).start();
    String library = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    process.waitFor();
    return Map.of(
        "LD_PRELOAD",
        library,
        "ASAN_OPTIONS",
        "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:allow_user_segv_handler=1:detect_leaks=0");
  }
}
