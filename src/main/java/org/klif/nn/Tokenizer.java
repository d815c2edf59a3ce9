package org.klif.nn;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.klif.neuron.NeuronSource;

/** Cuts a network's text into tokens and puts those of a macro's text where its name stands. */
final class Tokenizer {
  private static final Pattern TOKEN = Pattern.compile("[()|:]|[^\\s()|:]+");
  private static final Pattern REPEATED = Pattern.compile("(\\d+)\\*(.*)");

  /** Keeps macros of macros from filling the memory; no network has as many words. */
  private static final int MOST = 100_000;

  /** Keeps macros without a word from going on for ever. */
  private static final int MOST_REPLACED = 1_000_000;

  /** Macros within one another: each is replaced by a method that calls itself. */
  private static final int DEEPEST = 100;

  /** As long as a path of Linux; what is longer is no word that anybody wrote. */
  private static final int LONGEST = 4096;

  private final Map<String, String> macros;
  private final List<Token> tokens = new ArrayList<>();

  /** The macros that are being replaced, the innermost last. */
  private final Deque<String> open = new ArrayDeque<>();

  private int replaced;

  private Tokenizer(Map<String, String> macros) {
    this.macros = macros;
  }

  /**
   * The tokens of a text.
   *
   * @param place what messages call it
   * @param macros texts by name
   */
  static List<Token> tokens(String place, String text, Map<String, String> macros) {
    Tokenizer tokenizer = new Tokenizer(macros);
    tokenizer.add(place, text);
    return tokenizer.tokens;
  }

  /** The tokens of a macro's own text; a macro that uses itself is refused. */
  static List<Token> ofMacro(String name, Map<String, String> macros) {
    Tokenizer tokenizer = new Tokenizer(macros);
    tokenizer.open.add(name);
    tokenizer.add(place(name), macros.get(name));
    return tokenizer.tokens;
  }

  private static String place(String macro) {
    return "macros." + macro;
  }

  private void add(String place, String text) {
    Matcher matcher = TOKEN.matcher(text);
    while (matcher.find()) {
      if (!matcher.group().equals("|")) {
        Token token = new Token(matcher.group(), matcher.start() + 1, place, text);
        if (token.text().length() > LONGEST) {
          throw token.wrong(
              "is a word of %d characters, and %d are the most"
                  .formatted(token.text().length(), LONGEST));
        }
        add(token);
      }
    }
  }

  private void add(Token token) {
    Matcher repeated = REPEATED.matcher(token.text());
    String name = repeated.matches() ? repeated.group(2) : token.text();
    int brace = name.indexOf('{');
    if (macros.containsKey(name)) {
      macro(token, name, repeated.matches() ? times(token, repeated.group(1)) : 1);
    } else if (repeated.matches()) {
      throw token.wrong("repeats '%s', which is no macro; set macros.NAME".formatted(name));
    } else if (brace > 0 && macros.containsKey(name.substring(0, brace))) {
      throw token.wrong("has options in braces, which a macro does not take; write them in it");
    } else if (!open.isEmpty() && NeuronSource.isFile(name)) {
      // so that paths are changed, copied and trusted in one place
      throw token.wrong(
          "is a file, which a macro cannot name; set neuron.model to it and write sn here");
    } else if (tokens.size() == MOST) {
      throw token.wrong("makes the network longer than %d words".formatted(MOST));
    } else {
      tokens.add(token);
    }
  }

  private static int times(Token token, String digits) {
    int times = digits.length() > 4 ? 0 : Integer.parseInt(digits);
    if (times < 1 || times > 1000) {
      throw token.wrong(
          "repeats a macro %s times; write a number from 1 to 1000".formatted(digits));
    }
    return times;
  }

  private void macro(Token token, String name, int times) {
    if (open.contains(name)) {
      throw token.wrong(
          "makes the macro %s use itself: %s > %s; write one of them without the other"
              .formatted(name, String.join(" > ", open), name));
    }
    if (open.size() == DEEPEST) {
      throw token.wrong("is a macro within %d others; so many are not read".formatted(DEEPEST));
    }
    open.addLast(name);
    for (int i = 0; i < times; i++) {
      if (++replaced > MOST_REPLACED) {
        throw token.wrong("makes macros stand for more than %d others".formatted(MOST_REPLACED));
      }
      add(place(name), macros.get(name));
    }
    open.removeLast();
  }
}
