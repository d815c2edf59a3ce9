package org.klif.cli;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;

/** Entry point of the program. */
public final class Main {
  /** Runs one command and exits with its code: 0 done, 1 something found while working, 2 usage. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    StandardOutput output = StandardOutput.install();
    String tooFew = OpenFiles.complaint();
    int code = tooFew == null ? run(args) : refuse(tooFew, args);
    System.out.flush();
    IOException failure = output.failure();
    if (failure != null) {
      System.err.println("klif: cannot write to standard output: " + failure.getMessage());
      code = Math.max(code, KlifCommand.FAILED);
    }
    ErrorStream.drain();
    // during a shutdown (Ctrl-C) this call waits, and the signal decides the code
    System.exit(code);
  }

  private static int run(String[] args) {
    Interruption interruption = Interruption.ofProcess();
    ParentWatch.begin();
    Console console = new Console(System.out, System.err, Boolean.getBoolean("klif.terminal"));
    int code = KlifCommand.execute(console, interruption, args);
    interruption.commandEnded();
    return code;
  }

  /** Says why nothing is run, without the libraries that commands have. */
  private static int refuse(String message, String[] args) {
    System.err.println("klif: " + message);
    if (Arrays.asList(args).contains("--json")) {
      System.out.println(
          "{\"error\":\"%s\",\"exitCode\":%d}".formatted(message, KlifCommand.FAILED));
    }
    return KlifCommand.FAILED;
  }

  private Main() {}
}
