package org.klif.neuron;

import java.util.ArrayDeque;
import java.util.Deque;
import org.klif.KlifException;

/** A C++ text with comments and what is quoted blanked, line by line as it was. */
final class CodeText {
  private final NeuronSource source;
  private final String text;
  private final StringBuilder code = new StringBuilder();
  private final Deque<Integer> open = new ArrayDeque<>();
  private int line = 1;

  private CodeText(NeuronSource source) {
    this.source = source;
    this.text = source.text();
  }

  /**
   * The text's code.
   *
   * @throws KlifException with file and line when a brace or a comment is left open
   */
  static String of(NeuronSource source) {
    CodeText reader = new CodeText(source);
    reader.read();
    return reader.code.toString();
  }

  private void read() {
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (text.startsWith("//", at)) {
        at = blank(at, end(text.indexOf('\n', at)));
      } else if (text.startsWith("/*", at)) {
        int close = text.indexOf("*/", at + 2);
        if (close < 0) {
          throw at(line, "a comment /* is not closed");
        }
        at = blank(at, close + 2);
      } else if (c == '"') {
        int close = text.indexOf('"', at + 1);
        int newLine = end(text.indexOf('\n', at));
        if (close < 0 || close > newLine) {
          throw at(line, "a quote is not closed");
        }
        at = blank(at, close + 1);
      } else {
        if (c == '{') {
          open.push(line);
        } else if (c == '}' && open.isEmpty()) {
          throw at(line, "this '}' closes nothing; there is one too many");
        } else if (c == '}') {
          open.pop();
        }
        // a line of the preprocessor is no code of the struct's
        if (c == '#' && (code.length() == 0 || code.charAt(code.length() - 1) == '\n')) {
          at = blank(at, end(text.indexOf('\n', at)));
        } else {
          code.append(c);
          line += c == '\n' ? 1 : 0;
          at++;
        }
      }
    }
    if (!open.isEmpty()) {
      throw at(open.peek(), "this '{' is not closed; a '}' is missing");
    }
  }

  private int end(int found) {
    return found < 0 ? text.length() : found;
  }

  private int blank(int from, int to) {
    for (int i = from; i < to; i++) {
      boolean newLine = text.charAt(i) == '\n';
      code.append(newLine ? '\n' : ' ');
      line += newLine ? 1 : 0;
    }
    return to;
  }

  private KlifException at(int where, String problem) {
    return new KlifException("%s:%d: %s".formatted(source.origin(), where, problem));
  }
}
