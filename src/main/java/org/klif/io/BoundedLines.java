package org.klif.io;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/** The lines of a text of any length: never more than one of a limited length is in memory. */
public final class BoundedLines {
  private final BufferedReader text;
  private final String name;
  private final int longest;
  private int number;

  /**
   * Reads no line yet. The reader stays the caller's.
   *
   * @param name for messages
   * @param longest number of characters of a line
   */
  public BoundedLines(Reader text, String name, int longest) {
    this.text = new BufferedReader(text);
    this.name = name;
    this.longest = longest;
  }

  /**
   * The next line without its end, or null behind the last.
   *
   * @throws KlifException when it is too long
   */
  public @Nullable String next() throws IOException {
    int next = text.read();
    if (next < 0) {
      return null;
    }
    number++;
    StringBuilder line = new StringBuilder();
    while (next >= 0 && next != '\n') {
      if (line.length() == longest) {
        throw new KlifException(
            "%s: line %d is longer than %d characters".formatted(name, number, longest));
      }
      line.append((char) next);
      next = text.read();
    }
    int length = line.length();
    return length > 0 && line.charAt(length - 1) == '\r'
        ? line.substring(0, length - 1)
        : line.toString();
  }

  /** Number of the line that was read last, counted from 1. */
  public int number() {
    return number;
  }
}
