package org.klif.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of real data sets and golden vectors beside the checkout; absent on a user's machine.
 */
public final class Shared {
  /**
   * Returns the folder, or skips the calling test with the reason. With {@code
   * -Dklif.requireShared=true}, as continuous integration has it where the folder is there, the
   * test fails instead.
   */
  public static Path require() {
    Path folder = Path.of(System.getProperty("klif.shared", "../shared"));
    if (!Files.isDirectory(folder)) {
      if (Boolean.getBoolean("klif.requireShared")) {
        Assertions.fail("klif.requireShared is set, but there is no folder " + folder);
      }
      String reason = "skipped: ../shared is absent";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return folder;
  }

  private Shared() {}
}
