package org.klif.nn;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.klif.UsageException;
import org.klif.neuron.NeuronSource;

/**
 * Paths of neurons' files as words of a network's text. What would end the word is written as in a
 * URL: {@code %20} a blank, {@code %28 %29 %3A %7B %7C %7D} parentheses, colon, braces and bar,
 * {@code %25} the percent sign.
 */
final class NeuronPath {
  /** From the word's first character on to its last, so that each word is looked at once. */
  private static final Pattern WORD =
      Pattern.compile(
          "(?<![^\\s()|:{}])[^\\s()|:{}]++(?<=[^\\s()|:{}]"
              + Pattern.quote(NeuronSource.SUFFIX)
              + ")(?![^\\s()|:{])");

  private NeuronPath() {}

  /** The word of a path. */
  static String word(String path) {
    return path.replace("%", "%25")
        .replace(" ", "%20")
        .replace("(", "%28")
        .replace(")", "%29")
        .replace(":", "%3A")
        .replace("{", "%7B")
        .replace("|", "%7C")
        .replace("}", "%7D");
  }

  /** The path of a word. */
  static String path(String word) {
    try {
      return URLDecoder.decode(word.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "'%s': in a path a percent sign is written %%25 and a blank %%20".formatted(word));
    }
  }

  /** A network's text with each path changed. */
  static String change(String network, UnaryOperator<String> change) {
    return WORD.matcher(network)
        .replaceAll(
            match ->
                java.util.regex.Matcher.quoteReplacement(word(change.apply(path(match.group())))));
  }
}
