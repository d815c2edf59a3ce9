package org.klif.cli;

import java.io.PrintStream;
import java.util.Locale;
import org.klif.device.Device;

/**
 * Where a command prints. What it prints there is escaped ({@link EscapedStream}), whoever wrote
 * it.
 *
 * @param out results and progress
 * @param err errors
 * @param terminal out is a terminal: a progress bar may redraw its line
 */
record Console(PrintStream out, PrintStream err, boolean terminal) {
  /** Wraps the streams, which stay the caller's to close. */
  Console {
    out = new EscapedStream(out);
    err = new EscapedStream(err);
  }

  /** Prints a line, its numbers in the same way wherever the program runs. */
  void line(String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
  }

  /** Prints a line that is to be seen at once. */
  void note(String line) {
    out.println(line);
    out.flush();
  }

  /** Prints control characters to {@link #out}, which no one else may. */
  void control(String sequence) {
    raw().print(sequence);
  }

  /** The stream behind {@link #out}, for text of the program alone. */
  PrintStream raw() {
    return ((EscapedStream) out).raw();
  }

  /** One sentence that is no error. */
  void warn(String sentence) {
    err.println("klif: warning: " + sentence);
  }

  /** Says what a device lacks that was just opened, and returns it. */
  Device opened(Device device) {
    device.info().notices().forEach(this::warn);
    return device;
  }
}
