package org.klif.device.compile;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.klif.KlifException;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.CodeText;

/**
 * A user's C++ text, made ready to stand inside another: braces, strings and comments are closed,
 * as an open one would be reported by compilers in lines that the user never saw; an include of
 * klif.cuh, the name by which users know cuda-kernels/custom/interface.cuh, is blanked, as that
 * header is there already.
 *
 * @param source the file
 * @param text what compilers are given, line by line as in the file
 * @param code the same with comments and the insides of strings blanked
 */
record SourceText(NeuronSource source, String text, String code) {
  private static final Pattern INCLUDE =
      Pattern.compile("(?m)^[ \\t]*#[ \\t]*include[ \\t]*[<\"](?:[^>\"\\n]*/)?klif\\.cuh[>\"]");

  private static final Pattern STRUCT =
      Pattern.compile("(template\\s*<[^>]*>\\s*)?\\b(?:struct|class)\\s+(\\w+)[^;{]*\\{");

  /** The names of a surrogate's two functions. */
  private static final Pattern PRIMITIVE = Pattern.compile("\\bprimitive\\s*\\(");

  private static final Pattern DERIVATIVE = Pattern.compile("\\bderivative\\s*\\(");

  /**
   * Reads a source. Every compilation begins here, and so does every look into the cache, whose
   * keys are hashes of the text.
   *
   * @throws KlifException when the text may not run here, or naming what is left open, with file
   *     and line
   */
  static SourceText of(NeuronSource source) {
    String code = source.code();
    String text = code.startsWith("\uFEFF") ? code.substring(1) : code;
    return new SourceText(source, INCLUDE.matcher(text).replaceAll(""), CodeText.of(source));
  }

  /** Text as the inside of a C++ string literal. */
  static String literal(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("[\\r\\n]", " ");
  }

  /** Name of the struct that has primitive and derivative, for a surrogate's file. */
  String surrogateStruct() {
    Matcher matcher = STRUCT.matcher(code);
    while (matcher.find()) {
      String body = code.substring(matcher.end(), CodeText.closing(code, matcher.end()));
      if (PRIMITIVE.matcher(body).find() && DERIVATIVE.matcher(body).find()) {
        if (matcher.group(1) != null) {
          throw new KlifException(
              "%s:%d: struct %s of a surrogate must not be a template itself; its functions primitive and derivative are"
                  .formatted(
                      source.origin(), CodeText.line(code, matcher.start(2)), matcher.group(2)));
        }
        return matcher.group(2);
      }
    }
    throw new KlifException(
        "%s: no surrogate in this file; it needs a struct with primitive(u, alpha) and derivative(u, alpha)"
            .formatted(source.origin()));
  }
}
