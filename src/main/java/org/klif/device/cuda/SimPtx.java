package org.klif.device.cuda;

import com.google.common.base.Strings;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.klif.UsageException;
import org.klif.device.DeviceVerdict;

/** The stand-in driver's variable for running the kernels' PTX (native/sim/README.md). */
final class SimPtx {
  private static final String VARIABLE = "KLIF_SIM_PTX";
  private static final List<String> MODES = List.of("run", "compare", "race");

  /** What klif_sim_ptx_report gives where nothing is compared, and where too much differs. */
  private static final int NOTHING = 0;

  private static final int DIFFERS = 2;

  private SimPtx() {}

  /** Whether PTX is run; a value that is none is refused. */
  static boolean isRun() {
    String mode = mode();
    if (!mode.isEmpty() && !MODES.contains(mode)) {
      throw new UsageException("%s is run, compare or race, not '%s'".formatted(VARIABLE, mode));
    }
    return !mode.isEmpty();
  }

  private static String mode() {
    return Strings.nullToEmpty(System.getenv(VARIABLE));
  }

  /** What was compared since the last call. */
  static Optional<DeviceVerdict> verdict() {
    if (mode().isEmpty()
        || !DriverLibrary.isLoaded()
        || DriverLibrary.kind() != DriverLibrary.Kind.SIM) {
      return Optional.empty();
    }
    byte[] line = new byte[256];
    int status =
        NativeLibrary.getInstance(DriverLibrary.LIBRARY)
            .getFunction("klif_sim_ptx_report")
            .invokeInt(new Object[] {line, (long) line.length});
    return status == NOTHING
        ? Optional.empty()
        : Optional.of(
            new DeviceVerdict(
                Native.toString(line, StandardCharsets.US_ASCII.name()), status == DIFFERS));
  }
}
