package org.klif.cli;

import java.util.Locale;

/** Entry point of the program. */
public final class Main {
  /** Runs one command and exits with its code: 0 done, 1 something found while working, 2 usage. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    Interruption interruption = Interruption.ofProcess();
    ParentWatch.begin();
    Console console = new Console(System.out, System.err, Boolean.getBoolean("klif.terminal"));
    int code = KlifCommand.execute(console, interruption, args);
    interruption.commandEnded();
    ErrorStream.drain();
    // during a shutdown (Ctrl-C) this call waits, and the signal decides the code
    System.exit(code);
  }

  private Main() {}
}
