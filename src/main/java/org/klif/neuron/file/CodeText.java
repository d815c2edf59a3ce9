package org.klif.neuron.file;

import java.util.ArrayDeque;
import java.util.Deque;
import org.klif.KlifException;
import org.klif.neuron.NeuronSource;

/**
 * A C++ text with comments, what is quoted and lines of the preprocessor blanked, line by line as
 * it was.
 */
public final class CodeText {
  private final NeuronSource source;
  private final String text;
  private final StringBuilder code;
  private final Deque<Integer> open = new ArrayDeque<>();
  private int at;
  private int line = 1;

  private CodeText(NeuronSource source) {
    this.source = source;
    this.text = source.text();
    this.code = new StringBuilder(text.length());
  }

  /**
   * The text's code.
   *
   * @throws KlifException with file and line when a brace, a comment or a quote is left open, which
   *     compilers would report in lines that are not the file's
   */
  public static String of(NeuronSource source) {
    return new CodeText(source).read();
  }

  /** Where the brace that was opened before a place is closed; the end when it is not. */
  public static int closing(String code, int from) {
    int depth = 1;
    for (int i = from; i < code.length(); i++) {
      depth += code.charAt(i) == '{' ? 1 : code.charAt(i) == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    return code.length();
  }

  /** The line of a place, from 1. */
  public static int line(String code, int at) {
    return (int) code.substring(0, at).chars().filter(c -> c == '\n').count() + 1;
  }

  private String read() {
    boolean lineBegins = true;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (text.startsWith("//", at) || (c == '#' && lineBegins)) {
        blankUntil(text.indexOf('\n', at), 0, "");
      } else if (text.startsWith("/*", at)) {
        blankUntil(text.indexOf("*/", at + 2), 2, "a comment /* is not closed");
      } else if (c == '"' || (c == '\'' && !insideNumber())) {
        blankUntil(closingQuote(c), 1, "a quote is not closed");
      } else {
        brace(c);
        take(c);
        lineBegins = c == '\n' || (lineBegins && Character.isWhitespace(c));
      }
    }
    if (!open.isEmpty()) {
      throw at(open.peek(), "this '{' is not closed; a '}' is missing");
    }
    return code.toString();
  }

  /** The ' of 1'000. */
  private boolean insideNumber() {
    return at > 0 && Character.isLetterOrDigit(text.charAt(at - 1));
  }

  private void brace(char c) {
    if (c == '{') {
      open.push(line);
    } else if (c == '}') {
      if (open.isEmpty()) {
        throw at(line, "this '}' closes nothing; there is one too many");
      }
      open.pop();
    }
  }

  private int closingQuote(char quote) {
    for (int i = at + 1; i < text.length() && text.charAt(i) != '\n'; i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == quote) {
        return i;
      }
    }
    return -1;
  }

  private void blankUntil(int end, int width, String problem) {
    if (end < 0 && !problem.isEmpty()) {
      throw at(line, problem);
    }
    int stop = end < 0 ? text.length() : end + width;
    while (at < stop) {
      take(text.charAt(at) == '\n' ? '\n' : ' ');
    }
  }

  private void take(char c) {
    code.append(c);
    line += c == '\n' ? 1 : 0;
    at++;
  }

  private KlifException at(int where, String problem) {
    return new KlifException("%s:%d: %s".formatted(source.origin(), where, problem));
  }
}
