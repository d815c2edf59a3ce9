package org.klif.neuron.file;

import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.klif.KlifException;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronSource;

/**
 * Reads the declarations of a neuron's struct, one a line: {@code Kind<Real> name = number;} or
 * {@code Kind<Real> name = {number, options};}. Every other member is refused: the struct is made
 * from those that are read here.
 */
public final class DeclarationReader {
  private static final Pattern STRUCT =
      Pattern.compile(
          "\\btemplate\\s*<\\s*(?:class|typename)\\s+(\\w+)\\s*>\\s*(?:struct|class)\\s+(\\w+)\\s*\\{");

  private static final Pattern STEP = Pattern.compile("\\bstep\\s*\\(");

  private static final Pattern DECLARATION =
      Pattern.compile(
          "(?:const\\s+)?(Constant|Option|Learned|State)\\s*<\\s*(\\w+)\\s*>\\s*(\\w+)\\s*(.*)",
          Pattern.DOTALL);

  private static final Pattern VALUE =
      Pattern.compile("=?\\s*\\{(.*)\\}\\s*|=\\s*([^{}]*)", Pattern.DOTALL);

  /** Statements of a struct that are no members. */
  private static final Pattern NO_MEMBER =
      Pattern.compile("(?:static|using|typedef|static_assert|friend)\\b.*", Pattern.DOTALL);

  private static final Pattern BOUND =
      Pattern.compile("(atLeast|atMost)\\s*\\(\\s*([^()]*)\\s*\\)");

  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?[fF]?");

  private final NeuronSource source;
  private final String code;
  private final List<NeuronModel.Learned> learned = new ArrayList<>();
  private final List<NeuronModel.Constant> constants = new ArrayList<>();
  private final List<NeuronModel.State> states = new ArrayList<>();
  private final Map<String, Integer> lines = new HashMap<>();

  DeclarationReader(NeuronSource source) {
    this.source = source;
    this.code = CodeText.of(source);
  }

  NeuronModel read() {
    Matcher struct = STRUCT.matcher(code);
    int begin = -1;
    String name = "";
    String real = "";
    int end = -1;
    while (struct.find()) {
      int close = CodeText.closing(code, struct.end());
      if (STEP.matcher(code.substring(struct.end(), close)).find()) {
        if (begin >= 0) {
          throw at(
              struct.start(2),
              "%s is a second struct with a step; a file has one neuron"
                  .formatted(struct.group(2)));
        }
        begin = struct.end();
        end = close;
        real = struct.group(1);
        name = struct.group(2);
      }
    }
    if (begin < 0) {
      throw new KlifException(
          "%s: no neuron in this file; it needs a template <class Real> struct with a function step(Real x, Spike<Real> spike)"
              .formatted(source.origin()));
    }
    members(begin, end, real);
    if (states.isEmpty()) {
      throw at(
          begin,
          "neuron %s has no state; declare one, as in State<%s> v = 0.0;".formatted(name, real));
    }
    return new NeuronModel(source, name, learned, constants, states);
  }

  /** Statements of the struct: each ends with a semicolon, or with the body of a function. */
  private void members(int begin, int end, String real) {
    int from = begin;
    int at = begin;
    while (at < end) {
      char c = code.charAt(at);
      if (c == '{') {
        int close = CodeText.closing(code, at + 1);
        String head = code.substring(from, at);
        if (head.contains("(") && !head.contains("=")) {
          // a function: its body is no member
          from = close + 1;
        }
        at = close + 1;
      } else if (c == ';') {
        member(from, at, real);
        from = at + 1;
        at++;
      } else {
        at++;
      }
    }
    if (!code.substring(from, end).isBlank()) {
      throw at(start(from), "a ';' is missing behind '%s'".formatted(shown(from, end)));
    }
  }

  private void member(int from, int to, String real) {
    String text = code.substring(from, to).strip();
    int begin = start(from);
    if (text.isEmpty() || NO_MEMBER.matcher(text).matches()) {
      return;
    }
    Matcher declaration = DECLARATION.matcher(text);
    if (!declaration.matches()) {
      if (text.matches("(?s)[^={]*\\w\\s*\\([^=]*")) {
        // a function that is declared only
        return;
      }
      throw at(
          begin,
          "'%s' is no declaration of a neuron; there are Constant<%s>, Option<%2$s>, Learned<%2$s> and State<%2$s>, one a line"
              .formatted(shown(from, to), real));
    }
    if (text.contains("\n")) {
      throw at(
          begin,
          "a declaration stands on one line and ends with ';', and '%s' does not"
              .formatted(text.lines().findFirst().orElse("")));
    }
    if (!declaration.group(2).equals(real)) {
      throw at(
          begin,
          "%s<%s> must be %1$s<%s>, as the template names it"
              .formatted(declaration.group(1), declaration.group(2), real));
    }
    String name = declaration.group(3);
    Integer before = lines.put(name, CodeText.line(code, begin));
    if (before != null) {
      throw at(begin, "the name '%s' is taken, by line %d".formatted(name, before));
    }
    Matcher value = VALUE.matcher(declaration.group(4).strip());
    if (!value.matches()) {
      throw at(
          begin,
          "%s '%s' needs a value, as in %1$s<%s> %2$s = 1.0;"
              .formatted(declaration.group(1), name, real));
    }
    List<String> words = words(value.group(1) == null ? value.group(2) : value.group(1));
    declare(declaration.group(1), name, words, begin);
  }

  /** What commas separate; none is within parentheses. */
  private static List<String> words(String text) {
    return Splitter.on(',').trimResults().splitToList(text.strip());
  }

