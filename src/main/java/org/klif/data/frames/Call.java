package org.klif.data.frames;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One part of an option's text: a word and its numbers, such as {@code roll(5)} or {@code flip}.
 *
 * @param name the word
 * @param numbers what stands between the brackets; empty without brackets
 */
public record Call(String name, List<Double> numbers) {
  private static final Pattern PART =
      Pattern.compile("\\G\\s*([a-z]+)(?:\\(([^()]*)\\)|(?![a-z(]))\\s*");

  /** Copies the numbers. */
  public Call {
    numbers = List.copyOf(numbers);
  }

  /**
   * Reads a text of one or more parts.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  static List<Call> parseAll(String text) {
    List<Call> calls = new ArrayList<>();
    Matcher matcher = PART.matcher(text);
    int end = 0;
    while (end < text.length() && matcher.find()) {
      end = matcher.end();
      calls.add(new Call(matcher.group(1), numbers(matcher.group(2))));
    }
    if (end < text.length() || calls.isEmpty()) {
      throw new IllegalArgumentException("\"" + text.substring(end) + "\" is not understood");
    }
    return calls;
  }

  private static List<Double> numbers(String list) {
    if (list == null) {
      return List.of();
    }
    try {
      return Arrays.stream(list.split(",", -1)).map(n -> Double.valueOf(n.strip())).toList();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"(" + list + ")\" is not a list of numbers", e);
    }
  }

  /** Refuses another number of numbers. */
  void requireNumbers(int expected) {
    if (numbers.size() != expected) {
      throw new IllegalArgumentException(
          "%s takes %d numbers, not %d".formatted(name, expected, numbers.size()));
    }
  }

  /** Number {@code i}. */
  public double number(int i) {
    return numbers.get(i);
  }

  /** Number {@code i}, which has to be a whole one of up to 31 bits. */
  int wholeNumber(int i) {
    double number = numbers.get(i);
    if (number != (int) number) {
      throw new IllegalArgumentException(name + " needs whole numbers, not " + number);
    }
    return (int) number;
  }

  /**
   * Number {@code i}, which has to be a whole one.
   *
   * @param what it is, for the message
   */
  public int wholeNumber(int i, String what) {
    if (numbers.get(i) != Math.rint(numbers.get(i))) {
      throw new IllegalArgumentException(what + " must be a whole number");
    }
    return numbers.get(i).intValue();
  }

  /** A number as it is written: 5 instead of 5.0. */
  public static String text(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
