package org.klif.data.frames;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The words of an option's text, such as {@code roll(5) flip}, and what each of them means.
 *
 * @param <T> what a word becomes
 */
public final class Words<T> {
  private record Word<T>(int numbers, Function<Call, T> meaning) {}

  private final Map<String, Word<T>> words = new HashMap<>();

  /**
   * Adds a word.
   *
   * @param numbers it takes so many
   * @param meaning makes it from its call; may throw {@link IllegalArgumentException}
   */
  public Words<T> with(String name, int numbers, Function<Call, T> meaning) {
    words.put(name, new Word<>(numbers, meaning));
    return this;
  }

  /**
   * Reads a text of one or more words.
   *
   * @return what they become, in their order; the caller's to change
   * @throws IllegalArgumentException saying what is wrong
   */
  public List<T> parse(String text) {
    List<T> parts = new ArrayList<>();
    for (Call call : Call.parseAll(text)) {
      Word<T> word = words.get(call.name());
      if (word == null) {
        throw new IllegalArgumentException("\"" + call.name() + "\" is unknown");
      }
      call.requireNumbers(word.numbers());
      parts.add(word.meaning().apply(call));
    }
    return parts;
  }
}