  private void declare(String kind, String name, List<String> words, int begin) {
    Bounds bounds = new Bounds();
    for (String word : words.subList(1, words.size())) {
      option(kind, name, word, bounds, begin);
    }
    switch (kind) {
      case "State" -> {
        if (states.size() == NeuronModel.MOST_STATES) {
          throw at(
              begin,
              "'%s' is a state too many; a neuron has at most %d"
                  .formatted(name, NeuronModel.MOST_STATES));
        }
        states.add(
            new NeuronModel.State(
                name, number(name, words.get(0), begin), CodeText.line(code, begin)));
      }
      case "Option" -> {
        String word = words.get(0);
        if (!word.equals("true") && !word.equals("false")) {
          throw at(begin, "Option '%s' is true or false, not '%s'".formatted(name, word));
        }
        constants.add(
            new NeuronModel.Constant(
                name, word.equals("true") ? 1 : 0, 0, 1, CodeText.line(code, begin)));
      }
      case "Constant" -> {
        double value = within(name, number(name, words.get(0), begin), bounds, begin);
        constants.add(
            new NeuronModel.Constant(
                name, value, bounds.lower, bounds.upper, CodeText.line(code, begin)));
      }
      default -> learned(name, number(name, words.get(0), begin), bounds, begin);
    }
  }

  /** What a declaration says besides its value. */
  private static final class Bounds {
    double lower = Double.NEGATIVE_INFINITY;
    double upper = Double.POSITIVE_INFINITY;
    NeuronModel.Constraint constraint = NeuronModel.Constraint.NONE;
    boolean perChannel;

    boolean any() {
      return lower > Double.NEGATIVE_INFINITY || upper < Double.POSITIVE_INFINITY;
    }
  }

  private void option(String kind, String name, String word, Bounds bounds, int begin) {
    Matcher bound = BOUND.matcher(word);
    boolean isLearned = kind.equals("Learned");
    if (bound.matches() && (isLearned || kind.equals("Constant"))) {
      double limit = number(name, bound.group(2), begin);
      if (bound.group(1).equals("atLeast")) {
        bounds.lower = limit;
      } else {
        bounds.upper = limit;
      }
    } else if (isLearned && word.equals("perChannel")) {
      bounds.perChannel = true;
    } else if (isLearned && (word.equals("sigmoid") || word.equals("softplus"))) {
      bounds.constraint =
          word.equals("sigmoid") ? NeuronModel.Constraint.SIGMOID : NeuronModel.Constraint.SOFTPLUS;
    } else {
      String known =
          isLearned
              ? "sigmoid, softplus, atLeast(x), atMost(x) and perChannel"
              : kind.equals("Constant") ? "atLeast(x) and atMost(x)" : "none";
      throw at(
          begin, "'%s' is no option of %s '%s'; there are %s".formatted(word, kind, name, known));
    }
  }

  private void learned(String name, double value, Bounds bounds, int begin) {
    if (learned.size() == NeuronModel.MOST_LEARNED) {
      throw at(
          begin,
          "'%s' is a learned parameter too many; a neuron has at most %d"
              .formatted(name, NeuronModel.MOST_LEARNED));
    }
    if (bounds.constraint != NeuronModel.Constraint.NONE && bounds.any()) {
      throw at(
          begin,
          "'%s' has a %s, which is a bound of its own; leave out atLeast and atMost"
              .formatted(
                  name,
                  bounds.constraint == NeuronModel.Constraint.SIGMOID ? "sigmoid" : "softplus"));
    }
    if (bounds.constraint == NeuronModel.Constraint.SIGMOID && !(value > 0 && value < 1)) {
      throw at(
          begin,
          "'%s' is a sigmoid's value, so it lies between 0 and 1, not at %s"
              .formatted(name, value));
    }
    if (bounds.constraint == NeuronModel.Constraint.SOFTPLUS && !(value > 0)) {
      throw at(
          begin, "'%s' is a softplus's value, so it is above 0, not %s".formatted(name, value));
    }
    within(name, value, bounds, begin);
    learned.add(
        new NeuronModel.Learned(
            name,
            value,
            bounds.constraint,
            bounds.lower,
            bounds.upper,
            bounds.perChannel,
            CodeText.line(code, begin)));
  }

  private double within(String name, double value, Bounds bounds, int begin) {
    if (bounds.lower > bounds.upper) {
      throw at(begin, "the bounds of '%s' leave no number".formatted(name));
    }
    if (value < bounds.lower || value > bounds.upper) {
      throw at(begin, "%s of '%s' is outside its bounds".formatted(value, name));
    }
    return value;
  }

  private double number(String name, String word, int begin) {
    String digits = word.strip();
    if (NUMBER.matcher(digits).matches()) {
      double value = Double.parseDouble(digits.replaceAll("[fF]$", ""));
      if (Float.isFinite((float) value)) {
        return value;
      }
    }
    throw at(
        begin,
        "'%s' of '%s' is no plain number, which Klif reads without a compiler"
            .formatted(digits, name));
  }

  /** The first character that is no space. */
  private int start(int from) {
    int at = from;
    while (at < code.length() - 1 && Character.isWhitespace(code.charAt(at))) {
      at++;
    }
    return at;
  }

  private String shown(int from, int to) {
    return code.substring(from, to).strip().replaceAll("\\s+", " ");
  }

  private KlifException at(int where, String problem) {
    return new KlifException(
        "%s:%d: %s".formatted(source.origin(), CodeText.line(code, where), problem));
  }
}
