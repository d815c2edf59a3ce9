package org.klif.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintStream;
import org.klif.Printable;

/**
 * Prints text with its control characters written out, {@code \u001b} for an escape: messages quote
 * servers, files and names, whose bytes could otherwise move the cursor, change what was printed
 * before, or give commands to a terminal. Line feeds and tabs stay. Bytes are passed on as they
 * are.
 */
final class EscapedStream extends PrintStream {
  private final PrintStream raw;

  /** On a stream that stays the caller's to close. */
  EscapedStream(PrintStream raw) {
    // texts go to the stream itself, with its charset; what is left is ASCII: ends of lines,
    // numbers
    super(raw, false, UTF_8);
    this.raw = raw;
  }

  /** The stream itself, for control characters of our own. */
  PrintStream raw() {
    return raw;
  }

  @Override
  public void print(String text) {
    raw.print(Printable.text(String.valueOf(text)));
  }

  @Override
  public void print(Object value) {
    print(String.valueOf(value));
  }

  @Override
  public void print(char c) {
    print(String.valueOf(c));
  }

  @Override
  public void print(char[] text) {
    print(String.valueOf(text));
  }
}
