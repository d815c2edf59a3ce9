package org.klif;

/**
 * Text that came from a file and goes to a terminal or into a log: its control characters, which
 * could write lines of their own or move the cursor, are shown as Java writes them.
 */
public final class Printable {
  private Printable() {}

  /** On one line. */
  public static String line(String text) {
    return shown(text, "");
  }

  /** Lines and tabs stay. */
  public static String text(String text) {
    return shown(text, "\n\t");
  }

  private static String shown(String text, String kept) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (kept.indexOf(c) >= 0 || !isControl(c)) {
                shown.appendCodePoint(c);
              } else {
                shown.append(escape(c));
              }
            });
    return shown.toString();
  }

  private static String escape(int c) {
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> "\\u%04x".formatted(c);
    };
  }

  /** Line breaks, escapes, and marks that change the direction of writing. */
  private static boolean isControl(int c) {
    int type = Character.getType(c);
    return type == Character.CONTROL
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || (c >= 0x202a && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069);
  }
}
