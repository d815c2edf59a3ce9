package org.klif.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of real data sets and golden vectors beside the checkout; absent on a user's machine.
 */
public final class Shared {
  /** Returns the folder, or skips the calling test with the reason. */
  public static Path require() {
    Path folder = Path.of(System.getProperty("klif.shared", "../shared"));
    if (!Files.isDirectory(folder)) {
      String reason = "skipped: ../shared is absent";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return folder;
  }

  private Shared() {}
}
