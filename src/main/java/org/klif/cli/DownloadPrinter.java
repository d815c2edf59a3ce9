package org.klif.cli;

import java.util.Locale;
import org.klif.data.DownloadProgress;

/** Prints how a download goes: on a terminal a line that is redrawn, else a line each tenth. */
final class DownloadPrinter implements DownloadProgress {
  private static final int TENTHS = 10;
  private static final double MEGA = 1e6;

  private final Console console;
  private String file = "";
  private int tenth;
  private boolean open;

  DownloadPrinter(Console console) {
    this.console = console;
  }

  @Override
  public void bytes(String name, long done, long total) {
    int now = total <= 0 ? 0 : (int) (TENTHS * done / total);
    if (!name.equals(file)) {
      end();
      file = name;
      tenth = 0;
    }
    String line =
        String.format(
            Locale.ROOT,
            "%-28s %3d %%  %.1f of %.1f MB",
            name,
            total <= 0 ? 0 : 100 * done / total,
            done / MEGA,
            total / MEGA);
    if (console.terminal()) {
      console.control("\r");
      console.out().print(line);
      console.out().flush();
      open = true;
    } else if (now > tenth) {
      console.out().println(line);
    }
    tenth = Math.max(now, tenth);
  }

  @Override
  public void note(String line) {
    end();
    console.out().println(line);
  }

  /** Ends the line that is redrawn. */
  void end() {
    if (open) {
      console.out().println();
      open = false;
    }
  }
}
